import { FreePool } from "../../src/market/mod.ts";
import {
  BottomlessPool,
  type Day,
  dayOfThrowAways,
  NEWCOMERS_RANK,
} from "../../test/support/throw_aways.ts";
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
  const play = (pool: FreePool, rank: number, hasGate: boolean, identities: number) =>
    dayOfThrowAways(pool, { ...CROWD, identities, rank, hasGate }, seed);
  const alone = play(new FreePool(UPLINK), 0, true, 0);
  const worlds = RANKS.flatMap((rank): World[] => {
    const of = (name: string, pool: FreePool, hasGate: boolean): World => ({
      name: `rank ${rank}${name}`,
      isDefended: !(pool instanceof BottomlessPool),
      day: play(pool, rank, hasGate, CROWD.identities),
    });
    return [
      of("", new FreePool(UPLINK), true),
      of(", any rank served", new FreePool(UPLINK), false),
      of(", no bound", new BottomlessPool(UPLINK), false),
    ];
  });
  const worst = worlds.filter(({ isDefended }) => isDefended).map(({ day }) => shareOf(day));
  return {
    title: "Throw-away identities",
    markdown: [
      said(),
      table(
        [
          "10,000 of",
          "Of the uplink, in 24 hours",
          "in their best hour",
          "Newcomers of rank 0 are served",
          `of rank ${NEWCOMERS_RANK}`,
        ],
        [
          ["nobody: newcomers alone", "", "", ...alone.newcomersShares.map(percent)],
          ...worlds.map(({ name, day }) => [
            name,
            percent(shareOf(day)),
            percent(Math.max(...hourlyShares(day))),
            ...day.newcomersShares.map(percent),
          ]),
        ],
      ),
      "What is earned they cannot touch: who has repaid a sixteenth of what it had buys on " +
      "its own line. But honest newcomers share the pool with them, and get less of it while the " +
      "attack lasts. While the pool is nearly used up a node asks strangers for a rank, more " +
      "every ten minutes: then those get it who have put more work into one identity than the " +
      "attacker into each of his.",
    ].join("\n\n"),
    charts: [{ file: "market-throw-aways.svg", chart: chartOf(worlds) }],
    figures: { "market.sybil_share": Math.max(...worst) },
  };
}

function said(): string {
  return [
    "The product's `Sales`, `FreePool` and `RankGate` on an uplink of 1 MiB/s, limits on. 10,000",
    "identities with a hundred addresses in each of 100 networks (/24) ask for a MiB at factor 0,",
    "a twentieth of them every ten minutes: 83 % of the uplink. They give nothing and sign",
    `nothing. Among them ${CROWD.newcomers} honest newcomers, each of a network of its`,
    'own, ask for a MiB an hour, half of them of rank 0. "No bound" is the mitigation switched',
    'off: a pool that has room for everybody; "any rank served" leaves out `RankGate` alone.',
  ].join(" ");
}

function chartOf(worlds: readonly World[]): Chart {
  // Those without a rank differ little, and seven names do not fit below.
  const shown = worlds.filter(({ name }) => name === "rank 0" || name.startsWith("rank 12"));
  const series = shown.map(({ name, day }): Series => ({
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
