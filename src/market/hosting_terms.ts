import { assert, type UnixMs } from "../lib/mod.ts";
import { CHUNK_BYTES_MAX } from "../wire/mod.ts";
import { greatest } from "./amount.ts";
import { WEEK_MS } from "./keep_score.ts";

/** A chunk is kept for 1 … 52 weeks at a time: what is paid for longer nobody can promise. */
export const HOSTING_WEEKS_MAX = 52;
/** No place is paid for further ahead: the longest term, bought again a day before it ends. Without
 * it renewals would add up beyond what a message can say (u32 seconds). */
export const HOSTING_AHEAD_MAX_MS = HOSTING_WEEKS_MAX * WEEK_MS + WEEK_MS / 7;
/** The least that a byte costs: four weeks cost as much as it costs to be served it once at factor
 * 1. Where the store has room nothing has to go for a chunk, and disk is not free all the same. */
const BYTE_WEEKS_PER_CB = 4n;

/** What it costs to have a chunk kept, credit bytes: what those bring that have to go for it
 * (S2-10), at least the floor.
 * @param bytes 1 … 1 MiB. @param weeks 1 … HOSTING_WEEKS_MAX.
 * @param bumpedCb what the least profitable chunks of so many bytes will have brought in that time
 * (bumpPrice); 0 while none has to go. */
export function hostingPrice(bytes: number, weeks: number, bumpedCb: bigint): bigint {
  assert(isHostingAsk(bytes, weeks), `${bytes} bytes for ${weeks} weeks`);
  const floor = (BigInt(bytes) * BigInt(weeks) + BYTE_WEEKS_PER_CB - 1n) / BYTE_WEEKS_PER_CB;
  return greatest(floor, bumpedCb);
}

/** What of a place's price it comes to that it was kept for a part of its weeks, rounded up.
 * @param keptMs below 0, by a clock that was set back, it was not; beyond its weeks it is all. */
export function keptPrice(priceCb: bigint, weeks: number, keptMs: number): bigint {
  const termMs = weeks * WEEK_MS;
  const kept = BigInt(Math.min(Math.max(Math.ceil(keptMs), 0), termMs));
  return (priceCb * kept + BigInt(termMs) - 1n) / BigInt(termMs);
}

/** Whether there is a price for that. */
export function isHostingAsk(bytes: number, weeks: number): boolean {
  return Number.isInteger(bytes) && bytes >= 1 && bytes <= CHUNK_BYTES_MAX &&
    Number.isInteger(weeks) && weeks >= 1 && weeks <= HOSTING_WEEKS_MAX;
}

/** The least rank of a publisher at a host: its identity must be worth more (S2-10, S2-19), so that
 * who wants to fill a node has to have put more into one identity than the node did. */
export function publisherRankMin(hostRank: number): number {
  return hostRank + 1;
}

/** When a place ends that is bought now, or bought again while it is kept until `formerMs`.
 * @returns undefined if that lies more than HOSTING_AHEAD_MAX_MS from now. */
export function hostingEnd(
  weeks: number,
  formerMs: UnixMs | undefined,
  nowMs: UnixMs,
): UnixMs | undefined {
  const endMs = Math.max(formerMs ?? nowMs, nowMs) + weeks * WEEK_MS;
  return endMs - nowMs <= HOSTING_AHEAD_MAX_MS ? endMs as UnixMs : undefined;
}
