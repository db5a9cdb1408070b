import { sha256 } from "../crypto/mod.ts";
import { assert, equalBytes } from "../lib/mod.ts";

/** The tree of BEP 52 (BitTorrent v2): SHA-256 over leaves of 16 KiB, a binary tree above them,
 * missing leaves 32 zero bytes. Layer 2 holds the slice hashes, layer 6 the chunk hashes, the root
 * is the `pieces root`. */
export const LEAF_BYTES = 2 ** 14;
/** What one request may ask for and one hash proves. */
export const SLICE_BYTES = 2 ** 16;
export const CHUNK_BYTES = 2 ** 20;
export const SLICES_PER_CHUNK = CHUNK_BYTES / SLICE_BYTES;
export const HASH_BYTES = 32;

const LEAVES_PER_SLICE = SLICE_BYTES / LEAF_BYTES;
const SLICE_LAYER = 2;
const CHUNK_LAYER = 6;

const ZERO_LEAF = new Uint8Array(HASH_BYTES);
const zeroRoots: Uint8Array[] = [ZERO_LEAF];
const pairScratch = new Uint8Array(2 * HASH_BYTES);

/** Slices that `length` bytes make; the last may be short. */
export function sliceCount(length: number): number {
  return Math.ceil(length / SLICE_BYTES);
}

/** Hash of one slice of a file that is larger than a slice: always four leaf hashes, missing ones
 * zero (protocol.md §9i). @param slice 1 … 65,536 bytes. */
export function sliceHash(slice: Uint8Array): Uint8Array {
  assert(slice.length > 0 && slice.length <= SLICE_BYTES, `slice of ${slice.length} bytes`);
  return paddedRoot(leafHashes(slice), 0, SLICE_LAYER);
}

/** True if `slice` has the hash that stands at place `index` of `hashes` (n × 32 bytes). Never
 * throws: a slice of impossible length or an index without a hash is simply not proven. */
export function verifySlice(slice: Uint8Array, hashes: Uint8Array, index: number): boolean {
  if (slice.length === 0 || slice.length > SLICE_BYTES) return false;
  const expected = hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  return expected.length === HASH_BYTES && equalBytes(sliceHash(slice), expected);
}

/** Hashes of all slices of a chunk, n × 32 bytes. @param chunk 1 … 1,048,576 bytes. */
export function sliceHashesOf(chunk: Uint8Array): Uint8Array {
  assert(chunk.length > 0 && chunk.length <= CHUNK_BYTES, `chunk of ${chunk.length} bytes`);
  const hashes = new Uint8Array(sliceCount(chunk.length) * HASH_BYTES);
  for (let at = 0, out = 0; at < chunk.length; at += SLICE_BYTES, out += HASH_BYTES) {
    hashes.set(sliceHash(chunk.subarray(at, at + SLICE_BYTES)), out);
  }
  return hashes;
}

/** The chunk's node in layer 6, from its 1 … 16 slice hashes. */
export function chunkHash(sliceHashes: Uint8Array): Uint8Array {
  const nodes: Uint8Array[] = [];
  for (let at = 0; at < sliceHashes.length; at += HASH_BYTES) {
    nodes.push(sliceHashes.subarray(at, at + HASH_BYTES));
  }
  assert(nodes.length > 0 && nodes.length <= SLICES_PER_CHUNK, `${nodes.length} slices in a chunk`);
  return paddedRoot(nodes, SLICE_LAYER, CHUNK_LAYER);
}

/** Root of a file of at most one slice: its tree has just as many leaves as the next power of two,
 * so for one or two leaves it is not the slice hash. undefined for a file of zero bytes. */
export function smallFileRoot(contents: Uint8Array): Uint8Array | undefined {
  assert(contents.length <= SLICE_BYTES, `small file of ${contents.length} bytes`);
  if (contents.length === 0) return undefined;
  const leaves = leafHashes(contents);
  return paddedRoot(leaves, 0, Math.ceil(Math.log2(leaves.length)));
}

/** Root over the slice hashes of a file larger than one slice, added in order. Holds one hash per
 * layer, however long the file. */
export class SliceTree {
  /** peaks[i] is the root of the last whole group of 2^i slices, where the count has that bit. */
  readonly #peaks: (Uint8Array | undefined)[] = [];
  #count = 0;

  /** Slices added so far. */
  get count(): number {
    return this.#count;
  }

