import fc from "fast-check";
import {
  buildInlineFile,
  compareNames,
  decodeManifest,
  type DirectoryEntry,
  DirectoryManifestBuilder,
  encodeManifest,
  entryNameFault,
  findEntry,
  isManifestFault,
  type Manifest,
  mimeOfName,
  strongIdOf,
  verifySlice,
} from "../../src/content/mod.ts";
import { asStrongId, equalBytes, utf8 } from "../../src/lib/mod.ts";
import {
  type CanonicalValue,
  decodeCanonical,
  encodeCanonical,
  isDrop,
} from "../../src/wire/mod.ts";
import { describe, expect, test } from "../support/harness.ts";
import { streamManifest, syntheticEntry, withBitFlipped } from "../support/manifests.ts";
import { vectorStream } from "../support/vector_stream.ts";

const name = fc.string({ unit: "binary", minLength: 1, maxLength: 20 })
  .filter((text) => entryNameFault(text) === undefined);
const entry: fc.Arbitrary<DirectoryEntry> = fc.record({
  name,
  kind: fc.constantFrom("file" as const, "directory" as const),
  strongId: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(asStrongId),
  size: fc.nat(),
  mime: fc.constant(""),
});
const directory = fc.uniqueArray(entry, { maxLength: 30, selector: (item) => item.name })
  .map((entries) => entries.sort((a, b) => compareNames(a.name, b.name)));

function directoryBytes(entries: readonly DirectoryEntry[]): Uint8Array {
  const builder = new DirectoryManifestBuilder();
  for (const item of entries) builder.add(item);
  return builder.finish()[0]?.bytes ?? new Uint8Array();
}

const SAMPLES: readonly Uint8Array[] = [
  buildInlineFile(utf8("hello"), { name: "a.txt", mime: mimeOfName("a.txt") }).bytes,
  ...streamManifest(200_000, "b.bin").map((object) => object.bytes),
  ...streamManifest(65 * 2 ** 20).map((object) => object.bytes),
  directoryBytes(["a", "b", "c"].map((item) => syntheticEntry(item))),
];

/** The law of a decoder: a fault, or a manifest that is written as the very same bytes. */
function expectLawful(bytes: Uint8Array): Manifest | undefined {
  const decoded = decodeManifest(bytes);
  if (isManifestFault(decoded)) return undefined;
  expect(equalBytes(encodeManifest(decoded), bytes)).toBe(true);
  return decoded;
}

/** One value of an object, anywhere in it, exchanged for another. */
function mutateValue(value: CanonicalValue, picks: readonly number[], other: CanonicalValue) {
  const [pick, ...rest] = picks;
  if (pick === undefined || !Array.isArray(value) || value.length === 0) return other;
  const items = [...value as readonly CanonicalValue[]];
  const index = pick % items.length;
  items[index] = mutateValue(items[index] ?? 0, rest, other);
  return items;
}

describe("manifests", () => {
  test("law: directories round-trip and every name is found", () => {
    fc.assert(fc.property(directory, (entries) => {
      const decoded = expectLawful(directoryBytes(entries));
      if (decoded?.kind !== "directory") throw new Error("not a directory");
      expect(decoded.entries).toEqual(entries);
      for (const item of entries) expect(findEntry(decoded.entries, item.name)).toEqual(item);
    }));
  });

  test("law: inline files round-trip", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), name, (contents, label) => {
      const object = buildInlineFile(contents, { name: label, mime: "" });
      const decoded = expectLawful(object.bytes);
      if (decoded?.kind !== "inline_file") throw new Error("not an inline file");
      expect(decoded.contents).toEqual(contents);
      expect(object.strongId).toEqual(strongIdOf(object.bytes));
    }));
  });

  test("hostile: any bytes decode to a fault or a lawful manifest", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expectLawful(bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  test("hostile: a flipped bit anywhere never throws", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLES),
        fc.array(fc.nat(), { maxLength: 3 }),
        (sample, bits) => {
          let bytes = sample;
          for (const bit of bits) bytes = withBitFlipped(bytes, bit % (8 * bytes.length));
          expectLawful(bytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("hostile: a truncated object is refused", () => {
    fc.assert(fc.property(fc.constantFrom(...SAMPLES), fc.nat(), (sample, cut) => {
      expect(isManifestFault(decodeManifest(sample.subarray(0, cut % sample.length)))).toBe(true);
    }));
  });

  test("hostile: any value put in the place of any other never throws", () => {
    const others = fc.oneof(
      fc.nat(),
      fc.maxSafeNat(),
      fc.bigInt(2n ** 53n, 2n ** 64n - 1n),
      fc.string({ unit: "grapheme" }),
      fc.uint8Array({ maxLength: 64 }),
      fc.constant([] as CanonicalValue),
      fc.constantFrom(0, 1, 2, 3, 32, 52, 64, 65_536, 2 ** 20, "", "..", new Uint8Array(32)),
    );
    const picks = fc.array(fc.nat(), { minLength: 1, maxLength: 3 });
    const limits = { bytesMax: 2 ** 20, depthMax: 8, valuesMax: 100_000 };
    let lawful = 0;
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLES), picks, others, (sample, path, other) => {
        const value = decodeCanonical(sample, limits);
        if (isDrop(value)) throw new Error("a sample does not decode");
        if (expectLawful(encodeCanonical(mutateValue(value, path, other))) !== undefined) lawful++;
      }),
      { numRuns: 2_000 },
    );
    expect(lawful).toBeLessThan(1_000); // nearly every exchange breaks a rule
  });

  test("hostile: the costliest objects take a bounded time", () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `${1_000 + i}${"ż".repeat(125)}`);
    const full = directoryBytes(names.map((item) => syntheticEntry(item)));
    const chunked = streamManifest(64 * 2 ** 20)[0]?.bytes ?? full;
    const zeros = new Uint8Array(2 ** 20);
    zeros.set([0xdd, 0, 0x0f, 0xff, 0xfb]);
    const deep = new Uint8Array(2 ** 20).fill(0x91);
    for (const bytes of [full, chunked, zeros, deep, new Uint8Array(2 ** 20).fill(0xdd)]) {
      // The best of ten: other work on the machine must not make this fail.
      const times = Array.from({ length: 10 }, () => {
        const started = performance.now();
        decodeManifest(bytes);
        return performance.now() - started;
      });
      expect(Math.min(...times)).toBeLessThan(20); // about 1 ms on an idle machine
    }
  });
});

describe("slices", () => {
  test("law: a slice is proven at its own place only, whatever the other bytes", () => {
    const contents = vectorStream(200_000);
    const [manifest] = streamManifest(200_000);
    const decoded = decodeManifest(manifest?.bytes ?? contents);
    if (isManifestFault(decoded) || decoded.kind !== "chunked_file") throw new Error("no chunks");
    const hashes = decoded.chunks[0]?.sliceHashes ?? new Uint8Array();
    fc.assert(fc.property(fc.nat(3), fc.nat(3), fc.nat(), (slice, place, bit) => {
      const bytes = contents.slice(slice * 65_536, (slice + 1) * 65_536);
      expect(verifySlice(bytes, hashes, place)).toBe(slice === place);
      expect(verifySlice(withBitFlipped(bytes, bit % (8 * bytes.length)), hashes, place)).toBe(
        false,
      );
    }));
  });
});
