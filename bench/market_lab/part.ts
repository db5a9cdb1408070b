import type { Chart } from "../chart.ts";

/** One section of docs/market-claims.md. */
export interface Part {
  readonly title: string;
  /** What is simulated, tables, and what they mean; headings from ### on. */
  readonly markdown: string;
  readonly charts: readonly PartChart[];
  /** By name, as `market.sybil_share`: shares and ratios, so that 0.1 is a tenth. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface PartChart {
  /** In docs/, as `market-throw-aways.svg`. */
  readonly file: string;
  readonly chart: Chart;
}

/** Simulates one part of the market, the same way for the same seed: at most a minute of a
 * processor. */
export type MeasurePart = (seed: number) => Part | Promise<Part>;

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** A share of 1 with three digits. */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
