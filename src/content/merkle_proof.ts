import { equalBytes } from "../lib/mod.ts";
import { HASH_BYTES, pairHash, zeroSliceRoot } from "./merkle.ts";

/** What proves consecutive slices of a file of more than one slice against its root. */
export interface SliceProof {
  /** Number of the first slice that it is about. */
  readonly first: number;
  /** Slice hashes, n × 32 bytes. */
  readonly hashes: Uint8Array;
  /** The nodes beside the way up, from the slices on, on each layer the left one first; those that
   * lie wholly behind the end of the file are known (trees of zero leaves) and left out. */
  readonly uncles: readonly Uint8Array[];
}

/** A node of the tree above the slices: `layer` 0 is the slices, each above it half as many. */
export interface NodePlace {
  readonly layer: number;
  readonly index: number;
}

/** Layers above `count` slices. */
export function layersAbove(count: number): number {
  return Math.ceil(Math.log2(count));
}

/** The nodes that a proof of slices [first, last] of `count` must hold, in its order. */
export function unclesOf(first: number, last: number, count: number): NodePlace[] {
  const places: NodePlace[] = [];
  let [low, high] = [first, last];
  for (let layer = 0; layer < layersAbove(count); layer++) {
    if (low % 2 === 1) places.push({ layer, index: low - 1 });
    if (high % 2 === 0 && !isBehindEnd(layer, high + 1, count)) {
      places.push({ layer, index: high + 1 });
    }
    low = Math.floor(low / 2);
    high = Math.floor(high / 2);
  }
  return places;
}

/** The root that a proof leads to; undefined if it has a node too few or too many. */
export function rootOfProof(proof: SliceProof, count: number): Uint8Array | undefined {
  let row: Uint8Array[] = [];
  for (let at = 0; at < proof.hashes.length; at += HASH_BYTES) {
    row.push(proof.hashes.subarray(at, at + HASH_BYTES));
  }
  let low = proof.first;
  if (row.length === 0 || low < 0 || low + row.length > count) return undefined;
  const uncles = [...proof.uncles];
  for (let layer = 0; layer < layersAbove(count); layer++) {
    const high = low + row.length - 1;
    if (low % 2 === 1) row.unshift(uncles.shift() ?? new Uint8Array());
    if (high % 2 === 0) {
      const isBehind = isBehindEnd(layer, high + 1, count);
      row.push(isBehind ? zeroSliceRoot(layer) : uncles.shift() ?? new Uint8Array());
    }
    if (row.some((node) => node.length !== HASH_BYTES)) return undefined;
    row = pairsOf(row);
    low = Math.floor(low / 2);
  }
  return uncles.length === 0 ? row[0] : undefined;
}

/** True if `proof` proves its slice hashes for a file of `count` slices under `root`. */
export function provesSlices(proof: SliceProof, count: number, root: Uint8Array): boolean {
  const found = rootOfProof(proof, count);
  return found !== undefined && equalBytes(found, root);
}

function isBehindEnd(layer: number, index: number, count: number): boolean {
  return index * 2 ** layer >= count;
}

function pairsOf(row: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i + 1 < row.length; i += 2) {
    above.push(pairHash(row[i] ?? new Uint8Array(), row[i + 1] ?? new Uint8Array()));
  }
  return above;
}
