import { asStrongId, KEY_BYTES, type StrongId } from "../lib/mod.ts";
import type { CanonicalValue } from "../wire/mod.ts";
import { compareNames, entryNameFault } from "./entry_name.ts";
import { isManifestFault, type ManifestFault, manifestFault } from "./manifest_rule.ts";
import { isMime } from "./mime.ts";

/** One name in a directory (protocol.md §9h). */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: "file" | "directory";
  readonly strongId: StrongId;
  /** Bytes of the file, or of all files below the directory. */
  readonly size: number;
  /** Empty for a directory and for a file of unknown type. */
  readonly mime: string;
}

/** Where a head finds one of its pages. */
export interface DirectoryPageRef {
  readonly firstName: string;
  readonly strongId: StrongId;
}

/** Entries in one object: with the longest names and types still under 600 KB. */
export const ENTRIES_PER_OBJECT = 1_000;
/** As many references as fit an object of 1 MiB with names of 255 bytes: 3.5 million entries. */
export const DIRECTORY_PAGES_MAX = 3_500;
/** Directories within directories, so also the segments of a path below a manifest. */
export const DIRECTORY_DEPTH_MAX = 16;

const KINDS = ["file", "directory"] as const;

export function encodeDirectoryEntries(entries: readonly DirectoryEntry[]): CanonicalValue {
  return entries.map((entry) => [
    entry.name,
    KINDS.indexOf(entry.kind),
    entry.strongId,
    entry.size,
    entry.mime,
  ]);
}

/** @param values an array of at most 1,000 entries in the order of their names' UTF-8 bytes. */
export function decodeDirectoryEntries(
  values: readonly CanonicalValue[],
): readonly DirectoryEntry[] | ManifestFault {
  if (values.length > ENTRIES_PER_OBJECT) return manifestFault("entry_count");
  const entries: DirectoryEntry[] = [];
  let previous: string | undefined;
  for (const value of values) {
    const entry = decodeDirectoryEntry(value);
    if (isManifestFault(entry)) return entry;
    if (previous !== undefined && compareNames(previous, entry.name) >= 0) {
      return manifestFault("entry_order");
    }
    previous = entry.name;
    entries.push(entry);
  }
  return entries;
}

function decodeDirectoryEntry(value: CanonicalValue): DirectoryEntry | ManifestFault {
  if (!Array.isArray(value) || value.length !== 5) return manifestFault("entry");
  const [name, kindNumber, strongId, size, mime] = value as readonly CanonicalValue[];
  if (typeof name !== "string" || typeof mime !== "string") return manifestFault("entry");
  if (entryNameFault(name) !== undefined) return manifestFault("entry_name");
  const kind = typeof kindNumber === "number" ? KINDS[kindNumber] : undefined;
  if (kind === undefined || typeof size !== "number") return manifestFault("entry");
  if (!(strongId instanceof Uint8Array) || strongId.length !== KEY_BYTES) {
    return manifestFault("entry");
  }
  if (!isMime(mime)) return manifestFault("mime");
  if (kind === "directory" && mime !== "") return manifestFault("stray_fields");
  return { name, kind, strongId: asStrongId(strongId), size, mime };
}

/** Bytes of all files below `entries`; may leave the range of safe integers. */
export function sizeOfEntries(entries: readonly DirectoryEntry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.size;
  return bytes;
}

export function encodeDirectoryPageRefs(pages: readonly DirectoryPageRef[]): CanonicalValue {
  return pages.map((page) => [page.firstName, page.strongId]);
}

export function decodeDirectoryPageRefs(
  values: readonly CanonicalValue[],
): readonly DirectoryPageRef[] | ManifestFault {
  if (values.length < 2 || values.length > DIRECTORY_PAGES_MAX) return manifestFault("page_count");
  const pages: DirectoryPageRef[] = [];
  let previous: string | undefined;
  for (const value of values) {
    if (!Array.isArray(value) || value.length !== 2) return manifestFault("entry");
    const [firstName, strongId] = value as readonly CanonicalValue[];
    if (typeof firstName !== "string" || entryNameFault(firstName) !== undefined) {
      return manifestFault("entry_name");
    }
    if (!(strongId instanceof Uint8Array) || strongId.length !== KEY_BYTES) {
      return manifestFault("entry");
    }
    if (previous !== undefined && compareNames(previous, firstName) >= 0) {
      return manifestFault("entry_order");
    }
    previous = firstName;
    pages.push({ firstName, strongId: asStrongId(strongId) });
  }
  return pages;
}

/** The entry called `name`, by binary search. */
export function findEntry(
  entries: readonly DirectoryEntry[],
  name: string,
): DirectoryEntry | undefined {
  const found = entries[lastAtMost(entries, (entry) => compareNames(entry.name, name))];
  return found?.name === name ? found : undefined;
}

/** Number of the only page that can hold `name`; undefined if it comes before the first. */
export function findPage(pages: readonly DirectoryPageRef[], name: string): number | undefined {
  const index = lastAtMost(pages, (page) => compareNames(page.firstName, name));
  return index < 0 ? undefined : index;
}

/** Index of the last item that `compare` puts at or before the wanted one, -1 if none is. */
function lastAtMost<T>(items: readonly T[], compare: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(items[middle] as T) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
