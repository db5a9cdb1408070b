import {
  type ChunkEntry,
  DIRECTORY_DEPTH_MAX,
  type DirectoryEntry,
  locatorOf,
  quoteName,
} from "../../content/mod.ts";
import {
  type ChunkId,
  equalBytes,
  formatMetaId,
  type MetaId,
  SkerryError,
  type StrongId,
} from "../../lib/mod.ts";
import type { ReadOptions, Timings } from "../contract/api.ts";
import { type DenyGate, OPEN_GATE } from "../denial/denylist.ts";
import { ChunkList, type FileObject, isFileObject } from "./chunk_list.ts";
import { type DirectoryObject, DirectoryReader, isDirectoryObject } from "./directory_reader.ts";
import {
  addTimings,
  formatStrong,
  type GetObject,
  type Loaded,
  ManifestLoader,
} from "./manifest_loader.ts";

interface ViewBase {
  /** The strong id of the object that the path names. */
  readonly strongId: StrongId;
  /** Strong ids, one for the meta id itself and one per path segment. */
  readonly roots: readonly StrongId[];
  /** Bytes of the file, or of all files below the directory. */
  readonly size: number;
  /** Of all the objects that were needed to get here. */
  readonly timings: Timings;
}

/** A file as its manifest describes it. */
export interface FileView extends ViewBase {
  readonly kind: "file";
  /** From the directory entry or else the manifest; may be empty. */
  readonly name: string;
  /** From the manifest or else the directory entry; may be empty. */
  readonly mime: string;
  /** BitTorrent v2 pieces root; undefined for a zero-byte file. For a file of more than 64 chunks
   * the publisher's word, otherwise proven. */
  readonly fileRoot: Uint8Array | undefined;
  /** How the stored bytes relate to the file's (protocol.md §8.3): so far always as they are. */
  readonly encoding: "public";
  /** The whole file, if its manifest holds it (≤ 64 KiB); there are no chunks then. */
  readonly contents: Uint8Array | undefined;
  readonly chunkCount: number;
  /** Entry of chunk `index`, 0 … chunkCount - 1; may fetch a page of the manifest.
   * @throws {SkerryError} as Node.openChunk, and INVALID_MANIFEST. */
  chunkEntry(index: number, options?: ReadOptions): Promise<ChunkEntry>;
}

export interface DirectoryView extends ViewBase {
  readonly kind: "directory";
  readonly entryCount: number;
  /** Entries [start, start + limit) in byte order of their names; fetches only their pages. */
  list(start: number, limit: number, options?: ReadOptions): Promise<readonly DirectoryEntry[]>;
  /** The entry called `name`; fetches one page at most. */
  find(name: string, options?: ReadOptions): Promise<DirectoryEntry | undefined>;
}

/** How a path led to its object. */
interface Way {
  /** undefined for the meta id itself. */
  readonly entry: DirectoryEntry | undefined;
  readonly roots: readonly StrongId[];
  readonly timings: Timings;
}

/** The object that a path names, as it is stored. */
export interface ObjectBytes extends Omit<ViewBase, "size"> {
  /** What the strong id is the SHA-256 of; at most 1 MiB. */
  readonly bytes: Uint8Array;
}

/** Turns a meta id and a path into a view of the file or directory that they name. Fetches only
 * the manifest objects on the way: one per segment, two where a directory is paged. */
export class ObjectResolver {
  readonly #loader: ManifestLoader;

  readonly #gate: DenyGate;

  /** @param gate asked for every object on the way, and for what of the path lies below it. */
  constructor(getObject: GetObject, gate: DenyGate = OPEN_GATE) {
    this.#loader = new ManifestLoader(getObject, gate);
    this.#gate = gate;
  }

  /** @param path decoded segments; empty = the object itself.
   * @throws {SkerryError} as Node.openChunk, and PATH_NOT_FOUND naming the first segment that is
   * missing, INVALID_MANIFEST naming the object and the rule it breaks. */
  async resolve(
    meta: MetaId,
    path: readonly string[],
    options?: ReadOptions,
  ): Promise<FileView | DirectoryView> {
    const { object, way } = await this.#walk(meta, path, options);
    const { manifest, strongId } = object;
    if (isFileObject(manifest)) return this.#fileView(manifest, strongId, way);
    if (!isDirectoryObject(manifest)) throw isPageError(strongId);
    return await this.#directoryView(manifest, strongId, way, options);
  }

  /** The object itself that `path` names. A page of a manifest may be named too, by its own id.
   * @throws {SkerryError} as resolve. */
  async object(
    meta: MetaId,
    path: readonly string[],
    options?: ReadOptions,
  ): Promise<ObjectBytes> {
    const { object: { strongId }, way } = await this.#walk(meta, path, options);
    const { bytes, timings } = await this.#loader.bytes(strongId, options, way.roots.at(-2));
    return { strongId, roots: way.roots, bytes, timings: addTimings(way.timings, timings) };
  }

