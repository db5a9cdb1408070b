import vectors from "../../vectors/manifests.json" with { type: "json" };
import {
  buildInlineFile,
  CHUNK_BYTES,
  chunkIdOf,
  compareNames,
  decodeManifest,
  DIRECTORY_ENTRIES_MAX,
  type DirectoryEntry,
  DirectoryManifestBuilder,
  encodeManifest,
  FILE_BYTES_MAX,
  FileManifestBuilder,
  type FilePage,
  type FilePageRef,
  isManifestFault,
  type ManifestObject,
  strongIdOf,
} from "../../../src/content/mod.ts";
import { toBase32, toHex, utf8 } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { streamManifest, syntheticChunk, syntheticEntry } from "../../support/manifests.ts";
import { vectorStream } from "../../support/vector_stream.ts";

const LABEL = { name: "disk.img", mime: "" };

describe("FileManifestBuilder", () => {
  test("the longest file fits a head of 1 MiB, and no longer one is written", () => {
    const page = { id: chunkIdOf(utf8("p")), strongId: strongIdOf(utf8("p")) };
    const headOf = (pages: number) =>
      encodeManifest({
        kind: "file_head",
        size: pages * 64 * CHUNK_BYTES,
        pages: new Array<FilePageRef>(pages).fill(page),
        fileRoot: strongIdOf(utf8("r")),
        name: "x".repeat(255),
        mime: `a/${"b".repeat(253)}`,
      });
    expect(headOf(FILE_BYTES_MAX / (64 * CHUNK_BYTES)).length).toBeLessThanOrEqual(CHUNK_BYTES);
    expect(() => headOf(20_001)).toThrow("number of pages");
  });

  test("64 chunks make one object, 65 make pages", () => {
    const kindsOf = (chunks: number) => {
      const builder = new FileManifestBuilder(LABEL);
      const objects: (ManifestObject | undefined)[] = [];
      for (let i = 0; i < chunks; i++) objects.push(builder.add(syntheticChunk(i)));
      objects.push(...builder.finish());
      return objects.filter((object) => object !== undefined)
        .map((object) => decodeManifest(object.bytes))
        .map((manifest) => isManifestFault(manifest) ? manifest.fault : manifest.kind);
    };
    expect(kindsOf(1)).toEqual(["chunked_file"]);
    expect(kindsOf(64)).toEqual(["chunked_file"]);
    expect(kindsOf(65)).toEqual(["file_page", "file_page", "file_head"]);
    expect(kindsOf(128)).toEqual(["file_page", "file_page", "file_head"]);
    expect(kindsOf(129)).toEqual(["file_page", "file_page", "file_page", "file_head"]);
  });

  test("pages list the chunks in order, the last one short", () => {
    const builder = new FileManifestBuilder(LABEL);
    for (let i = 0; i < 66; i++) builder.add(syntheticChunk(i));
    builder.add(syntheticChunk(66, 1));
    const second = decodeManifest(builder.finish()[0]?.bytes ?? new Uint8Array()) as FilePage;
    expect(second.chunks.map((chunk) => chunk.length)).toEqual([CHUNK_BYTES, CHUNK_BYTES, 1]);
    expect(second.size).toBe(2 * CHUNK_BYTES + 1);
  });

  test("no chunk follows a short one", () => {
    const builder = new FileManifestBuilder(LABEL);
    builder.add(syntheticChunk(1, 5));
    expect(() => builder.add(syntheticChunk(2))).toThrow();
  });
});

