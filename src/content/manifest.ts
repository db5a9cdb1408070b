import { type ChunkEntry, CHUNKS_PER_OBJECT, type FilePageRef } from "./chunk_entry.ts";
import { type DirectoryEntry, type DirectoryPageRef, ENTRIES_PER_OBJECT } from "./directory.ts";
import { compareNames } from "./entry_name.ts";
import { type ManifestFault, manifestFault } from "./manifest_rule.ts";
import { CHUNK_BYTES, SLICE_BYTES } from "./merkle.ts";

/** One manifest object (protocol.md §9g), decoded. Byte fields may be views into the object. */
export type Manifest =
  | InlineFile
  | ChunkedFile
  | FileHead
  | FilePage
  | Directory
  | DirectoryHead
  | DirectoryPage;

interface FileFields {
  readonly size: number;
  /** Publisher's media type; may be empty. */
  readonly mime: string;
  /** Original file name; may be empty. */
  readonly name: string;
}

/** A file of at most 64 KiB, whole in its manifest. */
export interface InlineFile extends FileFields {
  readonly kind: "inline_file";
  readonly contents: Uint8Array;
  /** undefined for zero bytes. Proven by the contents. */
  readonly fileRoot: Uint8Array | undefined;
}

/** A file of at most 64 chunks. */
export interface ChunkedFile extends FileFields {
  readonly kind: "chunked_file";
  readonly chunks: readonly ChunkEntry[];
  /** Proven by the slice hashes. */
  readonly fileRoot: Uint8Array;
}

/** A longer file: its chunks stand in pages of 64. */
export interface FileHead extends FileFields {
  readonly kind: "file_head";
  readonly pages: readonly FilePageRef[];
  /** The publisher's word: all the pages would be needed to prove it. */
  readonly fileRoot: Uint8Array;
}

export interface FilePage {
  readonly kind: "file_page";
  readonly size: number;
  readonly chunks: readonly ChunkEntry[];
}

/** A directory of at most 1,000 entries. `size` is the sum over them. */
export interface Directory {
  readonly kind: "directory";
  readonly size: number;
  readonly entries: readonly DirectoryEntry[];
}

/** A larger directory: its entries stand in pages of 1,000. */
export interface DirectoryHead {
  readonly kind: "directory_head";
  readonly size: number;
  readonly pages: readonly DirectoryPageRef[];
}

export interface DirectoryPage {
  readonly kind: "directory_page";
  readonly size: number;
  readonly entries: readonly DirectoryEntry[];
}

/** A manifest object is itself a chunk. */
export const MANIFEST_BYTES_MAX = CHUNK_BYTES;
/** Files up to this size are stored in their manifest: 64 KiB. */
export const INLINE_BYTES_MAX = SLICE_BYTES;

/** What a head says of its page `index` (0 …) against the page itself.
 * @returns a fault unless the page is the one that belongs there. */
export function checkFilePage(
  head: FileHead,
  index: number,
  page: Manifest,
): FilePage | ManifestFault {
  const pageBytes = CHUNKS_PER_OBJECT * CHUNK_BYTES;
  const expected = Math.min(pageBytes, head.size - index * pageBytes);
  if (page.kind !== "file_page" || page.size !== expected) return manifestFault("page_mismatch");
  return page;
}

/** As checkFilePage, for directories: all pages but the last are full, names lie between the first
 * names of this page and the next. */
export function checkDirectoryPage(
  head: DirectoryHead,
  index: number,
  page: Manifest,
): DirectoryPage | ManifestFault {
  const fault = manifestFault("page_mismatch");
  if (page.kind !== "directory_page" || page.size > head.size) return fault;
  if (page.entries[0]?.name !== head.pages[index]?.firstName) return fault;
  const next = head.pages[index + 1];
  if (next === undefined) return page;
  const last = page.entries[ENTRIES_PER_OBJECT - 1];
  return last === undefined || compareNames(last.name, next.firstName) >= 0 ? fault : page;
}