  async #walk(
    meta: MetaId,
    path: readonly string[],
    options: ReadOptions | undefined,
  ): Promise<{ readonly object: Loaded; readonly way: Way }> {
    const root = formatMetaId(meta);
    if (path.length > DIRECTORY_DEPTH_MAX) {
      const why = `a path has at most ${DIRECTORY_DEPTH_MAX} segments, not ${path.length}`;
      throw new SkerryError("PATH_NOT_FOUND", `Nothing lies that deep in ${root}: ${why}`);
    }
    const key = meta.kind === "plain" ? meta.id : locatorOf(meta.id);
    this.#gate.assertPath([key], path);
    let object = await this.#loader.loadMeta(meta, options);
    this.#gate.assertPath(namesOf(object), path);
    let entry: DirectoryEntry | undefined;
    let timings = object.timings;
    const roots = [object.strongId];
    for (const [depth, segment] of path.entries()) {
      const place = describePlace(root, path.slice(0, depth));
      const found = await this.#findIn(object, segment, place, options);
      entry = found.entry;
      assertNoCycle(roots, entry.strongId, place);
      object = await this.#loadEntry(entry, object.strongId, options);
      this.#gate.assertPath(namesOf(object), path.slice(depth + 1));
      timings = addTimings(addTimings(timings, found.timings), object.timings);
      roots.push(object.strongId);
    }
    return { object, way: { entry, roots, timings } };
  }

  #fileView(file: FileObject, strongId: StrongId, { entry, roots, timings }: Way): FileView {
    const chunks = new ChunkList(file, this.#loader, strongId);
    return {
      kind: "file",
      strongId,
      roots,
      timings,
      size: file.size,
      name: entry?.name ?? file.name,
      mime: file.mime === "" ? entry?.mime ?? "" : file.mime,
      fileRoot: file.fileRoot,
      encoding: "public",
      contents: file.kind === "inline_file" ? file.contents : undefined,
      chunkCount: chunks.count,
      chunkEntry: (index, readOptions) => chunks.entry(index, readOptions),
    };
  }

  async #directoryView(
    directory: DirectoryObject,
    strongId: StrongId,
    way: Way,
    options: ReadOptions | undefined,
  ): Promise<DirectoryView> {
    const reader = new DirectoryReader(directory, this.#loader, strongId);
    const { entryCount, timings } = await reader.count(options);
    return {
      kind: "directory",
      strongId,
      roots: way.roots,
      timings: addTimings(way.timings, timings),
      size: directory.size,
      entryCount,
      list: (start, limit, readOptions) =>
        reader.slice(start, Math.min(start + limit, entryCount), readOptions),
      find: async (name, readOptions) => (await reader.find(name, readOptions)).entry,
    };
  }

  async #findIn(
    { manifest, strongId }: Loaded,
    segment: string,
    place: string,
    options: ReadOptions | undefined,
  ): Promise<{ readonly entry: DirectoryEntry; readonly timings: Timings }> {
    if (isFileObject(manifest)) {
      const why = `it is a file and has no entry ${quoteName(segment)}`;
      throw new SkerryError("PATH_NOT_FOUND", `No such path below ${place}: ${why}`);
    }
    if (!isDirectoryObject(manifest)) throw isPageError(strongId);
    const reader = new DirectoryReader(manifest, this.#loader, strongId);
    const { entry, timings } = await reader.find(segment, options);
    if (entry !== undefined) return { entry, timings };
    throw new SkerryError("PATH_NOT_FOUND", `No entry ${quoteName(segment)} in ${place}`);
  }

  /** The object that a directory entry names, held to what the entry says of it. */
  async #loadEntry(
    entry: DirectoryEntry,
    directory: StrongId,
    options: ReadOptions | undefined,
  ): Promise<Loaded> {
    const object = await this.#loader.load(
      entry.strongId,
      locatorOf(entry.strongId),
      options,
      directory,
    );
    const { manifest } = object;
    const isKind = entry.kind === "file" ? isFileObject(manifest) : isDirectoryObject(manifest);
    if (isKind && manifest.size === entry.size) return object;
    throw new SkerryError(
      "INVALID_MANIFEST",
      `${formatStrong(entry.strongId)} is not the ${entry.kind} of ${entry.size} bytes that its ` +
        `directory entry ${quoteName(entry.name)} announces`,
    );
  }
}

function namesOf({ id, strongId }: Loaded): ChunkId[] {
  return [locatorOf(strongId), id];
}

/** For messages: the meta id and the segments walked so far, each safe to show. */
function describePlace(root: string, walked: readonly string[]): string {
  return walked.length === 0 ? root : `${quoteName(walked.join("/"))} of ${root}`;
}

/** An object that contains itself cannot be made without breaking SHA-256; a door that proves less
 * than it says could still hand one out, and a walk over the tree would never end. */
function assertNoCycle(roots: readonly StrongId[], next: StrongId, place: string): void {
  if (!roots.some((root) => equalBytes(root, next))) return;
  const why = "an entry names a directory that it lies in";
  throw new SkerryError("INVALID_MANIFEST", `${place} is not part of a tree: ${why}`);
}

function isPageError(strongId: StrongId): SkerryError {
  const message = `${formatStrong(strongId)} is a page of a manifest, not a file or directory`;
  return new SkerryError("INVALID_MANIFEST", message);
}
