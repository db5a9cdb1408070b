import { broken, commonPrefixLength, ID_BITS } from "../lib/mod.ts";
import { CHUNK_BYTES_MAX } from "../wire/mod.ts";

/** What one FETCH costs besides its bytes, in credit bytes, whatever becomes of it: questions for
 * chunks that do not exist are not free (S2-20). */
export const REQUEST_FEE_CB = 1024n;

/** Half of all chunks have factor 0 at a node, one in 2^160 has 160: the node's own id. */
export const PRICE_FACTOR_MAX = ID_BITS;

/** Small networks are priced as if they had 2^12 nodes. In one of two nodes log2(N) + 4 would have
 * the buyer refuse one chunk in 64 of an honest holder; so it is one in 131,072 (ADR 0130). */
const NETWORK_BITS_MIN = 12;
/** A buyer pays for this many bits beyond log2(N): of N honest holders the nearest has more for one
 * chunk in 32, and a seller who grinds chunks towards its own id gains nothing beyond it. */
const MAX_PRICE_BITS = 4;
/** What is counted of the factor where service earns credit (protocol.md §6.1). */
const REPAID_BITS = 2;

/** The price of a byte of this object at this node: 160 − LOG2(NID xor CID), that is, how many
 * leading bits the two ids share (S2-07). The farther, the cheaper.
 * @param nodeId the server's, 20 bytes. @param id as it stands in the FETCH, 20 bytes.
 * @param floor the operator's --price-floor. @returns 0 … 160. */
export function priceFactor(nodeId: Uint8Array, id: Uint8Array, floor = 0): number {
  return Math.max(commonPrefixLength(nodeId, id), floor);
}

/** What bytes cost, in credit bytes: one is a byte at factor 1.
 * @param bytes 0 … 1 MiB. @param factor 0 … 160. */
export function priceOf(bytes: number, factor: number): bigint {
  const isCount = Number.isInteger(bytes) && bytes >= 0 && bytes <= CHUNK_BYTES_MAX;
  if (!isCount || !isPriceFactor(factor)) broken(`${bytes} bytes at a price factor of ${factor}`);
  return BigInt(bytes * factor); // at most 160 MiB, far below 2^53
}

/** What one FETCH for so many bytes costs. */
export function fetchPrice(bytes: number, factor: number): bigint {
  return REQUEST_FEE_CB + priceOf(bytes, factor);
}

export function isPriceFactor(factor: number): boolean {
  return Number.isInteger(factor) && factor >= 0 && factor <= PRICE_FACTOR_MAX;
}

/** The greatest factor that a buyer agrees to unless told otherwise: log2(N) + 4.
 * @param networkSize how many nodes there seem to be. */
export function defaultMaxPrice(networkSize: number): number {
  const bits = Math.max(networkBits(networkSize), NETWORK_BITS_MIN);
  return Math.min(bits + MAX_PRICE_BITS, PRICE_FACTOR_MAX);
}

/** Service at a higher factor earns no more credit than at this one: log2(N) + 2. Who grinds chunks
 * towards its own id would else buy more with them than it has carried (§6.3). */
export function repaidFactorMax(networkSize: number): number {
  return Math.min(networkBits(networkSize) + REPAID_BITS, PRICE_FACTOR_MAX);
}

/** ⌈log2(N)⌉ for 1 … 2^32 nodes. */
function networkBits(networkSize: number): number {
  const nodes = Math.min(Math.max(Math.ceil(networkSize), 1), 2 ** 32);
  return 32 - Math.clz32(nodes - 1);
}
