import {
  checkDirectoryPage,
  checkFilePage,
  decodeManifest,
  type DirectoryHead,
  DirectoryManifestBuilder,
  type FileHead,
  FileManifestBuilder,
  type Manifest,
  manifestFault,
  type ManifestObject,
} from "../../../src/content/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { syntheticChunk, syntheticEntry } from "../../support/manifests.ts";

const MISMATCH = manifestFault("page_mismatch");

function decoded(objects: readonly (ManifestObject | undefined)[]): readonly Manifest[] {
  return objects.filter((object) => object !== undefined)
    .map((object) => decodeManifest(object.bytes) as Manifest);
}

describe("checkFilePage()", () => {
  const builder = new FileManifestBuilder({ name: "", mime: "" });
  const objects: (ManifestObject | undefined)[] = [];
  for (let i = 0; i < 130; i++) objects.push(builder.add(syntheticChunk(i)));
  objects.push(builder.add(syntheticChunk(130, 77)), ...builder.finish());
  const pages = decoded(objects);
  const head = pages[3] as FileHead;

  test("takes each page at its place and at no other", () => {
    for (let index = 0; index < 3; index++) {
      for (const [at, page] of pages.entries()) {
        const isRight = at === index || (at < 2 && index < 2); // two full pages look alike here
        expect(checkFilePage(head, index, page) === MISMATCH).toBe(!isRight);
      }
    }
  });
});

describe("checkDirectoryPage()", () => {
  const builder = new DirectoryManifestBuilder();
  const objects: (ManifestObject | undefined)[] = [];
  for (let i = 0; i < 2_500; i++) objects.push(builder.add(syntheticEntry(String(10_000 + i))));
  objects.push(...builder.finish());
  const pages = decoded(objects);
  const head = pages[3] as DirectoryHead;
  const first = pages[0] as Manifest & { kind: "directory_page" };

  test("takes each page at its place and at no other", () => {
    for (let index = 0; index < 4; index++) {
      for (const [at, page] of pages.entries()) {
        expect(checkDirectoryPage(head, index, page) === MISMATCH).toBe(at !== index || at === 3);
      }
    }
  });

  test("all pages but the last are full, or places could not be computed", () => {
    const short = { ...first, entries: first.entries.slice(0, 999) };
    expect(checkDirectoryPage(head, 0, short)).toBe(MISMATCH);
  });

  test("a page's names end before the next page begins, or a name could hide", () => {
    const entries = [...first.entries.slice(0, 999), syntheticEntry("11000")];
    expect(checkDirectoryPage(head, 0, { ...first, entries })).toBe(MISMATCH);
  });

  test("a page is not larger than the whole", () => {
    expect(checkDirectoryPage({ ...head, size: 10 }, 0, first)).toBe(MISMATCH);
  });
});