describe("DirectoryManifestBuilder", () => {
  test("1,000 entries make one object, 1,001 make pages", () => {
    for (
      const [count, kinds] of [[0, 1], [1_000, 1], [1_001, 3], [2_000, 3], [2_001, 4]] as const
    ) {
      const builder = new DirectoryManifestBuilder();
      const objects: (ManifestObject | undefined)[] = [];
      for (let i = 0; i < count; i++) objects.push(builder.add(syntheticEntry(String(10_000 + i))));
      expect(builder.size).toBe(count);
      objects.push(...builder.finish());
      expect(objects.filter((object) => object !== undefined)).toHaveLength(kinds);
    }
  });

  test("objects stay below 1 MiB with the longest names and types", () => {
    const builder = new DirectoryManifestBuilder();
    const pages: ManifestObject[] = [];
    for (let i = 0; i < 3_001; i++) {
      const mime = `a/${"b".repeat(253)}`;
      const entry = { ...syntheticEntry(`${10_000 + i}`.padEnd(255, "x"), 2 ** 38), mime };
      const page = builder.add(entry);
      if (page !== undefined) pages.push(page);
    }
    const objects = [...pages, ...builder.finish()];
    for (const object of objects) expect(object.bytes.length).toBeLessThan(600_000);
  });

  test("the largest directory fits a head of 1 MiB, and no larger one is written", () => {
    const strongId = strongIdOf(utf8("p"));
    const headOf = (count: number) => {
      const pages = Array.from({ length: count }, (_, i) => ({
        firstName: `${10_000 + i}`.padEnd(255, "x"),
        strongId,
      }));
      return encodeManifest({ kind: "directory_head", size: 2 ** 53 - 1, pages });
    };
    expect(headOf(DIRECTORY_ENTRIES_MAX / 1_000).length).toBeLessThanOrEqual(CHUNK_BYTES);
    expect(() => headOf(3_501)).toThrow("number of pages");
  });

  test("entries out of order are a mistake of ours, told at the end of the page", () => {
    const builder = new DirectoryManifestBuilder();
    builder.add(syntheticEntry("b"));
    builder.add(syntheticEntry("a"));
    expect(() => builder.finish()).toThrow("in order");
  });
});

/** Every object of a tree that test/vectors/make_manifests.py describes in the same words. */
function vectorTrees(): ReadonlyMap<string, readonly ManifestObject[]> {
  const hello = buildInlineFile(utf8("hello"), { name: "a.txt", mime: "text/plain" });
  const stream = streamManifest(3 * CHUNK_BYTES + 7, "stream.bin");
  const file = (name: string): DirectoryEntry => {
    return { name, kind: "file", strongId: hello.strongId, size: 5, mime: "text/plain" };
  };
  const directory = (...entries: readonly DirectoryEntry[]): readonly ManifestObject[] => {
    const builder = new DirectoryManifestBuilder();
    const pages = entries.map((entry) => builder.add(entry));
    return [...pages.filter((page) => page !== undefined), ...builder.finish()];
  };
  const strongIdOfLast = (objects: readonly ManifestObject[]) => (objects.at(-1) ?? hello).strongId;
  const inner: DirectoryEntry = {
    name: "\uffee",
    kind: "directory",
    strongId: strongIdOfLast(directory(file("a.txt"))),
    size: 5,
    mime: "",
  };
  const streamEntry: DirectoryEntry = {
    name: "stream.bin",
    kind: "file",
    strongId: strongIdOfLast(stream),
    size: 3 * CHUNK_BYTES + 7,
    mime: "",
  };
  const many = Array.from({ length: 2_500 }, (_, i) => file(`${i}.txt`));
  many.sort((a, b) => compareNames(a.name, b.name));
  return new Map([
    ["empty file", [buildInlineFile(new Uint8Array(0), { name: "", mime: "" })]],
    ["hello", [hello]],
    ["inline 65536", [buildInlineFile(vectorStream(65_536), { name: "", mime: "" })]],
    ["stream 65537", streamManifest(65_537)],
    ["stream 3 MiB + 7", stream],
    ["stream 64 MiB", streamManifest(64 * CHUNK_BYTES)],
    ["stream 70 MiB", streamManifest(70 * CHUNK_BYTES, "70.zip", "application/zip")],
    ["empty directory", directory()],
    ["nested directory", directory(streamEntry, inner, { ...inner, name: "\u{10000}" })],
    ["2,500 entries", directory(...many)],
  ]);
}

test("golden: the objects equal those of an independent implementation, byte for byte", () => {
  const trees = vectorTrees();
  expect(vectors.cases.length).toBe(trees.size);
  for (const expected of vectors.cases) {
    const objects = trees.get(expected.title) ?? [];
    const last = objects.at(-1);
    expect({
      title: expected.title,
      objects: objects.length,
      bytes: last?.bytes.length ?? 0,
      id: toHex(last?.id ?? new Uint8Array()),
      link: toBase32(last?.strongId ?? new Uint8Array()),
    }).toEqual(expected);
  }
});
