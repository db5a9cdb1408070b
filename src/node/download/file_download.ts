import { CHUNK_BYTES, ChunkSplitter, FileTree } from "../../content/mod.ts";
import {
  equalBytes,
  type MetaId,
  SkerryError,
  type StrongId,
  toBase32,
  toHex,
} from "../../lib/mod.ts";
import type { LocalFiles, ReadableFile, WritableFile } from "../../ports/mod.ts";
import type { DirectoryItem } from "../contract/api.ts";
import { yieldTurn } from "../loop/yield_turn.ts";

/** An object, and the names on the way to something below it. */
export interface RemotePlace {
  readonly meta: MetaId;
  readonly segments: readonly string[];
}

export interface RemoteFile {
  readonly kind: "file";
  readonly strongId: StrongId;
  readonly size: number;
  /** May be empty. */
  readonly name: string;
  /** BitTorrent v2 pieces root; undefined for a zero-byte file. What comes is held against it. */
  readonly fileRoot: Uint8Array | undefined;
}

export interface RemoteDirectory {
  readonly kind: "directory";
  readonly place: RemotePlace;
  readonly strongId: StrongId;
  /** Sum over its files. */
  readonly size: number;
}

/** Where content comes from: a running node, seen from a process that writes it to disk. All three
 * reject with SkerryError. */
