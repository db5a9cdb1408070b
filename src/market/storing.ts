import { assert } from "../lib/mod.ts";
import { CHUNK_BYTES_MAX } from "../wire/mod.ts";
import { worthOf } from "./worth.ts";

/** All that decides whether a chunk is worth a place on the disk (S2-26). */
export interface StoringCase {
  /** The nearer, the dearer: 160 less the distance to our id, 0 … 160 (priceFactor). */
  readonly factor: number;
  /** Mean time between two paid reads of all of it; Infinity if nobody pays. */
  readonly queryIntervalMs: number;
  /** Its size, 1 … 1 MiB. */
  readonly bytes: number;
  /** Disk that nothing lies on. */
  readonly freeBytes: number;
  /** Of the bandwidth that is for sale, what dearer chunks leave for this one, bytes a second. */
  readonly unsoldBytesPerSecond: number;
  /** What a byte of disk is worth in a second by the chunk that would have to go. */
  readonly leastWorthPerByteSecond: number;
}

/** Whether a chunk should be stored: if it can be sold at all, and, without room, if that is worth
 * more than what has to go for it. A pure function of distance, popularity, size, room and unsold
 * bandwidth (S2-26); S2-11's "drop the least frequently accessed, preferring most popular" for
 * equal distances. */
export function isWorthStoring(chunk: StoringCase): boolean {
  const { factor, queryIntervalMs, bytes, freeBytes } = chunk;
  assert(bytes > 0 && bytes <= CHUNK_BYTES_MAX, `${bytes} bytes`);
  assert(queryIntervalMs > 0, `a query interval of ${queryIntervalMs} ms`);
  const asked = bytes / queryIntervalMs * 1000;
  const sold = Math.min(asked, Math.max(chunk.unsoldBytesPerSecond, 0));
  if (sold === 0) return false;
  if (freeBytes >= bytes) return true;
  return worthOf(sold, factor) / bytes > chunk.leastWorthPerByteSecond;
}

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
  { factor, queryIntervalMs }: Pick<StoringCase, "factor" | "queryIntervalMs">,
  { factorMin, queryIntervalMsMax }: ServingTerms,
): boolean {
  return factor >= factorMin && queryIntervalMs <= queryIntervalMsMax;
}
