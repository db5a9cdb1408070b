import {
  decodeDirectoryEntries,
  decodeDirectoryPageRefs,
  type DirectoryEntry,
  encodeDirectoryEntries,
  encodeDirectoryPageRefs,
  findEntry,
  findPage,
  manifestFault,
  sizeOfEntries,
  strongIdOf,
} from "../../../src/content/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import type { CanonicalValue } from "../../../src/wire/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { syntheticEntry, withValueAt } from "../../support/manifests.ts";

const entries: readonly DirectoryEntry[] = [
  syntheticEntry("a.txt", 5),
  { name: "b", kind: "directory", strongId: strongIdOf(utf8("b")), size: 2 ** 40, mime: "" },
  syntheticEntry("ż", 0),
];
const encoded = encodeDirectoryEntries(entries) as readonly CanonicalValue[];

function faultWith(path: readonly number[], replacement: CanonicalValue): unknown {
  const values = withValueAt(encoded, path, replacement) as readonly CanonicalValue[];
  return decodeDirectoryEntries(values);
}

describe("directory entries", () => {
  test("round-trip", () => {
    expect(decodeDirectoryEntries(encoded)).toEqual(entries);
    expect(decodeDirectoryEntries([])).toEqual([]);
    expect(sizeOfEntries(entries)).toBe(2 ** 40 + 5);
  });

  test("an entry of the wrong shape is refused", () => {
    const shapes: [readonly number[], CanonicalValue][] = [
      [[0], 1],
      [[0], [...encoded[0] as CanonicalValue[], 0]],
      [[0, 0], 1],
      [[0, 1], 2],
      [[0, 1], "file"],
      [[0, 2], new Uint8Array(20)],
      [[0, 2], "id"],
      [[0, 3], 2n ** 60n],
      [[0, 3], "5"],
      [[0, 4], 0],
    ];
    for (const [path, replacement] of shapes) {
      expect(faultWith(path, replacement)).toBe(manifestFault("entry"));
    }
  });

  test("names that may not leave the network are refused at parse too", () => {
    for (const name of ["", ".", "..", "a/b", "/a", "a\\b", "a\0", "a\n", "x".repeat(256)]) {
      expect(faultWith([0, 0], name)).toBe(manifestFault("entry_name"));
    }
  });

  test("order and uniqueness go by UTF-8 bytes", () => {
    expect(faultWith([0, 0], "b")).toBe(manifestFault("entry_order"));
    expect(faultWith([0, 0], "c")).toBe(manifestFault("entry_order"));
    expect(faultWith([1, 0], "ž")).toBe(manifestFault("entry_order"));
    const astral = [syntheticEntry("\ufffd"), syntheticEntry("\u{10000}")];
    const values = encodeDirectoryEntries(astral) as readonly CanonicalValue[];
    expect(decodeDirectoryEntries(values)).toHaveLength(2);
    expect(decodeDirectoryEntries([...values].reverse())).toBe(manifestFault("entry_order"));
  });

  test("media types are checked, and a directory has none", () => {
    expect(faultWith([0, 4], "text/html\r\nX: y")).toBe(manifestFault("mime"));
    expect(faultWith([1, 4], "text/html")).toBe(manifestFault("stray_fields"));
  });

  test("an object lists at most 1,000", () => {
    const names = Array.from({ length: 1_001 }, (_, i) => syntheticEntry(String(10_000 + i)));
    const values = encodeDirectoryEntries(names) as readonly CanonicalValue[];
    expect(decodeDirectoryEntries(values.slice(1))).toHaveLength(1_000);
    expect(decodeDirectoryEntries(values)).toBe(manifestFault("entry_count"));
  });

  test("findEntry() finds each name and no other", () => {
    for (const entry of entries) expect(findEntry(entries, entry.name)).toBe(entry);
    for (const name of ["", "a", "a.txt2", "b\0", "z", "żż"]) {
      expect(findEntry(entries, name)).toBeUndefined();
    }
    expect(findEntry([], "a")).toBeUndefined();
  });
});

describe("directory page references", () => {
  const pages = ["b", "d", "f"].map((firstName) => ({
    firstName,
    strongId: strongIdOf(utf8(firstName)),
  }));
  const values = encodeDirectoryPageRefs(pages) as readonly CanonicalValue[];

  test("round-trip", () => {
    expect(decodeDirectoryPageRefs(values)).toEqual(pages);
  });

  test("shape, names, order and number are checked", () => {
    const decodeWith = (path: readonly number[], replacement: CanonicalValue) =>
      decodeDirectoryPageRefs(withValueAt(values, path, replacement) as readonly CanonicalValue[]);
    expect(decodeWith([0], [pages[0]?.firstName ?? ""])).toBe(manifestFault("entry"));
    expect(decodeWith([0, 1], new Uint8Array(31))).toBe(manifestFault("entry"));
    expect(decodeWith([0, 0], "..")).toBe(manifestFault("entry_name"));
    expect(decodeWith([0, 0], 4)).toBe(manifestFault("entry_name"));
    expect(decodeWith([0, 0], "d")).toBe(manifestFault("entry_order"));
    expect(decodeDirectoryPageRefs(values.slice(0, 1))).toBe(manifestFault("page_count"));
    const tooMany = new Array<CanonicalValue>(3_501).fill(0);
    expect(decodeDirectoryPageRefs(tooMany)).toBe(manifestFault("page_count"));
  });

  test("findPage() names the only page that can hold a name", () => {
    const found = ["a", "b", "c", "d", "e", "f", "z"].map((name) => findPage(pages, name));
    expect(found).toEqual([undefined, 0, 0, 1, 1, 2, 2]);
  });
});