export interface RemoteContent {
  /** By the way to it: rules of the node about paths hold for what is asked for so. */
  describe(place: RemotePlace, signal: AbortSignal): Promise<RemoteFile | RemoteDirectory>;
  /** Entries [start, start + limit) of a directory, in byte order of their names; fewer only at its
   * end. @param limit at most 1,000. */
  list(
    id: StrongId,
    start: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly DirectoryItem[]>;
  /** Bytes [start, size) of a file, in pieces of any length. */
  read(id: StrongId, start: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface DownloadOptions {
  readonly files: LocalFiles;
  readonly remote: RemoteContent;
  readonly signal: AbortSignal;
  /** A file in the way is replaced if it has other contents; otherwise it is left and reported. */
  readonly overwrite: boolean;
  /** Bytes looked at or written, in addition to those before; less than 0 when some that were
   * counted turned out to be wrong. */
  readonly onBytes: (bytes: number) => void;
}

/** Fetches one file to `path`. It grows beside its place, in a part file named by its id, which a
 * later attempt goes on from; only when its root is right is it renamed.
 * @returns "kept" if the file was there already.
 * @throws {SkerryError} FILE_UNREADABLE if something else is in the way, INVALID_MANIFEST if what
 * came is not what the manifest promised, and as RemoteContent and LocalFiles do. */
export async function downloadFile(
  remote: RemoteFile,
  path: string,
  options: DownloadOptions,
): Promise<"kept" | "written"> {
  if (await isThere(remote, path, options)) return "kept";
  const { files } = options;
  const partPath = partPathOf(remote.strongId, path);
  const part = await files.openWrite(partPath);
  let isRight = false;
  try {
    isRight = await fill(part, remote, path, options);
    if (isRight) await part.sync();
  } finally {
    await part.close();
  }
  if (!isRight) {
    await files.removeFile(partPath);
    throw wrongBytes(remote, path);
  }
  await files.rename(partPath, path);
  return "written";
}

/** The name of the file that an unfinished download lies in. Such names cannot be fetched. */
export function partName(id: StrongId): string {
  return `.skerry-${toBase32(id)}.part`;
}

/** Where the unfinished download of what is to lie at `path` lies. */
export function partPathOf(id: StrongId, path: string): string {
  return `${path.slice(0, path.lastIndexOf("/") + 1)}${partName(id)}`;
}

export function isPartName(name: string): boolean {
  return /^\.skerry-[a-z2-7]{52}\.part$/.test(name);
}

/** True if `path` has the file's contents already.
 * @throws {SkerryError} FILE_UNREADABLE if something is there that may not be replaced. */
async function isThere(
  remote: RemoteFile,
  path: string,
  options: DownloadOptions,
): Promise<boolean> {
  const found = await options.files.stat(path);
  if (found === undefined) return false;
  if (found.kind !== "file") {
    const what = found.kind === "other" ? "a pipe, socket or device" : `a ${found.kind}`;
    const hint = "remove it or choose another place";
    throw new SkerryError("FILE_UNREADABLE", `Cannot write ${path}: ${what} is there; ${hint}`);
  }
  if (found.size === remote.size && await hasContents(remote, path, options)) return true;
  if (options.overwrite) return false;
  const hint = "remove it, choose another place, or allow overwriting";
  throw new SkerryError(
    "FILE_UNREADABLE",
    `Cannot write ${path}: a file with other contents is there; ${hint}`,
  );
}

async function hasContents(
  remote: RemoteFile,
  path: string,
  options: DownloadOptions,
): Promise<boolean> {
  const file = await options.files.openRead(path);
  try {
    const tree = await hashPrefix(file, remote.size, options);
    if (hasRoot(tree, remote)) return true;
    options.onBytes(-tree.size);
    return false;
  } finally {
    await file.close();
  }
}

/** Completes `part`, from what it holds or, if that was wrong, from nothing.
 * @returns false if all of it came and is not what was promised. */
async function fill(
  part: WritableFile,
  remote: RemoteFile,
  path: string,
  options: DownloadOptions,
): Promise<boolean> {
  // Whole chunks only: the tree goes on from there, and a torn end is fetched again.
  const wholeBytes = part.size - part.size % CHUNK_BYTES;
  const kept = wholeBytes <= remote.size ? wholeBytes : 0;
  const tree = await fillFrom(kept, part, remote, path, options);
  if (hasRoot(tree, remote)) return true;
  if (kept === 0) return false;
  options.onBytes(-tree.size);
  return hasRoot(await fillFrom(0, part, remote, path, options), remote);
}

/** @returns the tree over what is in `part` now; larger than the file if too much came.
 * @throws {SkerryError} HOLDERS_FAILED if too little came. */
async function fillFrom(
  kept: number,
  part: WritableFile,
  remote: RemoteFile,
  path: string,
  options: DownloadOptions,
): Promise<FileTree> {
  const tree = await hashPrefix(part, kept, options);
  await part.truncate(tree.size);
  if (tree.size === remote.size) return tree;
  const { signal, onBytes } = options;
  for await (const chunk of chunksOf(options.remote.read(remote.strongId, tree.size, signal))) {
    const at = tree.size;
    tree.addChunk(chunk);
    onBytes(chunk.length);
    if (tree.size > remote.size) return tree;
    await part.write(at, chunk);
    assertWanted(signal);
  }
  if (tree.size === remote.size) return tree;
  const why = `it ended after ${tree.size} of ${remote.size} bytes; run it again to go on`;
  throw new SkerryError("HOLDERS_FAILED", `Cannot fetch ${path}: ${why}`);
}

/** @param bytes whole chunks, or the whole file. @returns a smaller tree if there is less. */
async function hashPrefix(
  file: ReadableFile,
  bytes: number,
  { signal, onBytes }: DownloadOptions,
): Promise<FileTree> {
  const tree = new FileTree();
  const buffer = new Uint8Array(Math.min(bytes, CHUNK_BYTES));
  while (tree.size < bytes) {
    const wanted = buffer.subarray(0, Math.min(CHUNK_BYTES, bytes - tree.size));
    if (await file.read(tree.size, wanted) < wanted.length) break;
    tree.addChunk(wanted);
    onBytes(wanted.length);
    assertWanted(signal);
    await yieldTurn();
  }
  return tree;
}

function hasRoot(tree: FileTree, { fileRoot, size }: RemoteFile): boolean {
  const root = tree.root();
  if (tree.size !== size) return false;
  return root === undefined || fileRoot === undefined
    ? root === fileRoot
    : equalBytes(root, fileRoot);
}

async function* chunksOf(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  const splitter = new ChunkSplitter(() => buffer); // each chunk is used up before the next
  for await (const piece of pieces) yield* splitter.push(piece);
  const last = splitter.end();
  if (last !== undefined) yield last;
}

function assertWanted(signal: AbortSignal): void {
  if (signal.aborted) throw new SkerryError("CANCELLED", "The download was cancelled");
}

function wrongBytes({ fileRoot, strongId }: RemoteFile, path: string): SkerryError {
  const expected = fileRoot === undefined ? "no bytes" : `file root ${toHex(fileRoot)}`;
  return new SkerryError(
    "INVALID_MANIFEST",
    `Cannot write ${path}: the bytes of ${toBase32(strongId)} do not have the promised ${expected}`,
  );
}
