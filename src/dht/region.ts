import { commonPrefixLength } from "../lib/mod.ts";
import { Circle, type Surroundings } from "./circle.ts";
import type { DhtContext } from "./context.ts";

/** Records are kept in a region four times as wide as the one they are stored in: the others'
 * estimates of the network's size differ from ours. */
const TOLERANCE_BITS = 2;

/** How many leading bits a node shares with a key that it stores records of: the k nearest nodes of
 * N share about log2(N / k) (protocol.md §3.4). */
export function regionBits({ size, config }: DhtContext): number {
  return Math.max(0, Math.floor(Math.log2(size.estimate / config.k)));
}

/** Nodes that share so many more bits with a key than its region does are 2 to 4 of N. */
const CORE_BITS = 3;

/** The last of the nodes around a key lies at most so much farther away than it would in a network
 * spread evenly. Of 16 nodes spread by chance it does in all but 2 of 10,000 cases; where a fifth
 * of all nodes tell of nobody but one another, theirs lies five times as far. */
const SPARSE_FACTOR = 2;

/** What to expect around a key. @param width how many of the nearest nodes are to be found. */
export function surroundings(context: DhtContext, width: number): Surroundings {
  const coreBits = regionBits(context) + CORE_BITS;
  const reach = SPARSE_FACTOR * width * 2 ** 32 / context.size.estimate;
  return { coreBits, reach };
}

/** The nodes that store a key, of some that are known: the k nearest, or more in a crowd.
 * @param nodes nearest first. */
export function storersOf<T extends { readonly nodeId: Uint8Array }>(
  context: DhtContext,
  key: Uint8Array,
  nodes: readonly T[],
): readonly T[] {
  const { k, lookup } = context.config;
  // However sparse they are: whoever has looked knows no others.
  const expected = { ...surroundings(context, k), reach: 2 ** 32 };
  const circle = new Circle(key, { width: k, widthMax: lookup.widthMax }, expected);
  const last = nodes.findIndex(({ nodeId }) => circle.add(nodeId));
  return last < 0 ? nodes : nodes.slice(0, last + 1);
}

/** How many bits we share too few with `key` to store its records for their full time; 0 = we are
 * near enough. */
export function bitsOutsideRegion(context: DhtContext, key: Uint8Array): number {
  const shared = commonPrefixLength(context.self.nodeId, key);
  return Math.max(0, regionBits(context) - TOLERANCE_BITS - shared);
}

/** Whether we are near enough to `key` to store its records for their full time. */
export function isInRegion(context: DhtContext, key: Uint8Array): boolean {
  return bitsOutsideRegion(context, key) === 0;
}
