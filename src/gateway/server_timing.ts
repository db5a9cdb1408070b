import type { Timings } from "../node/mod.ts";

/** Server-Timing (W3C): where the time to the first byte went. @param fetchMs from the end of the
 * lookup to the first verified byte; undefined where no byte was read. */
export function serverTiming(timings: Timings, fetchMs: number | undefined): string {
  const parts: string[] = [];
  if (timings.lookupMs !== undefined) {
    const rounds = timings.lookupRounds === undefined
      ? ""
      : `;desc="${timings.lookupRounds} rounds"`;
    parts.push(`lookup;dur=${timings.lookupMs.toFixed(1)}${rounds}`);
  }
  if (fetchMs !== undefined) {
    const holders = timings.holders === undefined ? "" : `;desc="${timings.holders} holders"`;
    parts.push(`fetch;dur=${fetchMs.toFixed(1)}${holders}`);
  }
  if (timings.verifyMs !== undefined) parts.push(`verify;dur=${timings.verifyMs.toFixed(1)}`);
  parts.push(`cache;desc="${timings.source === "local" ? "hit" : "miss"}"`);
  return parts.join(", ");
}
