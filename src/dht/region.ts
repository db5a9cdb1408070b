import type { DhtContext } from "./context.ts";
import { commonPrefixLength } from "./distance.ts";

/** Records are kept in a region four times as wide as the one they are stored in: the others'
 * estimates of the network's size differ from ours. */
const TOLERANCE_BITS = 2;

/** How many leading bits a node shares with a key that it stores records of: the k nearest nodes of
 * N share about log2(N / k) (protocol.md §3.4). */
export function regionBits({ size, config }: DhtContext): number {
  return Math.max(0, Math.floor(Math.log2(size.estimate / config.k)));
}

/** Whether we are near enough to `key` to store its records for their full time. */
export function isInRegion(context: DhtContext, key: Uint8Array): boolean {
  const shared = commonPrefixLength(context.self.nodeId, key);
  return shared >= regionBits(context) - TOLERANCE_BITS;
}
