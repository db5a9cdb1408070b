import {
  type ChunkEntry,
  chunkEntryOf,
  type DirectoryEntry,
  FileManifestBuilder,
  type ManifestObject,
  strongIdOf,
} from "../../src/content/mod.ts";
import { asChunkId, concatBytes, SeededRandom, utf8 } from "../../src/lib/mod.ts";
import type { CanonicalValue } from "../../src/wire/mod.ts";
import { vectorStream } from "./vector_stream.ts";

/** An entry that fits `length` bytes and describes none, for files too long to make. */
export function syntheticChunk(seed: number, length = 2 ** 20): ChunkEntry {
  const random = new SeededRandom(seed);
  const id = new Uint8Array(20);
  const sliceHashes = new Uint8Array(32 * Math.ceil(length / 65_536));
  random.fill(id);
  random.fill(sliceHashes);
  return { id: asChunkId(id), sliceHashes, length };
}

/** A directory entry of any name, for an object that nobody has. */
export function syntheticEntry(name: string, size = 1): DirectoryEntry {
  return { name, kind: "file", strongId: strongIdOf(utf8(name)), size, mime: "text/plain" };
}

/** All objects of a file of the first `bytes` bytes of the vector stream, its manifest last. */
export function streamManifest(bytes: number, name = "", mime = ""): readonly ManifestObject[] {
  const contents = vectorStream(bytes);
  const builder = new FileManifestBuilder({ name, mime });
  const objects: ManifestObject[] = [];
  for (let at = 0; at < bytes; at += 2 ** 20) {
    const page = builder.add(chunkEntryOf(contents.subarray(at, at + 2 ** 20)));
    if (page !== undefined) objects.push(page);
  }
  return [...objects, ...builder.finish()];
}

/** A copy of a decoded canonical value with what lies at `path` replaced. */
export function withValueAt(
  value: CanonicalValue,
  path: readonly number[],
  replacement: CanonicalValue,
): CanonicalValue {
  const [index, ...rest] = path;
  if (index === undefined) return replacement;
  const items = [...value as readonly CanonicalValue[]];
  items[index] = withValueAt(items[index] ?? 0, rest, replacement);
  return items;
}

/** A copy of `bytes` with bit `bit` of all its bits flipped. */
export function withBitFlipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = concatBytes(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
