import { equalBytes } from "../lib/mod.ts";
import {
  type CanonicalLimits,
  type CanonicalValue,
  decodeCanonical,
  encodeCanonical,
  isDrop,
} from "../wire/mod.ts";
import {
  CHUNKS_PER_OBJECT,
  decodeChunkEntries,
  decodeFilePageRefs,
  encodeChunkEntries,
  encodeFilePageRefs,
  lengthOfEntries,
} from "./chunk_entry.ts";
import {
  decodeDirectoryEntries,
  decodeDirectoryPageRefs,
  type DirectoryEntry,
  encodeDirectoryEntries,
  encodeDirectoryPageRefs,
  sizeOfEntries,
} from "./directory.ts";
import { entryNameFault } from "./entry_name.ts";
import {
  type ChunkedFile,
  type Directory,
  type DirectoryHead,
  type DirectoryPage,
  type FileHead,
  type FilePage,
  INLINE_BYTES_MAX,
  type InlineFile,
  type Manifest,
  MANIFEST_BYTES_MAX,
} from "./manifest.ts";
import {
  describeFault,
  isManifestFault,
  type ManifestFault,
  manifestFault,
} from "./manifest_rule.ts";
import { CHUNK_BYTES, HASH_BYTES, SliceTree, smallFileRoot } from "./merkle.ts";
import { isMime } from "./mime.ts";

const VERSION = 1;
const KIND_FILE = 0, KIND_DIRECTORY = 1, KIND_PAGE = 2, KIND_HEAD = 3;
/** [mode, alg, keyRef]: mode 0 is public, the only one there is yet (protocol.md §8.3). */
const PUBLIC: CanonicalValue = [0, 0, new Uint8Array(0)];
const NO_ROOT = new Uint8Array(0);

/** The richest objects are a head of 3,500 directory pages (3 values each) and a directory of 1,000
 * entries (6 values each); the decoded form of anything larger is not worth its memory. */
const LIMITS: CanonicalLimits = {
  bytesMax: MANIFEST_BYTES_MAX,
  depthMax: 3,
  valuesMax: 12_000,
};

interface Fields {
  readonly kind: number;
  readonly size: number;
  readonly body: CanonicalValue;
  readonly fileRoot: Uint8Array;
  readonly mime: string;
  readonly name: string;
}

/** The object's bytes.
 * @throws {RangeError} naming the rule, for a manifest that its own readers would refuse. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const { kind, size, body, fileRoot, mime, name } = fieldsOf(manifest);
  const bytes = encodeCanonical(
    [VERSION, kind, size, CHUNK_BYTES, body, PUBLIC, fileRoot, mime, name],
  );
  // The reader is the one place that knows the rules; what it would not read is not written.
  const fault = decodeManifest(bytes);
  if (isManifestFault(fault)) {
    throw new RangeError(`A ${manifest.kind} may not be written: it ${describeFault(fault)}`);
  }
  return bytes;
}

/** Reads and checks one manifest object. Byte fields of the result are views into `bytes`. Never
 * throws; takes at most about a millisecond and 12,000 values' memory. */
export function decodeManifest(bytes: Uint8Array): Manifest | ManifestFault {
  const value = decodeCanonical(bytes, LIMITS);
  if (isDrop(value)) {
    return manifestFault(value.drop === "too_large" ? "too_large" : "not_canonical");
  }
  const fields = decodeFields(value);
  if (isManifestFault(fields)) return fields;
  switch (fields.kind) {
    case KIND_FILE:
      return fields.body instanceof Uint8Array
        ? decodeInline(fields, fields.body)
        : decodeChunked(fields);
    case KIND_DIRECTORY:
      return decodeDirectory(fields);
    case KIND_PAGE:
      return decodePage(fields);
    case KIND_HEAD:
      return fields.body instanceof Uint8Array
        ? decodeFileHead(fields, fields.body)
        : decodeDirectoryHead(fields);
    default:
      return manifestFault("kind");
  }
}

function fieldsOf(manifest: Manifest): Fields {
  const none = { fileRoot: NO_ROOT, mime: "", name: "" };
  const { size } = manifest;
  switch (manifest.kind) {
    case "inline_file":
      return fileFields(KIND_FILE, manifest, manifest.contents);
    case "chunked_file":
      return fileFields(KIND_FILE, manifest, encodeChunkEntries(manifest.chunks));
    case "file_head":
      return fileFields(KIND_HEAD, manifest, encodeFilePageRefs(manifest.pages));
    case "file_page":
      return { ...none, kind: KIND_PAGE, size, body: encodeChunkEntries(manifest.chunks) };
    case "directory":
      return {
        ...none,
        kind: KIND_DIRECTORY,
        size,
        body: encodeDirectoryEntries(manifest.entries),
      };
    case "directory_page":
      return { ...none, kind: KIND_PAGE, size, body: encodeDirectoryEntries(manifest.entries) };
    case "directory_head":
      return { ...none, kind: KIND_HEAD, size, body: encodeDirectoryPageRefs(manifest.pages) };
  }
}

function fileFields(
  kind: number,
  file: InlineFile | ChunkedFile | FileHead,
  body: CanonicalValue,
): Fields {
  const { size, mime, name, fileRoot = NO_ROOT } = file;
  return { kind, size, body, fileRoot, mime, name };
}

