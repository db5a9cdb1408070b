import { CHUNKS_PER_OBJECT, provesSlices, sliceCount } from "../../../../src/content/mod.ts";
import { FileProver } from "../../../../src/node/read/file_proof.ts";
import { type FileView, ObjectResolver } from "../../../../src/node/read/object_resolver.ts";
import { expect, test } from "../../../support/harness.ts";
import { ManifestTree, strong } from "../../../support/manifest_tree.ts";
import { vectorStream } from "../../../support/vector_stream.ts";

const MIB = 2 ** 20;

async function viewOf(tree: ManifestTree, size: number): Promise<FileView> {
  const view = await new ObjectResolver(tree.getObject)
    .resolve(strong(tree.file("f", vectorStream(size))), []);
  if (view.kind !== "file") throw new Error("no file");
  return view;
}

test("slices anywhere in a file of one object and in a paged one are proven", async () => {
  for (const size of [200_000, 3 * MIB + 5, CHUNKS_PER_OBJECT * MIB + 70_000]) {
    const view = await viewOf(new ManifestTree(), size);
    const count = sliceCount(size);
    const prover = new FileProver();
    for (const [first, last] of [[0, 0], [1, 2], [count - 1, count - 1], [count - 2, count - 1]]) {
      const proof = await prover.prove(view, first ?? 0, last ?? 0);
      expect(proof.hashes.length).toBe(32 * ((last ?? 0) - (first ?? 0) + 1));
      expect(provesSlices(proof, count, view.fileRoot ?? new Uint8Array())).toBe(true);
    }
  }
}, 20_000);

test("a small file needs no proof; a root that is not its hashes' is told", async () => {
  const tree = new ManifestTree();
  expect((await new FileProver().prove(await viewOf(tree, 100), 0, 0)).hashes.length).toBe(0);
  const view = await viewOf(tree, 200_000);
  const lied = { ...view, fileRoot: new Uint8Array(32) };
  await expect(new FileProver().prove(lied, 0, 0)).rejects.toThrow("is not the root");
});

test("a file too long to be proven is refused before its pages are fetched", async () => {
  const view = await viewOf(new ManifestTree(), 200_000);
  let asked = 0;
  const chunkEntry: FileView["chunkEntry"] = (_index, options) => {
    asked++;
    return view.chunkEntry(0, options);
  };
  const chunkCount = 1_025 * CHUNKS_PER_OBJECT;
  const long = { ...view, size: chunkCount * MIB, chunkCount, chunkEntry };
  const proof = new FileProver().prove(long, 0, 0);
  await expect(proof).rejects.toMatchObject({ code: "REFUSED" });
  expect(asked).toBe(0);
});
