import {
  CHUNK_BYTES,
  ChunkSplitter,
  DIRECTORY_DEPTH_MAX,
  type DirectoryEntry,
  DirectoryManifestBuilder,
  entryNameFault,
  isMime,
  locatorOf,
  mimeOfName,
  quoteName,
} from "../content/mod.ts";
import { type ChunkId, SkerryError, toBase32, toHex } from "../lib/mod.ts";
import type { LocalFiles, ReadableFile } from "../ports/mod.ts";
import type { Published, PublishOptions } from "./api.ts";
import type { ChunkStore } from "./chunk_store.ts";
import { type LocalDirectory, type LocalEntry, type LocalFile, LocalTree } from "./local_tree.ts";
import { cancelled, type PublishedObject, PublishJob } from "./publish_job.ts";

/** Content that is whole in the store, pinned, and not announced yet. */
export interface PublishedContent extends Omit<Published, "holders"> {
  /** Under which the manifest is found: its SHA-1 and its SHA-256[0..20). */
  readonly manifestKeys: readonly ChunkId[];
  /** Every key to announce: the manifest's two first, then those of all chunks and pages. */
  readonly announceKeys: readonly ChunkId[];
}

/** Publications at once: each may hold some 10 MiB of buffers. */
const PUBLICATIONS_MAX = 8;

/** Brings local content into the store as chunks and manifests. Deterministic: the same tree gives
 * the same ids, whenever and wherever it is published. */
export class PublishService {
  readonly #files: LocalFiles;
  readonly #store: Pick<ChunkStore, "put" | "isPinned" | "unpin">;
  /** BOUNDED by PUBLICATIONS_MAX. */
  readonly #jobs = new Set<PublishJob>();

  constructor(files: LocalFiles, store: Pick<ChunkStore, "put" | "isPinned" | "unpin">) {
    this.#files = files;
    this.#store = store;
  }

  /** Publishes a file or a directory tree. Everything is looked over before anything is stored.
   * @throws {SkerryError} FILE_UNREADABLE (also for a file that changes meanwhile), INVALID_PATH
   * naming the entry, INVALID_CONFIG for a wrong media type, STORE_FULL, DISK_FAILED, BUSY,
   * CANCELLED. What was stored is then unpinned, so that it may be evicted. */
  publishPath(path: string, options: PublishOptions = {}): Promise<PublishedContent> {
    return this.#run(options, async (job) => {
      const tree = await LocalTree.open(this.#files, path);
      const { root } = tree;
      if (root.kind === "file") {
        job.totalBytes = root.size;
        return await this.#addFile(job, root, options.mime);
      }
      job.totalBytes = (await new TreeSurvey(tree, job).survey(root)).bytes;
      return await this.#addDirectory(job, tree, root, new Map());
    });
  }

  /** Publishes a stream as one file. @param name may be empty. Progress counts what has come.
   * @throws {SkerryError} as publishPath, and whatever the stream rejects with. */
  publishStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: PublishOptions = {},
  ): Promise<PublishedContent> {
    return this.#run(options, async (job) => {
      const fault = name === "" ? undefined : entryNameFault(name);
      if (fault !== undefined) {
        throw new SkerryError("INVALID_PATH", `The name ${quoteName(name)} ${fault}`);
      }
      const label = { name, mime: options.mime ?? mimeOfName(name) };
      return await job.addFile(splitStream(bytes, job), label, name);
    });
  }

  async #run(
    options: PublishOptions,
    work: (job: PublishJob) => Promise<PublishedObject>,
  ): Promise<PublishedContent> {
    if (options.mime !== undefined && !isMime(options.mime)) {
      throw new SkerryError("INVALID_CONFIG", `${quoteName(options.mime)} is not a media type`);
    }
    if (this.#jobs.size >= PUBLICATIONS_MAX) {
      const why = `${PUBLICATIONS_MAX} publications run already; try again when one is done`;
      throw new SkerryError("BUSY", `Cannot publish now: ${why}`);
    }
    const job: PublishJob = new PublishJob(this.#store, options, (hex, id) => {
      let isClaimed = this.#store.isPinned(id);
      for (const other of this.#jobs) {
        if (other === job || !other.keys.has(hex)) continue;
        other.brought.delete(hex); // two count on it now: neither may unpin it
        isClaimed = true;
      }
      return isClaimed;
    });
    this.#jobs.add(job);
    try {
      const published = await work(job);
      await job.finish();
      return resultOf(published, job);
    } catch (error) {
      await job.abandon();
      // If even that fails, the cause of it all is still what the caller should hear of.
      await this.#store.unpin([...job.brought.values()]).catch(() => {});
      throw error;
    } finally {
      this.#jobs.delete(job);
    }
  }

  async #addFile(
    job: PublishJob,
    file: LocalFile,
    mime = mimeOfName(file.name),
  ): Promise<PublishedObject> {
    const opened = await this.#files.openRead(file.path);
    try {
      const label = { name: file.name, mime };
      const published = await job.addFile(readAhead(opened, job), label, file.shownPath);
      const after = await this.#files.stat(file.path);
      const isSame = after?.kind === "file" && after.size === file.size &&
        after.modifiedMs === file.modifiedMs && published.size === file.size;
      if (isSame) return published;
    } finally {
      await opened.close();
    }
    throw new SkerryError(
      "FILE_UNREADABLE",
      `Cannot publish ${file.shownPath}: it changed while it was read; try again when nothing ` +
        "writes to it",
    );
  }

  /** @param known directories published before, by real path: a symlink to one leads here again. */
  async #addDirectory(
    job: PublishJob,
    tree: LocalTree,
    directory: LocalDirectory,
    known: Map<string, PublishedObject>,
  ): Promise<PublishedObject> {
    const before = known.get(directory.path);
    if (before !== undefined) return before;
    const builder = new DirectoryManifestBuilder();
    for await (const entry of tree.entries(directory)) {
      job.assertWanted();
      const published = entry.kind === "file"
        ? await this.#addFile(job, entry)
        : await this.#addDirectory(job, tree, entry, known);
      const page = builder.add(entryFor(entry, published));
      if (page !== undefined) await job.addObjects([page]);
    }
    const size = builder.size;
    const published = { ...await job.addObjects(builder.finish()), size, fileRoot: undefined };
    known.set(directory.path, published);
    return published;
  }
}

