import vectors from "../../vectors/bep52_roots.json" with { type: "json" };
import {
  CHUNK_BYTES,
  chunkHash,
  FileTree,
  HASH_BYTES,
  LEAF_BYTES,
  SLICE_BYTES,
  sliceCount,
  sliceHash,
  sliceHashesOf,
  SliceTree,
  smallFileRoot,
  verifySlice,
} from "../../../src/content/mod.ts";
import { sha256 } from "../../../src/crypto/mod.ts";
import { concatBytes, toHex } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { vectorStream } from "../../support/vector_stream.ts";

const STREAM = vectorStream(Math.max(...vectors.roots.map((row) => row.bytes)));

function treeOf(bytes: Uint8Array): { tree: FileTree; slices: Uint8Array; chunks: Uint8Array } {
  const tree = new FileTree();
  const slices: Uint8Array[] = [];
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const hashes = tree.addChunk(bytes.subarray(at, at + CHUNK_BYTES));
    slices.push(hashes);
    chunks.push(chunkHash(hashes));
  }
  return { tree, slices: concatBytes(...slices), chunks: concatBytes(...chunks) };
}

describe("merkle", () => {
  test("file roots equal libtorrent's pieces roots, at every border of a layer", () => {
    expect(vectors.roots.length).toBeGreaterThan(30);
    for (const { bytes, piecesRoot } of vectors.roots) {
      const root = treeOf(STREAM.subarray(0, bytes)).tree.root();
      expect(toHex(root ?? new Uint8Array())).toBe(piecesRoot);
      if (bytes > SLICE_BYTES) continue;
      expect(toHex(smallFileRoot(STREAM.subarray(0, bytes)) ?? new Uint8Array())).toBe(piecesRoot);
    }
  });

  test("slice and chunk hashes equal libtorrent's piece layers", () => {
    for (const { bytes, sliceLayerSha256, chunkLayerSha256 } of vectors.roots) {
      const { slices, chunks } = treeOf(STREAM.subarray(0, bytes));
      if (sliceLayerSha256 !== "") expect(toHex(sha256(slices))).toBe(sliceLayerSha256);
      if (chunkLayerSha256 !== "") expect(toHex(sha256(chunks))).toBe(chunkLayerSha256);
    }
  });

  test("a short slice is hashed as four leaves, unlike a file of one or two leaves", () => {
    const zero = new Uint8Array(HASH_BYTES);
    const leaf = sha256(STREAM.subarray(0, 100));
    const byHand = sha256(concatBytes(
      sha256(concatBytes(leaf, zero)),
      sha256(concatBytes(zero, zero)),
    ));
    expect(toHex(sliceHash(STREAM.subarray(0, 100)))).toBe(toHex(byHand));
    for (
      const [bytes, isSame] of [
        [LEAF_BYTES - 1, false],
        [LEAF_BYTES, false],
        [LEAF_BYTES + 1, false],
        [2 * LEAF_BYTES, false],
        [2 * LEAF_BYTES + 1, true],
        [SLICE_BYTES - 1, true],
        [SLICE_BYTES, true],
      ] as const
    ) {
      const contents = STREAM.subarray(0, bytes);
      const root = smallFileRoot(contents) ?? zero;
      expect([bytes, toHex(root) === toHex(sliceHash(contents))]).toEqual([bytes, isSame]);
    }
  });

  test("verifySlice() finds any flipped bit, a swap and a missing byte", () => {
    const chunk = STREAM.slice(0, 3 * SLICE_BYTES + 1_000);
    const hashes = sliceHashesOf(chunk);
    for (let slice = 0; slice < 4; slice++) {
      const bytes = chunk.slice(slice * SLICE_BYTES, (slice + 1) * SLICE_BYTES);
      expect(verifySlice(bytes, hashes, slice)).toBe(true);
      expect(verifySlice(bytes, hashes, (slice + 1) % 4)).toBe(false);
      expect(verifySlice(bytes.subarray(0, bytes.length - 1), hashes, slice)).toBe(false);
      for (const at of [0, 7, bytes.length >> 1, bytes.length - 1]) {
        for (let bit = 0; bit < 8; bit++) {
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          expect(verifySlice(bytes, hashes, slice)).toBe(false);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        }
      }
    }
  });

  test("verifySlice() says false to impossible slices and places, and does not throw", () => {
    const hashes = sliceHashesOf(STREAM.subarray(0, 100));
    expect(verifySlice(new Uint8Array(0), hashes, 0)).toBe(false);
    expect(verifySlice(STREAM.subarray(0, SLICE_BYTES + 1), hashes, 0)).toBe(false);
    for (const index of [1, -1, 1e9]) {
      expect(verifySlice(STREAM.subarray(0, 100), hashes, index)).toBe(false);
    }
  });

  test("a tree may be asked for its root at any time and holds one hash per layer", () => {
    const tree = new SliceTree();
    const step = new SliceTree();
    const hash = sha256(Uint8Array.of(1));
    expect(tree.root()).toBeUndefined();
    for (let count = 1; count <= 70; count++) {
      step.add(hash);
      step.root();
    }
    tree.add(concatBytes(...new Array<Uint8Array>(70).fill(hash)));
    expect(tree.count).toBe(70);
    expect(step.root()).toEqual(tree.root());
  });

  test("sliceCount() counts a short slice as one", () => {
    expect([1, SLICE_BYTES, SLICE_BYTES + 1, CHUNK_BYTES].map(sliceCount)).toEqual([1, 1, 2, 16]);
  });

  test("a chunk after a short one is a mistake of ours", () => {
    const tree = new FileTree();
    tree.addChunk(STREAM.subarray(0, 100));
    expect(() => tree.addChunk(STREAM.subarray(0, 100))).toThrow();
    expect(tree.size).toBe(100);
  });
});
