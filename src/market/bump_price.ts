import { assert, type Instant } from "../lib/mod.ts";
import type { KeepClock } from "./keep_clock.ts";
import { returnOf, type ScoredObject, WEEK_MS } from "./keep_score.ts";

/** What room costs. */
export interface BumpPrice<T> {
  /** Credit bytes, rounded up, so that nobody is bumped for less than it earns. */
  readonly cb: bigint;
  /** Who would have to go, in that order; none where there is room. */
  readonly bumped: readonly T[];
}

export interface Bump<T> {
  readonly neededBytes: number;
  readonly freeBytes: number;
  /** Not pinned, the least score first: the order of eviction. Read as far as it is needed. */
  readonly candidates: Iterable<T>;
  /** For how long the room is wanted. Default: a week (C10). */
  readonly periodMs?: number;
}

/** Objects that a quote may bump: 64 MiB of chunks, and small ones may be fewer bytes. */
const BUMPED_MAX = 64;

/** What the least profitable objects will have earned in a week, by what they have earned lately:
 * the price at which somebody may have their place (S2-10).
 * @returns undefined if so much room cannot be made. */
export function bumpPrice<T extends ScoredObject>(
  { neededBytes, freeBytes, candidates, periodMs = WEEK_MS }: Bump<T>,
  clock: KeepClock,
  now: Instant,
): BumpPrice<T> | undefined {
  assert(neededBytes > 0 && periodMs > 0, `${neededBytes} bytes for ${periodMs} ms`);
  const bumped: T[] = [];
  const halfLifeMs = clock.halfLifeMs(now);
  let bytes = freeBytes;
  let cb = 0;
  if (bytes < neededBytes) {
    for (const candidate of candidates) {
      if (bumped.length >= BUMPED_MAX) break;
      bumped.push(candidate);
      bytes += candidate.diskBytes;
      cb += returnOf(candidate, clock.time, halfLifeMs).cbPerWeek * (periodMs / WEEK_MS);
      if (bytes >= neededBytes) break;
    }
  }
  return bytes < neededBytes ? undefined : { cb: BigInt(Math.ceil(cb)), bumped };
}