/** Looks a tree over before it is published: all its names and links, and how many bytes it has. */
class TreeSurvey {
  readonly #tree: LocalTree;
  readonly #job: PublishJob;
  readonly #known = new Map<string, { readonly bytes: number; readonly height: number }>();

  constructor(tree: LocalTree, job: PublishJob) {
    this.#tree = tree;
    this.#job = job;
  }

  /** @returns bytes to be read, and the levels of names below the directory. */
  async survey(
    directory: LocalDirectory,
  ): Promise<{ readonly bytes: number; readonly height: number }> {
    const before = this.#known.get(directory.path);
    if (before !== undefined) {
      if (directory.above.length + before.height > DIRECTORY_DEPTH_MAX) throw tooDeep(directory);
      return { bytes: 0, height: before.height };
    }
    let bytes = 0;
    let height = 0;
    for await (const entry of this.#tree.entries(directory)) {
      this.#job.assertWanted();
      const below = entry.kind === "file"
        ? { bytes: entry.size, height: 0 }
        : await this.survey(entry);
      bytes += below.bytes;
      height = Math.max(height, below.height + 1);
    }
    this.#known.set(directory.path, { bytes, height });
    return { bytes, height };
  }
}

function tooDeep({ shownPath }: LocalDirectory): SkerryError {
  const why =
    `names below this symlink would lie more than ${DIRECTORY_DEPTH_MAX} directories deep`;
  return new SkerryError("INVALID_PATH", `Cannot publish ${shownPath}: ${why}`);
}

function entryFor(entry: LocalEntry, { strongId, size }: PublishedObject): DirectoryEntry {
  const { name, kind } = entry;
  const mime = kind === "file" ? mimeOfName(name) : "";
  return { name, kind, strongId, size, mime };
}

function resultOf(
  { id, strongId, size, fileRoot }: PublishedObject,
  { chunkIds, keys }: PublishJob,
): PublishedContent {
  const manifestKeys = [id, locatorOf(strongId)];
  for (const key of manifestKeys) keys.delete(toHex(key));
  return {
    meta: toHex(id),
    link: toBase32(strongId),
    ...(fileRoot === undefined ? {} : { fileRoot: toHex(fileRoot) }),
    size,
    chunks: chunkIds.length,
    chunkIds,
    manifestKeys,
    announceKeys: [...manifestKeys, ...keys.values()],
  };
}

/** A file's chunks in order, the next being read while one is worked on. */
async function* readAhead(
  file: ReadableFile,
  job: PublishJob,
): AsyncGenerator<Uint8Array, void, undefined> {
  const read = async (offset: number): Promise<Uint8Array> => {
    const buffer = job.takeBuffer();
    return buffer.subarray(0, await file.read(offset, buffer));
  };
  let next: Promise<Uint8Array> | undefined = read(0);
  try {
    for (let at = 0; next !== undefined;) {
      const chunk: Uint8Array = await next;
      at += chunk.length;
      next = chunk.length === CHUNK_BYTES ? read(at) : undefined;
      next?.catch(() => {}); // heard when its turn comes, or never if the job ends first
      if (chunk.length > 0) yield chunk;
    }
  } finally {
    await next?.catch(() => {}); // the file is closed after this, not before
  }
}

async function* splitStream(
  bytes: AsyncIterable<Uint8Array>,
  job: PublishJob,
): AsyncGenerator<Uint8Array, void, undefined> {
  const splitter = new ChunkSplitter(() => job.takeBuffer());
  for await (const piece of untilAborted(bytes, job.signal)) yield* splitter.push(piece);
  const last = splitter.end();
  if (last !== undefined) yield last;
}

/** The same items, or a rejection as soon as `signal` aborts, though the source may be silent. */
async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {}); // nobody may be waiting when it happens
  const abort = (): void => aborted.reject(cancelled());
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    // Not waited for: a source that is silent would not answer this either.
    iterator.return?.().catch(() => {});
  }
}
