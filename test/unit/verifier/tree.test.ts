import vectors from "../../vectors/bep52_roots.json" with { type: "json" };
import {
  FileTree,
  sliceCount,
  SliceTree,
  subtreeRoot,
  unclesOf,
} from "../../../src/content/mod.ts";
import { concatBytes, fromHex, toBase64 } from "../../../src/lib/mod.ts";
import { type Proof, SLICE_BYTES, verifyBytes } from "../../../src/verifier/tree.ts";
import { expect, test } from "../../support/harness.ts";
import { vectorStream } from "../../support/vector_stream.ts";

const CHUNK = 2 ** 20;

function fileOf(size: number) {
  const bytes = vectorStream(size);
  const tree = new FileTree();
  const parts: Uint8Array[] = [];
  for (let at = 0; at < size; at += CHUNK) {
    parts.push(tree.addChunk(bytes.subarray(at, at + CHUNK)));
  }
  const hashes = concatBytes(...parts);
  const count = sliceCount(size);
  const prove = (first: number, last: number): Proof => ({
    v: 1,
    size,
    firstSlice: first,
    sliceHashes: toBase64(hashes.slice(32 * first, 32 * (last + 1))),
    uncles: toBase64(concatBytes(
      ...unclesOf(first, last, count).map(({ layer, index }) => {
        const from = index * 2 ** layer;
        return subtreeRoot(hashes.subarray(32 * from, 32 * (from + 2 ** layer)), 0, layer);
      }),
    )),
  });
  return { bytes, root: tree.root() ?? new Uint8Array(), prove, count };
}

test("whole files under the roots that libtorrent gives them", async () => {
  for (const { bytes: size, piecesRoot } of vectors.roots) {
    if (size === 0 || size > 600_000) continue;
    const root = fromHex(piecesRoot) ?? new Uint8Array();
    const { bytes, prove, count } = fileOf(size);
    const proof = size > SLICE_BYTES ? prove(0, count - 1) : undefined;
    expect(await verifyBytes(root, size, 0, bytes, proof)).toBe(true);
    bytes[size >> 1] = (bytes[size >> 1] ?? 0) ^ 1;
    expect(await verifyBytes(root, size, 0, bytes, proof)).toBe(false);
  }
});

test("any run of slices, and no flipped bit, other place or other proof", async () => {
  const size = 11 * SLICE_BYTES + 5;
  const { bytes, root, prove, count } = fileOf(size);
  for (let first = 0; first < count; first++) {
    for (let last = first; last < count; last += 3) {
      const [start, end] = [first * SLICE_BYTES, Math.min(size, (last + 1) * SLICE_BYTES)];
      const part = bytes.slice(start, end);
      expect(await verifyBytes(root, size, start, part, prove(first, last))).toBe(true);
    }
  }
  const part = bytes.slice(2 * SLICE_BYTES, 4 * SLICE_BYTES);
  const proof = prove(2, 3);
  const ask = (start: number, given: Uint8Array, told: Proof | undefined) =>
    verifyBytes(root, size, start, given, told);
  expect(await ask(2 * SLICE_BYTES, part, proof)).toBe(true);
  const flipped = part.slice();
  flipped[100_000] = (flipped[100_000] ?? 0) ^ 4;
  expect(await ask(2 * SLICE_BYTES, flipped, proof)).toBe(false);
  expect(await ask(SLICE_BYTES, part, proof)).toBe(false);
  expect(await ask(2 * SLICE_BYTES, part, prove(2, 4))).toBe(false);
  expect(await ask(2 * SLICE_BYTES, part, { ...proof, uncles: "" })).toBe(false);
  expect(await ask(2 * SLICE_BYTES, part, undefined)).toBe(false);
  expect(await ask(2 * SLICE_BYTES, part.slice(1), proof)).toBe(false);
  expect(await ask(size, new Uint8Array(), proof)).toBe(false);
  const tree = new SliceTree();
  tree.add(new Uint8Array(32 * count));
  expect(await verifyBytes(tree.root() ?? root, size, 2 * SLICE_BYTES, part, proof)).toBe(false);
});
