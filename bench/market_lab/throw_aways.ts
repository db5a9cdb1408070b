import { FreePool } from "../../src/market/mod.ts";
import { BottomlessPool, type Day, dayOfThrowAways } from "../../test/support/throw_aways.ts";
import type { Chart, Series } from "../chart.ts";
import { type Part, percent, table } from "./part.ts";

const UPLINK = 2 ** 20; // bytes a second
const CROWD = { identities: 10_000, prefixes: 100, newcomers: 200 };
const RANKS = [0, 12];

interface World {
  readonly name: string;
  readonly isDefended: boolean;
  readonly day: Day;
}

/** What those get who make an identity, take all they can and throw it away. */
export function measureThrowAways(seed: number): Part {
  const alone = dayOfThrowAways(new FreePool(UPLINK), { ...CROWD, identities: 0, rank: 0 }, seed);
  const worlds = RANKS.flatMap((rank): World[] => {
    const play = (pool: FreePool) => dayOfThrowAways(pool, { ...CROWD, rank }, seed);
    return [
      { name: `rank ${rank}`, isDefended: true, day: play(new FreePool(UPLINK)) },
      { name: `rank ${rank}, no bound`, isDefended: false, day: play(new BottomlessPool(UPLINK)) },
    ];
  });
  const worst = worlds.filter(({ isDefended }) => isDefended).map(({ day }) => shareOf(day));
  return {
    title: "Throw-away identities",
    markdown: [
      said(),
      table(
        ["10,000 of", "Of the uplink, in 24 hours", "in their best hour", "Newcomers are served"],
        [
          ["nobody: newcomers alone", "", "", percent(alone.newcomersShare)],
          ...worlds.map(({ name, day }) => [
            name,
            percent(shareOf(day)),
            percent(Math.max(...hourlyShares(day))),
            percent(day.newcomersShare),
          ]),
        ],
      ),
      "What is earned they cannot touch: who has repaid a sixteenth of what it had buys on " +
      "its own line. But honest newcomers share the pool with them, and get less of it while the " +
      "attack lasts. A rank helps neither past that: what of a line has never been repaid comes " +
      "out of the pool as well.",
    ].join("\n\n"),
    charts: [{ file: "market-throw-aways.svg", chart: chartOf(worlds) }],
    figures: { "market.sybil_share": Math.max(...worst) },
  };
}

function said(): string {
  return [
    "The product's `Sales`, `Account` and `FreePool` on an uplink of 1 MiB/s, limits on. 10,000",
    "identities with a hundred addresses in each of 100 networks (/24) ask for a MiB at factor 0,",
    "a twentieth of them every ten minutes: 83 % of the uplink. They give nothing back and sign",
    `nothing. Among them ${CROWD.newcomers} honest newcomers of rank 0, each of a network of its`,
    'own, ask for a MiB an hour. "No bound" is the mitigation switched off: a pool that has room',
    "for everybody.",
  ].join(" ");
}

function chartOf(worlds: readonly World[]): Chart {
  const series = worlds.map(({ name, day }): Series => ({
    name,
    points: hourlyShares(day).map((share, hour) => [hour + 1, share]),
  }));
  return {
    title: "What throw-away identities get of an uplink",
    subtitle: "simulated; 10,000 identities, 100 networks (/24), 24 virtual hours",
    xName: "virtual hours",
    yName: "share of the uplink",
    xMax: 24,
    series: [...series, { name: "the bound", isAim: true, points: [[0, 0.105], [24, 0.105]] }],
  };
}

const hourlyShares = ({ hourlyBytes }: Day): number[] =>
  hourlyBytes.map((bytes) => bytes / (UPLINK * 3600));

function shareOf({ hourlyBytes }: Day): number {
  return hourlyBytes.reduce((total, bytes) => total + bytes, 0) / (UPLINK * 24 * 3600);
}
