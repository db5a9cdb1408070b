import { RAW_BYTE_WORTH } from "../../src/market/mod.ts";
import type { Series } from "../chart.ts";
import { type Part, percent, table } from "./part.ts";
import {
  CHUNKS,
  NODES,
  POLICIES,
  type PolicyName,
  QUERIES,
  type Result,
  RIVALS,
  runSetting,
  STORE_SHARE,
} from "./store_replay/runs.ts";
import { SHAPES, type TraceShape, VOTERS } from "./store_replay/traces.ts";

/** Scans are shown beside the claim, which is for Zipf and shifting traces. */
const CLAIMED = SHAPES.filter(({ scanShare }) => scanShare === undefined);
const STORE_SHARES = [0.003, 0.01, 0.03];
const RAW_WORTHS = [0.001, 0.1, RAW_BYTE_WORTH, 1, 8];
const HALF_LIVES = [0.2, 1, 5];
const TRADE_SHAPE: TraceShape = { name: "Zipf 0.8", zipf: 0.8 };
const CHART_FILE = "market-store.svg";

interface Line {
  readonly shape: TraceShape;
  readonly results: ReadonlyMap<PolicyName, Result>;
}

/** Replays traces of queries against five rules of what a store keeps. */
export function measureStoreReplay(seed: number): Part {
  const lineOf = (storeShare: number) => (shape: TraceShape): Line => ({
    shape,
    results: runSetting({ shape, storeShare }, POLICIES, seed),
  });
  const lines = SHAPES.map(lineOf(STORE_SHARE));
  const claimed = lines.filter(({ shape }) => CLAIMED.includes(shape));
  const shares = STORE_SHARES.map((storeShare) => {
    const results = runSetting({ shape: TRADE_SHAPE, storeShare }, POLICIES, seed);
    return { storeShare, results };
  });
  return {
    title: "A store that keeps what earns",
    markdown: [
      SIMULATED,
      hitTable(lines),
      earnedTable(lines),
      verdict(claimed),
      "### What raw bytes are reckoned to be worth, and how long uses count",
      TRADE,
      variantTable("Worth of a raw byte", RAW_WORTHS, (rawByteWorth) => ({ rawByteWorth }), seed),
      variantTable(
        "Half-life, in that of the product",
        HALF_LIVES,
        (halfLifeTimes) => ({ halfLifeTimes }),
        seed,
      ),
    ].join("\n\n"),
    charts: [{
      file: CHART_FILE,
      chart: {
        title: "What a store earns by its size",
        subtitle: `simulated; queries by ${TRADE_SHAPE.name}, ${NODES} nodes of ${CHUNKS} chunks`,
        xName: "room, as a share of all that is asked for",
        yName: "units earned, LRU = 1",
        isXLog: true,
        hasMarks: true,
        series: POLICIES.map((name): Series => ({
          name,
          points: shares.map(({ storeShare, results }) => [
            storeShare,
            of(results, name).earnedByLru,
          ]),
        })),
      },
    }],
    figures: {
      "market.revenue_vs_lru": Math.min(...claimed.map(revenueOf)),
      "market.hit_ratio_gap": Math.max(...claimed.map(gapOf)),
    },
  };
}

const SIMULATED = [
  '**What is simulated.** "Revenue" is the product\'s own core (`src/market`: scores, votes, the',
  "book of missing chunks and its budget); the rest are small implementations of LRU, LFU,",
  "W-TinyLFU (Einziger, Friedman, Manes, ACM ToS 2017, without its doorkeeper) and S3-FIFO (Yang",
  `and others, SOSP 2023). ${CHUNKS.toLocaleString("en")} chunks with random ids are asked for by`,
  `${VOTERS.toLocaleString("en")} networks, ${QUERIES.toLocaleString("en")} queries a trace, of`,
  "which the last four fifths count; one chunk in eight is shorter than 1 MiB. The store has room",
  `for ${percent(STORE_SHARE)} of them. Prices are those of the product: bytes times the bits that`,
  "the id shares with the node's, and the fee for every query, found or not. In the shifting trace",
  "half of the hottest 2 % change with any others every 25,000 queries; in the one with scans a",
  "fifth of all queries reads the catalogue from end to end. The other policies take in whatever",
  "was missed at once and for nothing; revenue waits for three paid queries from two networks and",
  `a control tick of 10 s. Means over ${NODES} nodes, whose most popular chunks differ in price.`,
].join(" ");

const TRADE = [
  `At ${TRADE_SHAPE.name}. Next to nothing for raw bytes keeps few of the half of all chunks that`,
  "have price factor 0; very much for them is a store that looks at popularity alone.",
].join(" ");

function hitTable(lines: readonly Line[]): string {
  return table(
    ["Hit ratio", ...POLICIES, "Gap to the best"],
    lines.map((line) => [
      line.shape.name,
      ...POLICIES.map((name) => percent(of(line.results, name).hitRatio)),
      `${(100 * gapOf(line)).toFixed(1)} points`,
    ]),
  );
}

function earnedTable(lines: readonly Line[]): string {
  return table(
    [
      "Units earned, LRU = 1",
      ...POLICIES,
      "Best fixed set",
      "Chunks bought per query: LRU",
      "revenue",
    ],
    lines.map(({ shape, results }) => [
      shape.name,
      ...POLICIES.map((name) => of(results, name).earnedByLru.toFixed(2)),
      of(results, "LRU").bestByLru.toFixed(2),
      of(results, "LRU").fetchedRatio.toFixed(3),
      of(results, "revenue").fetchedRatio.toFixed(3),
    ]),
  );
}

function verdict(claimed: readonly Line[]): string {
  const short = claimed.filter((line) => revenueOf(line) < 1.15);
  const wide = claimed.filter((line) => gapOf(line) > 0.02);
  const names = (lines: readonly Line[]) => lines.map(({ shape }) => shape.name).join(", ");
  const said = [
    "The figures are those of the worst of the Zipf and shifting traces. Negative gaps are leads.",
  ];
  for (const { shape, results } of short) {
    const { bestByLru, hitRatio } = of(results, "LRU");
    said.push(
      `${shape.name} stays below 15 %: LRU serves ${percent(hitRatio)} of it already, and the ` +
        `best fixed set of chunks, chosen in hindsight for nothing but what it earns, gets ` +
        `${percent(bestByLru - 1)} more than LRU.`,
    );
  }
  if (wide.length > 0) said.push(`The hit ratio is more than 2 points short at ${names(wide)}.`);
  return said.join(" ");
}

function variantTable(
  head: string,
  values: readonly number[],
  variantOf: (value: number) => { rawByteWorth?: number; halfLifeTimes?: number },
  seed: number,
): string {
  const rows = values.map((value) => {
    const setting = {
      shape: TRADE_SHAPE,
      storeShare: STORE_SHARE,
      variant: variantOf(value),
    };
    const result = of(runSetting(setting, ["revenue"], seed), "revenue");
    return [
      `${Number(value.toPrecision(2))}`,
      percent(result.hitRatio),
      result.earnedByLru.toFixed(2),
    ];
  });
  return table([head, "Hit ratio", "Units earned, LRU = 1"], rows);
}

function of(results: ReadonlyMap<PolicyName, Result>, name: PolicyName): Result {
  const result = results.get(name);
  if (result === undefined) throw new RangeError(`${name} was not replayed`);
  return result;
}

const revenueOf = ({ results }: Line): number => of(results, "revenue").earnedByLru;

function gapOf({ results }: Line): number {
  const best = Math.max(...RIVALS.map((name) => of(results, name).hitRatio));
  return best - of(results, "revenue").hitRatio;
}
