import {
  buildInlineFile,
  chunkEntryOf,
  decodeManifest,
  describeFault,
  type Directory,
  encodeManifest,
  type InlineFile,
  isManifestFault,
  type Manifest,
  manifestFault,
  type ManifestRule,
} from "../../../src/content/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { type CanonicalValue, decodeCanonical, encodeCanonical } from "../../../src/wire/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import {
  streamManifest,
  syntheticChunk,
  syntheticEntry,
  withValueAt,
} from "../../support/manifests.ts";
import { vectorStream } from "../../support/vector_stream.ts";

const VERSION = 0, KIND = 1, SIZE = 2, CHUNK_SIZE = 3, BODY = 4, ENC = 5, ROOT = 6, MIME = 7;
const NAME = 8;

const inline = buildInlineFile(utf8("hello"), { name: "a.txt", mime: "text/plain" }).bytes;
const chunked = streamManifest(2 ** 20 + 5, "b.bin")[0]?.bytes ?? inline;
const directory = encodeManifest(directoryOf("a", "b"));
const [page, , head] = streamManifest(65 * 2 ** 20).map((object) => object.bytes);

function directoryOf(...names: readonly string[]): Directory {
  const entries = names.map((name) => syntheticEntry(name));
  return { kind: "directory", size: names.length, entries };
}

function ruleBroken(
  bytes: Uint8Array | undefined,
  path: readonly number[],
  replacement: CanonicalValue,
): ManifestRule | undefined {
  const limits = { bytesMax: 2 ** 20, depthMax: 8, valuesMax: 100_000 };
  const value = decodeCanonical(bytes ?? new Uint8Array(), limits) as CanonicalValue;
  const result = decodeManifest(encodeCanonical(withValueAt(value, path, replacement)));
  return isManifestFault(result) ? result.fault : undefined;
}

