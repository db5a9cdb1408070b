import {
  buildInlineFile,
  CHUNK_BYTES,
  decodeManifest,
  encodeManifest,
  type FileHead,
  FileManifestBuilder,
  type ManifestObject,
} from "../../../../src/content/mod.ts";
import { utf8 } from "../../../../src/lib/mod.ts";
import { ChunkList, type FileObject, isFileObject } from "../../../../src/node/read/chunk_list.ts";
import { ManifestLoader } from "../../../../src/node/read/manifest_loader.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { ManifestTree } from "../../../support/manifest_tree.ts";
import { syntheticChunk } from "../../../support/manifests.ts";

const LABEL = { name: "", mime: "" };

/** A file of synthetic chunks, the last of 70,000 bytes. */
function longFile(tree: ManifestTree, chunks: number): FileObject {
  const builder = new FileManifestBuilder(LABEL);
  const objects: (ManifestObject | undefined)[] = [];
  for (let i = 1; i < chunks; i++) objects.push(builder.add(syntheticChunk(i)));
  objects.push(builder.add(syntheticChunk(chunks, 70_000)), ...builder.finish());
  return decodeManifest(tree.keep(objects).bytes) as FileObject;
}

describe("ChunkList", () => {
  test("a paged file's chunks come from one page each, kept for the next", async () => {
    const tree = new ManifestTree();
    const file = longFile(tree, 130);
    const chunks = new ChunkList(file, new ManifestLoader(tree.getObject));
    expect(chunks.count).toBe(130);
    for (const [index, asked] of [[0, 1], [63, 1], [64, 2], [127, 2], [128, 3], [129, 3], [5, 3]]) {
      const last = index === 129 ? 70_000 : CHUNK_BYTES;
      expect(await chunks.entry(index ?? 0)).toEqual(syntheticChunk((index ?? 0) + 1, last));
      expect(tree.asked).toHaveLength(asked ?? 0);
    }
  });

  test("a file of up to 64 chunks needs nothing more", async () => {
    const tree = new ManifestTree();
    const chunks = new ChunkList(longFile(tree, 64), new ManifestLoader(tree.getObject));
    expect(await chunks.entry(63)).toEqual(syntheticChunk(64, 70_000));
    expect(tree.asked).toEqual([]);
  });

  test("an inline file has no chunks", async () => {
    const file = decodeManifest(buildInlineFile(utf8("a"), LABEL).bytes) as FileObject;
    expect(isFileObject(file)).toBe(true);
    const chunks = new ChunkList(file, new ManifestLoader(new ManifestTree().getObject));
    expect(chunks.count).toBe(0);
    await expect(chunks.entry(0)).rejects.toThrow("chunk 0 of 0");
  });

  test("a place outside the file is a mistake of ours", async () => {
    const tree = new ManifestTree();
    const chunks = new ChunkList(longFile(tree, 65), new ManifestLoader(tree.getObject));
    for (const index of [-1, 65, 0.5, NaN]) await expect(chunks.entry(index)).rejects.toThrow();
  });

  test("a page that is another's is refused, the pages beside it serve", async () => {
    const tree = new ManifestTree();
    const head = longFile(tree, 130) as FileHead;
    const [first, second, third] = head.pages;
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const swapped: FileHead = { ...head, pages: [first, third, second] };
    encodeManifest(swapped); // a head cannot know
    const chunks = new ChunkList(swapped, new ManifestLoader(tree.getObject));
    await expect(chunks.entry(64)).rejects.toThrow("not the page that its head announces");
    expect((await chunks.entry(0)).length).toBe(CHUNK_BYTES);
  });
});
