import type { Chart, Series } from "../chart.ts";
import { quantile } from "../report.ts";
import type { Popularity, Row } from "./claims.ts";

const STEPS = 100;

/** How many lookups knew a provider after how long. */
export function latencyChart(rows: readonly Row[]): Chart {
  const series = rows.filter(({ nodes, liarShare }) => liarShare === 0 || nodes >= 1_000_000)
    .map((row): Series => ({
      name: `${row.nodes.toLocaleString("en")} ${row.kind}${
        row.liarShare > 0 ? `, ${100 * row.liarShare} % liars` : ""
      }`,
      points: Array.from({ length: STEPS + 1 }, (_, i) => {
        const share = i / STEPS;
        return [quantile(row.found.foundMs, share), share * row.found.success];
      }),
    }));
  return {
    title: "Time to the first provider",
    subtitle:
      "simulated; round trips of the Internet with a median of 90 ms, 10 % of contacts dead",
    xName: "ms since the lookup began",
    yName: "share of lookups",
    xMax: 1200,
    yMax: 1,
    series,
  };
}

/** Hops against how often a key was asked for. */
export function popularityChart({ plain, cached }: Popularity): Chart {
  return {
    title: "Hops to the first provider against popularity",
    subtitle: "simulated, model of 100,000 nodes; each asker asks once",
    xName: "requests for the key so far",
    yName: "hops, mean",
    isXLog: true,
    hasMarks: true,
    series: [
      { name: "the product: askers leave copies on their way", points: cached },
      { name: "if they did not", points: plain },
      {
        name: "the claim, a hop less per doubling",
        isAim: true,
        points: plain.map((
          [requests],
        ) => [requests, Math.max(1, CLAIM_100K - Math.log2(requests))]),
      },
    ],
  };
}

/** log2 of 100,000. */
const CLAIM_100K = 16.6;
