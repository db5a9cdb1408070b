import { sha1, sha256 } from "../../src/crypto/mod.ts";
import {
  asChunkId,
  asStrongId,
  type ChunkId,
  type StrongId,
  toHex,
  utf8,
} from "../../src/lib/mod.ts";

export const CHUNK_BYTES = 2 ** 20;

/** A directory as nested objects; text and bytes are files, `typed` ones have a declared type. */
export type Tree = { readonly [name: string]: Tree | string | Uint8Array | TypedFile };
export interface TypedFile {
  readonly mime: string;
  readonly bytes: Uint8Array;
}
export type FileObject = {
  kind: "file";
  strongId: StrongId;
  plainId: ChunkId;
  /** What strongId is the SHA-256 of. */
  manifest: Uint8Array;
  bytes: Uint8Array;
  mime: string;
  chunks: string[];
  /** Made up while it is read, in pieces of this many bytes. */
  virtual?: { readonly size: number; readonly pieceBytes: number };
};
export type DirectoryObject = {
  kind: "directory";
  strongId: StrongId;
  plainId: ChunkId;
  manifest: Uint8Array;
  entries: ReadonlyMap<string, FakeObject>;
  size: number;
};
export type FakeObject = FileObject | DirectoryObject;

/** Builds an object and all below it. Ids are real hashes of a stand-in encoding.
 * @param chunks takes the chunks of its files, by hex id. */
export function buildObject(
  content: Tree | string | Uint8Array | TypedFile,
  chunks: Map<string, Uint8Array>,
): FakeObject {
  if (typeof content === "string") return buildFile(utf8(content), "", chunks);
  if (content instanceof Uint8Array) return buildFile(content, "", chunks);
  if (content["bytes"] instanceof Uint8Array && typeof content["mime"] === "string") {
    return buildFile(content["bytes"], content["mime"], chunks);
  }
  const entries = new Map<string, FakeObject>();
  for (const name of Object.keys(content).sort()) {
    entries.set(name, buildObject((content as Tree)[name] ?? "", chunks));
  }
  const manifest = utf8(
    [...entries].map(([n, o]) => n + toHex(o.strongId)).join("\n") || "empty",
  );
  let size = 0;
  for (const entry of entries.values()) size += sizeOf(entry);
  return { kind: "directory", ...idsOf(manifest), entries, size };
}

function buildFile(bytes: Uint8Array, mime: string, chunks: Map<string, Uint8Array>): FileObject {
  const ids: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    const id = toHex(sha1(chunk));
    chunks.set(id, chunk);
    ids.push(id);
  }
  const manifest = utf8(`file ${mime} ${toHex(sha256(bytes))}`);
  return { kind: "file", ...idsOf(manifest), bytes, mime, chunks: ids };
}

export const sizeOf = (object: FakeObject): number =>
  object.kind === "file" ? object.bytes.length : object.size;

export const idsOf = (manifest: Uint8Array) => ({
  strongId: asStrongId(sha256(manifest)),
  plainId: asChunkId(sha1(manifest)),
  manifest,
});
