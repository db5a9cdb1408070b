import { type StrongId, toBase32, toHex } from "../lib/mod.ts";

/** The same URL gives the same bytes for ever. */
export const IMMUTABLE = "public, max-age=31536000, immutable";
/** A page that this program draws: the next release may draw it better. */
export const GENERATED = "public, max-age=604800, stale-while-revalidate=2678400";

/** SHA-256 of nothing: stands for the file root that a zero-byte file lacks. */
export const EMPTY_FILE_TAG = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The hash inside a file's ETag: the same file under two manifests has the same. */
export function fileTag(fileRoot: Uint8Array | undefined): string {
  return fileRoot === undefined ? EMPTY_FILE_TAG : toHex(fileRoot);
}

/** ETag of a directory's index.html. */
export function directoryTag(id: StrongId): string {
  return `"${toBase32(id)}"`;
}

/** ETag of an object in another form than its own. */
export function formatTag(id: StrongId, form: string): string {
  return `"${toBase32(id)}.${form}"`;
}

/** ETag of an archive: weak, for one is made anew each time. */
export function archiveTag(id: StrongId): string {
  return `W/${formatTag(id, "x-tar")}`;
}

/** ETag of a generated listing. @param page from 1. */
export function listingTag(id: StrongId, templateHash: string, page: number): string {
  return `"DirIndex-${templateHash}_${toBase32(id)}${page === 1 ? "" : `.p${page}`}"`;
}

/** FNV-1a, 32 bit, as 8 hex digits: tells templates apart, protects nothing. */
export function templateHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