function decodeFields(value: CanonicalValue): Fields | ManifestFault {
  if (!Array.isArray(value) || value.length !== 9) return manifestFault("shape");
  const [version, kind, size, chunkSize, body, encryption, fileRoot, mime, name] =
    value as readonly CanonicalValue[];
  if (version !== VERSION) return manifestFault("version");
  if (typeof kind !== "number") return manifestFault("kind");
  if (typeof size !== "number") return manifestFault("size");
  if (chunkSize !== CHUNK_BYTES) return manifestFault("chunk_size");
  if (!isPublic(encryption)) return manifestFault("encryption");
  if (!(fileRoot instanceof Uint8Array)) return manifestFault("file_root");
  if (fileRoot.length !== 0 && fileRoot.length !== HASH_BYTES) return manifestFault("file_root");
  if (typeof mime !== "string" || !isMime(mime)) return manifestFault("mime");
  if (typeof name !== "string" || (name !== "" && entryNameFault(name) !== undefined)) {
    return manifestFault("name");
  }
  if (body === undefined) return manifestFault("shape");
  return { kind, size, body, fileRoot, mime, name };
}

function isPublic(encryption: CanonicalValue | undefined): boolean {
  if (!Array.isArray(encryption) || encryption.length !== 3) return false;
  const [mode, algorithm, keyRef] = encryption as readonly CanonicalValue[];
  return mode === 0 && algorithm === 0 && keyRef instanceof Uint8Array && keyRef.length === 0;
}

function decodeInline(fields: Fields, contents: Uint8Array): InlineFile | ManifestFault {
  const { size, mime, name } = fields;
  if (contents.length > INLINE_BYTES_MAX) return manifestFault("body");
  if (contents.length !== size) return manifestFault("inline_size");
  const fileRoot = smallFileRoot(contents);
  if (!equalBytes(fields.fileRoot, fileRoot ?? NO_ROOT)) return manifestFault("file_root_mismatch");
  return { kind: "inline_file", size, mime, name, contents, fileRoot };
}

function decodeChunked(fields: Fields): ChunkedFile | ManifestFault {
  const { size, mime, name, fileRoot, body } = fields;
  if (!Array.isArray(body)) return manifestFault("body");
  if (size <= INLINE_BYTES_MAX) return manifestFault("should_be_inline");
  const chunks = decodeChunkEntries(body);
  if (isManifestFault(chunks)) return chunks;
  if (lengthOfEntries(chunks) !== size) return manifestFault("chunk_count");
  const tree = new SliceTree();
  for (const chunk of chunks) tree.add(chunk.sliceHashes);
  if (!equalBytes(fileRoot, tree.root() ?? NO_ROOT)) return manifestFault("file_root_mismatch");
  return { kind: "chunked_file", size, mime, name, chunks, fileRoot };
}

function decodeFileHead(fields: Fields, body: Uint8Array): FileHead | ManifestFault {
  const { size, mime, name, fileRoot } = fields;
  const pages = decodeFilePageRefs(body);
  if (isManifestFault(pages)) return pages;
  const chunks = Math.ceil(size / CHUNK_BYTES);
  if (chunks <= CHUNKS_PER_OBJECT) return manifestFault("page_count");
  if (pages.length !== Math.ceil(chunks / CHUNKS_PER_OBJECT)) return manifestFault("page_count");
  if (fileRoot.length !== HASH_BYTES) return manifestFault("file_root");
  return { kind: "file_head", size, mime, name, pages, fileRoot };
}

function decodeDirectory(fields: Fields): Directory | ManifestFault {
  const { size, body } = fields;
  const entries = decodeEntries(fields, body);
  return isManifestFault(entries) ? entries : { kind: "directory", size, entries };
}

function decodeDirectoryHead(fields: Fields): DirectoryHead | ManifestFault {
  const { size, body } = fields;
  if (!Array.isArray(body)) return manifestFault("body");
  if (hasFileFields(fields)) return manifestFault("stray_fields");
  const pages = decodeDirectoryPageRefs(body);
  return isManifestFault(pages) ? pages : { kind: "directory_head", size, pages };
}

/** A page of chunks or of directory entries: four fields an entry or five. */
function decodePage(fields: Fields): FilePage | DirectoryPage | ManifestFault {
  const { size, body } = fields;
  if (!Array.isArray(body) || body.length === 0) return manifestFault("body");
  if (hasFileFields(fields)) return manifestFault("stray_fields");
  const first: unknown = body[0];
  if (Array.isArray(first) && first.length === 5) {
    const entries = decodeEntries(fields, body);
    return isManifestFault(entries) ? entries : { kind: "directory_page", size, entries };
  }
  const chunks = decodeChunkEntries(body);
  if (isManifestFault(chunks)) return chunks;
  if (lengthOfEntries(chunks) !== size) return manifestFault("chunk_count");
  return { kind: "file_page", size, chunks };
}

function decodeEntries(
  fields: Fields,
  body: CanonicalValue,
): readonly DirectoryEntry[] | ManifestFault {
  if (!Array.isArray(body)) return manifestFault("body");
  if (hasFileFields(fields)) return manifestFault("stray_fields");
  const entries = decodeDirectoryEntries(body);
  if (isManifestFault(entries)) return entries;
  return sizeOfEntries(entries) === fields.size ? entries : manifestFault("size");
}

/** Pages and directories have no root, type or name of their own. */
function hasFileFields({ fileRoot, mime, name }: Fields): boolean {
  return fileRoot.length !== 0 || mime !== "" || name !== "";
}