describe("decodeManifest()", () => {
  test("reads what encodeManifest() wrote, of every kind", () => {
    const kinds: string[] = [];
    for (const bytes of [inline, chunked, directory, page, head]) {
      const manifest = decodeManifest(bytes ?? inline) as Manifest;
      expect(encodeManifest(manifest)).toEqual(bytes ?? inline);
      kinds.push(manifest.kind);
    }
    expect(kinds).toEqual(["inline_file", "chunked_file", "directory", "file_page", "file_head"]);
  });

  test("each rule of the envelope is checked", () => {
    const broken: [ManifestRule, readonly number[], CanonicalValue][] = [
      ["version", [VERSION], 0],
      ["version", [VERSION], 2],
      ["kind", [KIND], 4],
      ["kind", [KIND], "file"],
      ["size", [SIZE], 2n ** 53n],
      ["chunk_size", [CHUNK_SIZE], 2 ** 22],
      ["encryption", [ENC], [1, 0, new Uint8Array(0)]],
      ["encryption", [ENC], [0, 1, new Uint8Array(0)]],
      ["encryption", [ENC], [0, 0, new Uint8Array(1)]],
      ["encryption", [ENC], [0, 0, ""]],
      ["encryption", [ENC], [0, 0]],
      ["encryption", [ENC], 0],
      ["file_root", [ROOT], new Uint8Array(31)],
      ["file_root", [ROOT], "root"],
      ["mime", [MIME], "text"],
      ["mime", [MIME], 0],
      ["name", [NAME], "../x"],
      ["name", [NAME], 0],
      ["shape", [], []],
      ["shape", [], 5],
      ["shape", [], new Array<number>(10).fill(0)],
    ];
    for (const [rule, path, replacement] of broken) {
      expect([rule, ruleBroken(inline, path, replacement)]).toEqual([rule, rule]);
    }
  });

  test("an inline file is its own proof", () => {
    expect(ruleBroken(inline, [BODY], utf8("hellO"))).toBe("file_root_mismatch");
    expect(ruleBroken(inline, [BODY], utf8("hell"))).toBe("inline_size");
    expect(ruleBroken(inline, [SIZE], 6)).toBe("inline_size");
    expect(ruleBroken(inline, [ROOT], new Uint8Array(0))).toBe("file_root_mismatch");
    expect(ruleBroken(inline, [BODY], new Uint8Array(65_537))).toBe("body");
    expect(ruleBroken(inline, [BODY], "hello")).toBe("body");
    expect(ruleBroken(inline, [NAME], "")).toBeUndefined();
  });

  test("a zero-byte file has no root", () => {
    const empty = buildInlineFile(new Uint8Array(0), { name: "", mime: "" });
    expect((decodeManifest(empty.bytes) as InlineFile).fileRoot).toBeUndefined();
    expect(ruleBroken(empty.bytes, [ROOT], new Uint8Array(32))).toBe("file_root_mismatch");
  });

  test("a chunk list fits its size, and its hashes make the root", () => {
    expect(ruleBroken(chunked, [SIZE], 2 ** 20 + 6)).toBe("chunk_count");
    expect(ruleBroken(chunked, [SIZE], 65_536)).toBe("should_be_inline");
    expect(ruleBroken(chunked, [BODY], [])).toBe("chunk_count");
    expect(ruleBroken(chunked, [BODY, 0, 0], 2)).toBe("hash_algorithm");
    expect(ruleBroken(chunked, [BODY, 0, 2], new Uint8Array(512))).toBe("file_root_mismatch");
    expect(ruleBroken(chunked, [ROOT], new Uint8Array(32))).toBe("file_root_mismatch");
    expect(ruleBroken(chunked, [ROOT], new Uint8Array(0))).toBe("file_root_mismatch");
  });

  test("a head has as many pages as its size needs, and a root", () => {
    expect(ruleBroken(head, [SIZE], 64 * 2 ** 20)).toBe("page_count");
    expect(ruleBroken(head, [SIZE], 128 * 2 ** 20 + 1)).toBe("page_count");
    expect(ruleBroken(head, [SIZE], 128 * 2 ** 20)).toBeUndefined();
    expect(ruleBroken(head, [BODY], new Uint8Array(52))).toBe("page_count");
    expect(ruleBroken(head, [BODY], new Uint8Array(105))).toBe("page_count");
    expect(ruleBroken(head, [ROOT], new Uint8Array(0))).toBe("file_root");
  });

  test("a page's size is the sum of its chunks, and nothing else is said there", () => {
    expect(ruleBroken(page, [SIZE], 64 * 2 ** 20 - 1)).toBe("chunk_count");
    expect(ruleBroken(page, [BODY], [])).toBe("body");
    expect(ruleBroken(page, [BODY], new Uint8Array(5))).toBe("body");
    for (
      const [field, value] of [[ROOT, new Uint8Array(32)], [MIME, "a/b"], [NAME, "a"]] as const
    ) {
      expect(ruleBroken(page, [field], value)).toBe("stray_fields");
      expect(ruleBroken(directory, [field], value)).toBe("stray_fields");
    }
  });

  test("a directory's size is the sum of its entries", () => {
    expect(ruleBroken(directory, [SIZE], 3)).toBe("size");
    expect(ruleBroken(directory, [BODY, 0, 3], 2)).toBe("size");
    expect(ruleBroken(directory, [BODY, 0, 0], "b")).toBe("entry_order");
    expect(ruleBroken(directory, [BODY, 0, 0], "..")).toBe("entry_name");
    expect(ruleBroken(directory, [BODY], new Uint8Array(0))).toBe("body");
    expect(ruleBroken(directory, [KIND], 3)).toBe("entry");
    const huge = [2 ** 53 - 1, 2 ** 53 - 1].map((size, i) => syntheticEntry(`${i}`, size));
    expect(() => encodeManifest({ kind: "directory", size: 2 ** 53 - 1, entries: huge })).toThrow();
  });

  test("an object above 1 MiB, or that is not canonical, is refused", () => {
    expect(decodeManifest(new Uint8Array(2 ** 20 + 1))).toBe(manifestFault("too_large"));
    expect(decodeManifest(Uint8Array.of(...inline, 0))).toBe(manifestFault("not_canonical"));
    expect(decodeManifest(vectorStream(2 ** 20))).toBe(manifestFault("not_canonical"));
  });

  test("a megabyte of small values stops early", () => {
    const bytes = new Uint8Array(2 ** 20).fill(0);
    bytes.set([0xdd, 0, 0x0f, 0xff, 0xfb]); // an array of 2^20 - 5 zeros
    expect(decodeManifest(bytes)).toBe(manifestFault("not_canonical"));
  });
});

describe("encodeManifest()", () => {
  test("does not write what decodeManifest() would not read, and says why", () => {
    const chunk = syntheticChunk(1, 70_000);
    const root = chunkEntryOf(vectorStream(70_000)).sliceHashes.subarray(0, 32);
    const label = { name: "", mime: "" };
    const wrong: [Manifest, ManifestRule][] = [
      [directoryOf("b", "a"), "entry_order"],
      [directoryOf("a", "a"), "entry_order"],
      [directoryOf("a/b"), "entry_name"],
      [{ ...directoryOf("a"), size: 9 }, "size"],
      [{ kind: "file_page", size: 70_000, chunks: [] }, "body"],
      [
        { kind: "chunked_file", size: 70_000, chunks: [chunk], fileRoot: root, ...label },
        "file_root_mismatch",
      ],
      [{ kind: "file_head", size: 5, pages: [], fileRoot: root, ...label }, "page_count"],
    ];
    for (const [manifest, rule] of wrong) {
      expect(() => encodeManifest(manifest)).toThrow(describeFault(manifestFault(rule)));
    }
  });
});
