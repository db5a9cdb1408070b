import { least } from "./amount.ts";

const MIB = 2n ** 20n;
/** The ceiling of a line is 100 MB × rank (S2-16). */
const CEILING_PER_RANK = 100n * MIB;
/** What proven work alone is lent: two chunks at factor 1 per bit. The rest is earned. */
const START_PER_RANK = 2n * MIB;
/** Debts are forgiven this fast per bit of rank while the uplink idles: what nobody else wants. */
const FORGIVEN_PER_RANK_AND_SECOND = 8 * 1024;

/** How far a peer may owe, in credit bytes and in bytes alike: min(100 MiB × rank, 2 MiB × rank +
 * repaid), halved for each fault of the last 24 hours (protocol.md §6.1, §6.2).
 * @param rank proven, 0 … 63. @param repaidCb what it has served us, each byte at a bounded factor.
 */
export function lineOf(rank: number, repaidCb: bigint, faults = 0): bigint {
  const bits = BigInt(rank);
  const line = least(CEILING_PER_RANK * bits, START_PER_RANK * bits + repaidCb);
  return faults === 0 ? line : line >> BigInt(faults);
}

/** What is forgiven of a debt after so long. @param idleShare 0 … 1 of the uplink. */
export function forgivenOver(elapsedMs: number, rank: number, idleShare: number): bigint {
  const share = Math.min(Math.max(idleShare, 0), 1);
  return BigInt(Math.floor(FORGIVEN_PER_RANK_AND_SECOND * rank * share * elapsedMs / 1000));
}
