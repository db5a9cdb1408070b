import { type SellingOptions, SellingWorld } from "../../test/support/selling_world.ts";
import type { Chart } from "../chart.ts";
import { type Part, percent, table } from "./part.ts";

const SELL = 2_500_000; // 20 Mbit/s
const MINUTE_MS = 60_000;
const BASE = { chunks: 2_000, exponent: 0.9, sellBytesPerSecond: SELL };

interface World {
  readonly name: string;
  readonly isDefended: boolean;
  readonly world: SellingWorld;
}

/** Whether what is for sale is sold: the control loop under Zipf demand. */
export function measureSoldBandwidth(seed: number): Part {
  const play = (name: string, options: Omit<SellingOptions, "seed">): World => {
    const world = new SellingWorld({ ...options, seed }).run(40 * MINUTE_MS);
    return { name, isDefended: options.isRangeFixed !== true, world };
  };
  const stocked = { ...BASE, diskChunks: 2_000, isStocked: true };
  const worlds = [
    play("100 MiB of disk, empty; 10 asks/s", {
      ...BASE,
      chunks: 5_000,
      asksPerSecond: 10,
      diskChunks: 100,
      isStocked: false,
    }),
    play("all in stock; 12 asks/s", { ...stocked, asksPerSecond: 12 }),
    play("all in stock; 1.2 asks/s", { ...stocked, asksPerSecond: 1.2 }),
    play("all in stock; 12 asks/s, range fixed", {
      ...stocked,
      asksPerSecond: 12,
      isRangeFixed: true,
    }),
  ];
  const shares = worlds.filter(({ isDefended }) => isDefended)
    .map(({ world }) => world.usedShare(10 * MINUTE_MS));
  return {
    title: "Sold bandwidth",
    markdown: [
      said(),
      table(
        ["Node", "Sold, of what could be", "Range after 1, 10, 40 minutes", "Above the ceiling"],
        worlds.map(cells),
      ),
      "Sold is what was on the wire in minutes 30 to 40, as a share of the lesser of what is for " +
      "sale and what was asked for. Above the ceiling: the most that any span of time had beyond " +
      "it; a chunk are 1,024 KiB.",
    ].join("\n\n"),
    charts: [{ file: "market-sold-bandwidth.svg", chart: chartOf(worlds) }],
    figures: { "market.sold_bandwidth_used": Math.min(...shares) },
  };
}

function said(): string {
  return [
    "The product's `ServingLoop`, `ServingCeiling`, `Appraiser`, `DemandBook` and keep scores on",
    "20 Mbit/s for sale. Chunks of 1 MiB are asked for by Zipf's law (exponent 0.9) from 4,000",
    "networks, all of whom pay. What is missing is fetched one chunk at a time, in two seconds,",
    'once it would pay. Model: buyers, who go elsewhere when 32 wait, and their paths. "Range',
    'fixed" is the control loop switched off.',
  ].join(" ");
}

function cells({ name, world }: World): string[] {
  const after = (minutes: number) => world.ticks[minutes * 12 - 1]?.rangeBits ?? 0;
  return [
    name,
    percent(world.usedShare(10 * MINUTE_MS)),
    [1, 10, 40].map(after).join(", "),
    `${Math.round(world.excessBytes / 1024)} KiB`,
  ];
}

/** A point a minute. */
function chartOf(worlds: readonly World[]): Chart {
  return {
    title: "What is sold of 20 Mbit/s",
    subtitle: "simulated; Zipf 0.9, the range of served chunks grows until all is sold",
    xName: "virtual minutes",
    yName: "MB/s on the wire",
    xMax: 40,
    series: [
      ...worlds.map(({ name, world }) => ({
        name,
        points: Array.from({ length: 40 }, (_, minute): [number, number] => {
          const ticks = world.ticks.slice(minute * 12, minute * 12 + 12);
          return [minute + 1, ticks.reduce((sum, { soldBytes }) => sum + soldBytes, 0) / 60e6];
        }),
      })),
      { name: "for sale", isAim: true, points: [[0, SELL / 1e6], [40, SELL / 1e6]] },
    ],
  };
}