  /** @param hashes n × 32 bytes, copied. */
  add(hashes: Uint8Array): void {
    for (let at = 0; at < hashes.length; at += HASH_BYTES) {
      this.#addOne(hashes.slice(at, at + HASH_BYTES));
    }
  }

  /** The root as if the file ended here; undefined before the first slice. */
  root(): Uint8Array | undefined {
    if (this.#count === 0) return undefined;
    const height = Math.ceil(Math.log2(this.#count));
    let node: Uint8Array | undefined;
    for (let level = 0; level < height; level++) {
      const peak = this.#peaks[level];
      if (peak !== undefined) node = pairHash(peak, node ?? zeroRoot(SLICE_LAYER + level));
      else if (node !== undefined) node = pairHash(node, zeroRoot(SLICE_LAYER + level));
    }
    const root = node ?? this.#peaks[height];
    return root === undefined ? undefined : new Uint8Array(root);
  }

  #addOne(hash: Uint8Array): void {
    let node = hash;
    let level = 0;
    for (; this.#peaks[level] !== undefined; level++) {
      node = pairHash(this.#peaks[level] ?? ZERO_LEAF, node);
      this.#peaks[level] = undefined;
    }
    this.#peaks[level] = node;
    this.#count++;
  }
}

/** Root of a file of any size, from its chunks in order. */
export class FileTree {
  readonly #slices = new SliceTree();
  #size = 0;
  #smallRoot: Uint8Array | undefined;

  /** Bytes added so far. */
  get size(): number {
    return this.#size;
  }

  /** @param chunk 1 MiB; only the last may be shorter. @returns its slice hashes, n × 32 bytes. */
  addChunk(chunk: Uint8Array): Uint8Array {
    assert(this.#size % CHUNK_BYTES === 0, "no chunk follows a short one");
    const hashes = sliceHashesOf(chunk);
    const isSmall = this.#size === 0 && chunk.length <= SLICE_BYTES;
    this.#smallRoot = isSmall ? smallFileRoot(chunk) : undefined;
    this.#slices.add(hashes);
    this.#size += chunk.length;
    return hashes;
  }

  /** The BEP 52 pieces root as if the file ended here; undefined for zero bytes. */
  root(): Uint8Array | undefined {
    return this.#smallRoot ?? this.#slices.root();
  }
}

/** The node `to` layers above the slices over consecutive nodes `from` layers above them, absent
 * ones as trees of zero leaves. @param hashes n × 32 bytes, n ≥ 1. */
export function subtreeRoot(hashes: Uint8Array, from: number, to: number): Uint8Array {
  const nodes: Uint8Array[] = [];
  for (let at = 0; at < hashes.length; at += HASH_BYTES) {
    nodes.push(hashes.subarray(at, at + HASH_BYTES));
  }
  return paddedRoot(nodes, SLICE_LAYER + from, SLICE_LAYER + to);
}

/** The node `layer` layers above the slices that has nothing of the file below it. */
export function zeroSliceRoot(layer: number): Uint8Array {
  return zeroRoot(SLICE_LAYER + layer);
}

function leafHashes(slice: Uint8Array): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  for (let leaf = 0; leaf < LEAVES_PER_SLICE && leaf * LEAF_BYTES < slice.length; leaf++) {
    leaves.push(sha256(slice.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES)));
  }
  return leaves;
}

/** The node at `layer` over `nodes` of layer `from`, absent ones as trees of zero leaves. */
function paddedRoot(nodes: readonly Uint8Array[], from: number, layer: number): Uint8Array {
  let row = nodes;
  for (let at = from; at < layer; at++) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) {
      above.push(pairHash(row[i] ?? ZERO_LEAF, row[i + 1] ?? zeroRoot(at)));
    }
    row = above;
  }
  return new Uint8Array(row[0] ?? ZERO_LEAF);
}

/** Root of 2^layer zero leaves. */
function zeroRoot(layer: number): Uint8Array {
  const known = zeroRoots[layer];
  if (known !== undefined) return known;
  const below = zeroRoot(layer - 1);
  const root = pairHash(below, below);
  zeroRoots[layer] = root;
  return root;
}

/** The node above two. */
export function pairHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  pairScratch.set(left, 0);
  pairScratch.set(right, HASH_BYTES);
  return sha256(pairScratch);
}
