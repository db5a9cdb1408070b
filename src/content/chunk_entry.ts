import {
  asChunkId,
  asStrongId,
  type ChunkId,
  concatBytes,
  ID_BYTES,
  KEY_BYTES,
  type StrongId,
} from "../lib/mod.ts";
import type { CanonicalValue } from "../wire/mod.ts";
import { isManifestFault, type ManifestFault, manifestFault } from "./manifest_rule.ts";
import { CHUNK_BYTES, HASH_BYTES, sliceCount } from "./merkle.ts";

/** One chunk of a file, as its manifest lists it. */
export interface ChunkEntry {
  /** SHA-1 of the stored bytes: where to look. */
  readonly id: ChunkId;
  /** n × 32 bytes, one BEP 52 slice hash per 64 KiB: what proves the bytes. */
  readonly sliceHashes: Uint8Array;
  /** 1 … 1,048,576 bytes; only a file's last chunk is shorter than that. */
  readonly length: number;
}

/** Where a head finds one of its pages. */
export interface FilePageRef {
  /** SHA-1 of the page object: where to look. */
  readonly id: ChunkId;
  /** SHA-256 of the page object: what proves it. */
  readonly strongId: StrongId;
}

/** Chunks in one object: about 34 KB of hashes. */
export const CHUNKS_PER_OBJECT = 64;
/** As many references as fit an object of 1 MiB; 20,000 pages are 1.2 TiB. */
export const FILE_PAGES_MAX = 20_000;
/** The locating hash of a chunk. A second number would turn on another one, network-wide. */
const HASH_SHA1 = 1;
const PAGE_REF_BYTES = ID_BYTES + KEY_BYTES;

export function encodeChunkEntries(entries: readonly ChunkEntry[]): CanonicalValue {
  return entries.map((entry) => [HASH_SHA1, entry.id, entry.sliceHashes, entry.length]);
}

/** @param values an array of at most 64 entries, all chunks but the last of 1 MiB. */
export function decodeChunkEntries(
  values: readonly CanonicalValue[],
): readonly ChunkEntry[] | ManifestFault {
  if (values.length > CHUNKS_PER_OBJECT) return manifestFault("chunk_count");
  const entries: ChunkEntry[] = [];
  for (const value of values) {
    const entry = decodeChunkEntry(value, entries.length + 1 === values.length);
    if (isManifestFault(entry)) return entry;
    entries.push(entry);
  }
  return entries;
}

function decodeChunkEntry(value: CanonicalValue, isLast: boolean): ChunkEntry | ManifestFault {
  if (!Array.isArray(value) || value.length !== 4) return manifestFault("chunk_entry");
  const [algorithm, id, sliceHashes, length] = value as readonly CanonicalValue[];
  if (algorithm !== HASH_SHA1) return manifestFault("hash_algorithm");
  if (!(id instanceof Uint8Array) || id.length !== ID_BYTES) return manifestFault("chunk_entry");
  if (!(sliceHashes instanceof Uint8Array)) return manifestFault("chunk_entry");
  if (typeof length !== "number" || length < 1 || length > CHUNK_BYTES) {
    return manifestFault("chunk_length");
  }
  if (!isLast && length !== CHUNK_BYTES) return manifestFault("chunk_length");
  if (sliceHashes.length !== sliceCount(length) * HASH_BYTES) return manifestFault("slice_hashes");
  return { id: asChunkId(id), sliceHashes, length };
}

/** Bytes of the file that `entries` make up. */
export function lengthOfEntries(entries: readonly ChunkEntry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.length;
  return bytes;
}

/** n × 52 bytes: SHA-1 and SHA-256 of each page in order (protocol.md §9g). */
export function encodeFilePageRefs(pages: readonly FilePageRef[]): Uint8Array {
  return concatBytes(...pages.flatMap((page) => [page.id, page.strongId]));
}

export function decodeFilePageRefs(bytes: Uint8Array): readonly FilePageRef[] | ManifestFault {
  const count = bytes.length / PAGE_REF_BYTES;
  if (!Number.isInteger(count) || count > FILE_PAGES_MAX) return manifestFault("page_count");
  const pages: FilePageRef[] = [];
  for (let at = 0; at < bytes.length; at += PAGE_REF_BYTES) {
    pages.push({
      id: asChunkId(bytes.subarray(at, at + ID_BYTES)),
      strongId: asStrongId(bytes.subarray(at + ID_BYTES, at + PAGE_REF_BYTES)),
    });
  }
  return pages;
}
