import { compareDistance, prefix32 } from "./distance.ts";
import type { KnownNode } from "./events.ts";

/** Who is to hold one key, as one node sees it. */
export interface KeyPlace {
  /** Who is to hold it and has not said that it does or will, nearest first. */
  readonly lacking: readonly KnownNode[];
  /** This node is one of those that are to hold it. */
  readonly isInside: boolean;
  /** Fewer nodes can be had than are to hold it. */
  readonly isShort: boolean;
  /** First 32 bits of the distance of the farthest of them; 2^32 - 1 where anybody is welcome. */
  readonly reach: number;
}

/** What is known of a node and the key: out of the question, has or is getting it, or nothing. */
export type PlaceWord = "out" | "has" | undefined;

/** Picks the `wanted` nearest nodes that can be had. @param nodes nearest first, without this one.
 * @param self undefined if this node is too far away to be one of them. */
export function keyPlace(
  key: Uint8Array,
  self: Uint8Array | undefined,
  nodes: readonly KnownNode[],
  wanted: number,
  wordOf: (nodeId: Uint8Array) => PlaceWord,
): KeyPlace {
  const lacking: KnownNode[] = [];
  let copies = 0, isInside = false, reach = 2 ** 32 - 1;
  const count = (nodeId: Uint8Array): void => {
    if (++copies === wanted) reach = (prefix32(nodeId) ^ prefix32(key)) >>> 0;
  };
  const enter = (): void => {
    if (self === undefined || isInside || copies >= wanted) return;
    isInside = true;
    count(self);
  };
  for (const node of nodes) {
    if (self !== undefined && compareDistance(key, self, node.nodeId) < 0) enter();
    if (copies >= wanted) break;
    const word = wordOf(node.nodeId);
    if (word === "out") continue;
    count(node.nodeId);
    if (word !== "has") lacking.push(node);
  }
  enter();
  return { lacking, isInside, isShort: copies < wanted, reach };
}
