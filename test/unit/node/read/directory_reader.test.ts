import {
  decodeManifest,
  type DirectoryEntry,
  type DirectoryHead,
  encodeManifest,
  locatorOf,
  strongIdOf,
} from "../../../../src/content/mod.ts";
import { toHex } from "../../../../src/lib/mod.ts";
import {
  type DirectoryObject,
  DirectoryReader,
  isDirectoryObject,
} from "../../../../src/node/read/directory_reader.ts";
import { ManifestLoader } from "../../../../src/node/read/manifest_loader.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { ManifestTree } from "../../../support/manifest_tree.ts";
import { syntheticEntry } from "../../../support/manifests.ts";

const NAMES = Array.from({ length: 2_500 }, (_, i) => String(10_000 + i));

function bytesOf(tree: ManifestTree, entry: DirectoryEntry): Uint8Array {
  return tree.objects.get(toHex(locatorOf(entry.strongId))) ?? new Uint8Array();
}

function readerOf(tree: ManifestTree, entry: DirectoryEntry): DirectoryReader {
  const directory = decodeManifest(bytesOf(tree, entry)) as DirectoryObject;
  expect(isDirectoryObject(directory)).toBe(true);
  return new DirectoryReader(directory, new ManifestLoader(tree.getObject));
}

describe("DirectoryReader", () => {
  const tree = new ManifestTree();
  const large = tree.directory("large", NAMES.map((name) => syntheticEntry(name)));
  const small = tree.directory("small", [syntheticEntry("a"), syntheticEntry("b")]);

  test("finds every name of a paged directory with one page each", async () => {
    for (const name of ["10000", "10999", "11000", "12499"]) {
      tree.asked.length = 0;
      const { entry } = await readerOf(tree, large).find(name, undefined);
      expect(entry?.name).toBe(name);
      expect(tree.asked).toHaveLength(1);
    }
    for (const name of ["0", "10999x", "12500", "zz"]) {
      expect((await readerOf(tree, large).find(name, undefined)).entry).toBeUndefined();
    }
  });

  test("counts by the last page alone", async () => {
    tree.asked.length = 0;
    expect((await readerOf(tree, large).count(undefined)).entryCount).toBe(2_500);
    expect(tree.asked).toHaveLength(1);
    expect((await readerOf(tree, small).count(undefined)).entryCount).toBe(2);
  });

  test("a listing fetches only the pages it touches", async () => {
    for (
      const [start, end, pages] of [[0, 10, 1], [995, 1_005, 2], [0, 2_500, 3], [2_499, 2_500, 1]]
    ) {
      tree.asked.length = 0;
      const entries = await readerOf(tree, large).slice(start ?? 0, end ?? 0, undefined);
      expect(entries.map((entry) => entry.name)).toEqual(NAMES.slice(start, end));
      expect(tree.asked).toHaveLength(pages ?? 0);
    }
  });

  test("a listing from behind the end is empty; from before the start is our mistake", async () => {
    for (const entry of [large, small]) {
      expect(await readerOf(tree, entry).slice(9_000, 2, undefined)).toEqual([]);
      await expect(readerOf(tree, entry).slice(-1, 2, undefined)).rejects.toThrow();
    }
  });

  test("a page in another's place is refused", async () => {
    const head = decodeManifest(bytesOf(tree, large)) as DirectoryHead;
    const [first, second, third] = head.pages;
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const swapped = [first, { ...second, strongId: third.strongId }, third];
    const bytes = encodeManifest({ ...head, pages: swapped });
    tree.objects.set(toHex(locatorOf(strongIdOf(bytes))), bytes);
    const reader = readerOf(tree, { ...large, strongId: strongIdOf(bytes) });
    await expect(reader.find("11500", undefined)).rejects.toThrow("not the page that its head");
    expect((await reader.find("10500", undefined)).entry?.name).toBe("10500");
  });
});
