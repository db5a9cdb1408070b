import type { SearchReport } from "../node/mod.ts";
import { formatDuration } from "./duration.ts";

const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** How a search stands, in one line. The search has no memory: however many tries have failed, the
 * same number is still to be expected, so there is a mean and no percentage. */
export function searchText(report: SearchReport): string {
  const { puzzle, tries, triesPerSecond, targetBits, rank } = report;
  const needed = 2 ** targetBits;
  const name = puzzle === "id" ? "id puzzle" : `rank ${targetBits}`;
  const best = puzzle === "rank" ? `, best rank ${rank}` : "";
  const done = `${grouped.format(tries)} tries at ${grouped.format(triesPerSecond)}/s${best}`;
  if (triesPerSecond === 0) return `${name}: ${done}`;
  const more = formatDuration(needed / triesPerSecond);
  return `${name}: ${done}; ${grouped.format(needed)} needed on average, expect ${more} more`;
}
