/** What a node serves of what it has: moved by the control loop, overridable (S2-05). */
export interface ServingTerms {
  /** Chunks nearer to us than this are in range: 0 is all of them. */
  readonly factorMin: number;
  /** Those asked for less often than this are not popular enough; Infinity lets all through. */
  readonly queryIntervalMsMax: number;
}

/** Whether an object is served. More is stored than that (S2-12), since getting a chunk costs more
 * than keeping it: an object out of range is one whose terms have not come round to it yet, and is
 * served from the tick on in which they do, without anything being fetched. */
export function isServed(
  { factor, queryIntervalMs }: { readonly factor: number; readonly queryIntervalMs: number },
  { factorMin, queryIntervalMsMax }: ServingTerms,
): boolean {
  return factor >= factorMin && queryIntervalMs <= queryIntervalMsMax;
}
