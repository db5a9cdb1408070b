import {
  buildInlineFile,
  CHUNK_BYTES,
  chunkEntryOf,
  CHUNKS_PER_OBJECT,
  decodeManifest,
  DirectoryManifestBuilder,
  FileManifestBuilder,
  isManifestFault,
  locatorOf,
  type ManifestObject,
} from "../../../../src/content/mod.ts";
import { toHex, utf8 } from "../../../../src/lib/mod.ts";
import { partsOf } from "../../../../src/node/publish/manifest_parts.ts";
import { expect, test } from "../../../support/harness.ts";

const LABEL = { name: "a", mime: "" };

function partsOfObject({ bytes }: ManifestObject) {
  const manifest = decodeManifest(bytes);
  if (isManifestFault(manifest)) throw new Error("no manifest");
  const { chunks, manifests } = partsOf(manifest);
  return { kind: manifest.kind, chunks: chunks.map(toHex), manifests: manifests.map(toHex) };
}

/** A file of `count` times the same chunk: its pages, if any, and what stands for it. */
function fileOf(count: number) {
  const builder = new FileManifestBuilder(LABEL);
  const entry = chunkEntryOf(new Uint8Array(CHUNK_BYTES));
  const objects: ManifestObject[] = [];
  for (let n = 0; n < count; n++) {
    const page = builder.add(entry);
    if (page !== undefined) objects.push(page);
  }
  return { id: toHex(entry.id), objects: [...objects, ...builder.finish()].map(withParts) };
}

const withParts = (object: ManifestObject) => ({ object, parts: partsOfObject(object) });

test("a file's chunks are named by it, a long file's by its pages", () => {
  const short = fileOf(2);
  expect(short.objects.map(({ parts }) => parts)).toEqual([
    { kind: "chunked_file", chunks: [short.id, short.id], manifests: [] },
  ]);
  const long = fileOf(CHUNKS_PER_OBJECT + 1);
  const head = long.objects.at(-1);
  const pages = long.objects.slice(0, -1);
  expect(pages.map(({ parts }) => parts.kind)).toEqual(["file_page", "file_page"]);
  expect(pages.flatMap(({ parts }) => parts.chunks)).toHaveLength(CHUNKS_PER_OBJECT + 1);
  expect(head?.parts).toEqual({
    kind: "file_head",
    chunks: [],
    manifests: pages.map(({ object }) => toHex(object.id)),
  });
});

test("a directory names what its entries name, a large one its pages", () => {
  const small = buildInlineFile(utf8("x"), LABEL);
  expect(partsOfObject(small)).toEqual({ kind: "inline_file", chunks: [], manifests: [] });
  const objectsOf = (count: number) => {
    const builder = new DirectoryManifestBuilder();
    const objects: ManifestObject[] = [];
    for (let n = 0; n < count; n++) {
      const name = String(n).padStart(5, "0");
      const entry = { name, kind: "file", strongId: small.strongId, size: 1, mime: "" } as const;
      const page = builder.add(entry);
      if (page !== undefined) objects.push(page);
    }
    return [...objects, ...builder.finish()].map(withParts);
  };
  const named = toHex(locatorOf(small.strongId));
  expect(objectsOf(1).map(({ parts }) => parts)).toEqual([
    { kind: "directory", chunks: [], manifests: [named] },
  ]);
  const large = objectsOf(1_001);
  const pages = large.slice(0, -1);
  expect(pages.map(({ parts }) => [parts.kind, parts.manifests.length])).toEqual([
    ["directory_page", 1_000],
    ["directory_page", 1],
  ]);
  expect(large.at(-1)?.parts).toEqual({
    kind: "directory_head",
    chunks: [],
    manifests: pages.map(({ object }) => toHex(locatorOf(object.strongId))),
  });
  expect(partsOf(undefined)).toEqual({ chunks: [], manifests: [] });
});
