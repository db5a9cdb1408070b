import {
  type ChunkEntry,
  CHUNKS_PER_OBJECT,
  decodeChunkEntries,
  decodeFilePageRefs,
  encodeChunkEntries,
  encodeFilePageRefs,
  lengthOfEntries,
  locatorOf,
  manifestFault,
  strongIdOf,
} from "../../../src/content/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import type { CanonicalValue } from "../../../src/wire/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { syntheticChunk, withValueAt } from "../../support/manifests.ts";

const entries = [syntheticChunk(1), syntheticChunk(2), syntheticChunk(3, 65_537)];
const encoded = encodeChunkEntries(entries) as readonly CanonicalValue[];

function faultWith(path: readonly number[], replacement: CanonicalValue): unknown {
  return decodeChunkEntries(withValueAt(encoded, path, replacement) as readonly CanonicalValue[]);
}

describe("chunk entries", () => {
  test("round-trip", () => {
    expect(decodeChunkEntries(encoded)).toEqual(entries);
    expect(lengthOfEntries(entries)).toBe(2 * 2 ** 20 + 65_537);
  });

  test("an entry of the wrong shape is refused", () => {
    const shapes: [readonly number[], CanonicalValue][] = [
      [[0], 7],
      [[0], []],
      [[0], [...encoded[0] as CanonicalValue[], 0]],
      [[0, 1], "id"],
      [[0, 1], new Uint8Array(19)],
      [[0, 1], new Uint8Array(32)],
      [[0, 2], 5],
    ];
    for (const [path, replacement] of shapes) {
      expect(faultWith(path, replacement)).toBe(manifestFault("chunk_entry"));
    }
  });

  test("only SHA-1 locates", () => {
    for (const algorithm of [0, 2, 255, "1"]) {
      expect(faultWith([1, 0], algorithm)).toBe(manifestFault("hash_algorithm"));
    }
  });

  test("all chunks but the last have 1 MiB, and the last not more", () => {
    for (const length of [0, 1, 2 ** 20 - 1, 2 ** 20 + 1, "5", 2n ** 60n]) {
      expect(faultWith([0, 3], length)).toBe(manifestFault("chunk_length"));
    }
    for (const length of [0, 2 ** 20 + 1]) {
      expect(faultWith([2, 3], length)).toBe(manifestFault("chunk_length"));
    }
  });

  test("there is one slice hash for every 64 KiB begun", () => {
    for (const [entry, count] of [[0, 15], [0, 17], [2, 1], [2, 3], [2, 0]] as const) {
      const hashes = new Uint8Array(32 * count);
      expect(faultWith([entry, 2], hashes)).toBe(manifestFault("slice_hashes"));
    }
    expect(faultWith([0, 2], new Uint8Array(32 * 16 + 1))).toBe(manifestFault("slice_hashes"));
    expect(faultWith([2, 3], 131_073)).toBe(manifestFault("slice_hashes"));
    expect(faultWith([2, 3], 131_072)).toHaveLength(3);
  });

  test("an object lists at most 64", () => {
    const many = new Array<ChunkEntry>(CHUNKS_PER_OBJECT).fill(syntheticChunk(4));
    const values = encodeChunkEntries(many) as readonly CanonicalValue[];
    expect(decodeChunkEntries(values)).toHaveLength(64);
    expect(decodeChunkEntries([...values, ...values])).toBe(manifestFault("chunk_count"));
  });
});

describe("file page references", () => {
  const pages = [1, 2, 3].map((i) => {
    const strongId = strongIdOf(utf8(`page ${i}`));
    return { id: locatorOf(strongId), strongId };
  });

  test("round-trip in 52 bytes each", () => {
    const bytes = encodeFilePageRefs(pages);
    expect(bytes.length).toBe(3 * 52);
    expect(decodeFilePageRefs(bytes)).toEqual(pages);
  });

  test("a broken length and too many are refused", () => {
    expect(decodeFilePageRefs(new Uint8Array(53))).toBe(manifestFault("page_count"));
    expect(decodeFilePageRefs(new Uint8Array(52 * 20_001))).toBe(manifestFault("page_count"));
    expect(decodeFilePageRefs(new Uint8Array(52 * 20_000))).toHaveLength(20_000);
  });
});
