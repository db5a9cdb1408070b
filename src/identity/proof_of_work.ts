import { scrypt, sha256 } from "../crypto/mod.ts";
import { concatBytes, type NodeId, utf8, viewOf } from "../lib/mod.ts";
import type { Network } from "./network.ts";
import { nodeIdOf } from "./node_id.ts";

// protocol.md §5 and §9e. The parameters are fixed by the protocol version.
const SCRYPT = {
  id: { salt: utf8("sk1-id"), n: 2048, r: 8 },
  rank: { salt: utf8("sk1-rank"), n: 8192, r: 8 },
} as const;
const TEST_PREFIX = {
  test_id: utf8("sk1-test"),
  test_rank: utf8("sk1-test-rank"),
} as const;

/** `id` and `rank` are memory-hard (2 and 8 MiB); `test_*` are SHA-256, for network dev. */
export type Puzzle = keyof typeof SCRYPT | keyof typeof TEST_PREFIX;

/** A rank is at most this, though 256 bits could be zero: protocol.md §5 draws the line there. */
export const RANK_MAX = 63;
export const NONCE_MAX = 2n ** 64n - 1n;

/** True if one try costs megabytes and milliseconds, so that it belongs in a worker thread. */
export function isMemoryHard(puzzle: Puzzle): puzzle is keyof typeof SCRYPT {
  return puzzle in SCRYPT;
}

/** A nonce as the 8 big-endian bytes that are hashed and sent.
 * @throws {RangeError} outside 0 … 2^64 - 1. */
export function nonceBytes(nonce: bigint): Uint8Array {
  if (nonce < 0n || nonce > NONCE_MAX) throw new RangeError(`nonce ${nonce} is not a u64`);
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, nonce);
  return bytes;
}

/** The puzzle's 32-byte output for one nonce. 2 to 13 ms for a memory-hard one, else ~0.3 µs. */
export function evaluatePuzzle(puzzle: Puzzle, publicKey: Uint8Array, nonce: bigint): Uint8Array {
  if (!isMemoryHard(puzzle)) {
    return sha256(concatBytes(TEST_PREFIX[puzzle], publicKey, nonceBytes(nonce)));
  }
  const { salt, n, r } = SCRYPT[puzzle];
  return scrypt(concatBytes(publicKey, nonceBytes(nonce)), salt, n, r);
}

/** How many bits are zero before the first that is one. */
export function leadingZeroBits(bytes: Uint8Array): number {
  let bits = 0;
  for (const byte of bytes) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/** The NodeId that an id puzzle's output earns on a network; undefined if the work is too small. */
export function earnedNodeId(
  network: Network,
  publicKey: Uint8Array,
  output: Uint8Array,
): NodeId | undefined {
  return leadingZeroBits(output) >= network.idBits ? nodeIdOf(publicKey, output) : undefined;
}

/** The rank that a rank puzzle's output earns: its leading zero bits, at most 63. */
export function earnedRank(output: Uint8Array): number {
  return Math.min(leadingZeroBits(output), RANK_MAX);
}

/** Checks a whole claim on the calling thread (~20 ms on main; nodes do it in a worker).
 * Rank 0 with nonce 0 claims nothing and needs no look; a claim below what was earned is true. */
export function verifyWork(
  network: Network,
  publicKey: Uint8Array,
  claim: { readonly idNonce: bigint; readonly rankNonce: bigint; readonly rank: number },
): NodeId | undefined {
  const output = evaluatePuzzle(network.idPuzzle, publicKey, claim.idNonce);
  const nodeId = earnedNodeId(network, publicKey, output);
  if (nodeId === undefined || !isRank(claim.rank)) return undefined;
  if (claim.rank === 0) return nodeId;
  const work = evaluatePuzzle(network.rankPuzzle, publicKey, claim.rankNonce);
  return earnedRank(work) >= claim.rank ? nodeId : undefined;
}

function isRank(rank: number): boolean {
  return Number.isInteger(rank) && rank >= 0 && rank <= RANK_MAX;
}

/** Tries that reach `bits` leading zero bits on average. The search has no memory: after any number
 * of failures, as many again are still to be expected. */
export function expectedTries(bits: number): number {
  return 2 ** bits;
}
