import fc from "fast-check";
import {
  provesSlices,
  rootOfProof,
  sliceHashesOf,
  type SliceProof,
  SliceTree,
  subtreeRoot,
  unclesOf,
} from "../../../src/content/mod.ts";
import { sha256 } from "../../../src/crypto/mod.ts";
import { concatBytes } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const hashes = (count: number): Uint8Array =>
  concatBytes(...Array.from({ length: count }, (_, i) => sha256(Uint8Array.of(i, i >> 8))));

function treeOf(count: number) {
  const all = hashes(count);
  const tree = new SliceTree();
  tree.add(all);
  const root = tree.root() ?? new Uint8Array();
  const prove = (first: number, last: number): SliceProof => ({
    first,
    hashes: all.slice(32 * first, 32 * (last + 1)),
    uncles: unclesOf(first, last, count).map(({ layer, index }) => {
      const from = index * 2 ** layer;
      return subtreeRoot(all.subarray(32 * from, 32 * (from + 2 ** layer)), 0, layer);
    }),
  });
  return { root, prove };
}

const RANGE = fc.integer({ min: 1, max: 200 }).chain((count) =>
  fc.tuple(fc.constant(count), fc.nat(count - 1), fc.nat(count - 1))
);

test("law: any run of slices of any file is proven, and no longer when a bit is changed", () => {
  fc.assert(fc.property(RANGE, fc.nat(), ([count, a, b], at) => {
    const [first, last] = [Math.min(a, b), Math.max(a, b)];
    const { root, prove } = treeOf(count);
    const proof = prove(first, last);
    expect(rootOfProof(proof, count)).toEqual(root);
    expect(provesSlices(proof, count, root)).toBe(true);
    const flat = concatBytes(proof.hashes, ...proof.uncles);
    flat[at % flat.length] = (flat[at % flat.length] ?? 0) ^ 1;
    const uncles = proof.uncles.map((_, i) => {
      const from = proof.hashes.length + 32 * i;
      return flat.slice(from, from + 32);
    });
    const forged = { first, hashes: flat.slice(0, proof.hashes.length), uncles };
    expect(provesSlices(forged, count, root)).toBe(false);
  }));
});

test("a node too few, too many or too short, or another place, proves nothing", () => {
  const { root, prove } = treeOf(21);
  const proof = prove(4, 6);
  expect(proof.uncles.length).toBe(4);
  const { uncles } = proof;
  expect(provesSlices({ ...proof, uncles: uncles.slice(1) }, 21, root)).toBe(false);
  expect(provesSlices({ ...proof, uncles: [...uncles, root] }, 21, root)).toBe(false);
  expect(provesSlices({ ...proof, uncles: [new Uint8Array(31), ...uncles.slice(1)] }, 21, root))
    .toBe(false);
  expect(provesSlices({ ...proof, first: 5 }, 21, root)).toBe(false);
  expect(provesSlices({ ...proof, first: -1 }, 21, root)).toBe(false);
  expect(provesSlices({ ...proof, hashes: new Uint8Array() }, 21, root)).toBe(false);
  expect(rootOfProof(prove(20, 20), 20)).toBeUndefined();
});

test("the slice hashes of a real chunk are what is proven", () => {
  const chunk = new Uint8Array(300_000).fill(7);
  const all = sliceHashesOf(chunk);
  const tree = new SliceTree();
  tree.add(all);
  const proof = { first: 0, hashes: all, uncles: [] };
  expect(provesSlices(proof, 5, tree.root() ?? new Uint8Array())).toBe(true);
});
