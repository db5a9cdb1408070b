import {
  type DirectoryEntry,
  DirectoryManifestBuilder,
  entryNameFault,
  FILE_BYTES_MAX,
  isMime,
  locatorOf,
  mimeOfName,
  quoteName,
} from "../../content/mod.ts";
import { type ChunkId, SkerryError, toBase32, toHex } from "../../lib/mod.ts";
import type { LocalFiles } from "../../ports/mod.ts";
import type { Published, PublishOptions } from "../contract/api.ts";
import { readAhead, splitStream } from "../keep/chunk_sources.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import {
  type LocalDirectory,
  type LocalEntry,
  type LocalFile,
  LocalTree,
  tooLarge,
} from "./local_tree.ts";
import type { Publications } from "./publications.ts";
import { type PublishedObject, PublishJob } from "./publish_job.ts";
import { TreeSurvey } from "./tree_survey.ts";

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
  readonly #store: Pick<ChunkStore, "put" | "usage">;
  readonly #records: Publications;
  #running = 0;
  readonly #dataDir: string | undefined;

  /** @param dataDir of the node: nothing in it is published. */
  constructor(
    files: LocalFiles,
    store: Pick<ChunkStore, "put" | "usage">,
    records: Publications,
    dataDir?: string,
  ) {
    this.#files = files;
    this.#store = store;
    this.#records = records;
    this.#dataDir = dataDir;
  }

  /** Publishes a file or a directory tree. Everything is looked over before anything is stored.
   * @throws {SkerryError} FILE_UNREADABLE (also for a file that changes meanwhile), INVALID_PATH
   * naming the entry, INVALID_CONFIG for a wrong media type, STORE_FULL, DISK_FAILED, BUSY,
   * CANCELLED. What was stored is then unpinned, so that it may be evicted. */
  publishPath(path: string, options: PublishOptions = {}): Promise<PublishedContent> {
    const name = /([^/]*)\/*$/.exec(path)?.[1] ?? "";
    return this.#run(name, options, async (job) => {
      const tree = await LocalTree.open(this.#files, path, this.#dataDir);
      const { root } = tree;
      const roomBytes = this.#roomBytes();
      if (root.kind === "file") {
        job.begin(root.size, roomBytes, root.shownPath);
        return await this.#addFile(job, root, options.mime);
      }
      const survey = new TreeSurvey(tree, () => job.assertWanted());
      job.begin((await survey.of(root)).bytes, roomBytes, root.shownPath);
      return await this.#addDirectory(job, tree, root, new Map());
    });
  }

  #roomBytes(): number {
    const { quotaBytes, pinnedBytes } = this.#store.usage();
    return Math.max(0, quotaBytes - pinnedBytes);
  }

  /** Publishes a stream as one file. @param name may be empty. Progress counts what has come.
   * @throws {SkerryError} as publishPath, and whatever the stream rejects with. */
  publishStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: PublishOptions = {},
  ): Promise<PublishedContent> {
    return this.#run(name, options, async (job) => {
      const fault = name === "" ? undefined : entryNameFault(name);
      if (fault !== undefined) {
        throw new SkerryError("INVALID_PATH", `The name ${quoteName(name)} ${fault}`);
      }
      const { announcedBytes = 0 } = options;
      if (announcedBytes > FILE_BYTES_MAX) throw tooLarge(name);
      job.begin(announcedBytes, this.#roomBytes(), name);
      const label = { name, mime: options.mime ?? mimeOfName(name) };
      const chunks = splitStream(bytes, () => job.takeBuffer(), options.signal);
      return await job.addFile(chunks, label, name);
    });
  }

  async #run(
    name: string,
    options: PublishOptions,
    work: (job: PublishJob) => Promise<PublishedObject>,
  ): Promise<PublishedContent> {
    if (options.mime !== undefined && !isMime(options.mime)) {
      throw new SkerryError("INVALID_CONFIG", `${quoteName(options.mime)} is not a media type`);
    }
    if (this.#running >= PUBLICATIONS_MAX) {
      const why = `${PUBLICATIONS_MAX} publications run already; try again when one is done`;
      throw new SkerryError("BUSY", `Cannot publish now: ${why}`);
    }
    this.#running++;
    try {
      return await this.#recorded(await this.#records.begin(name), options, work);
    } finally {
      this.#running--;
    }
  }

  async #recorded(
    number: number,
    options: PublishOptions,
    work: (job: PublishJob) => Promise<PublishedObject>,
  ): Promise<PublishedContent> {
    const records = this.#records;
    const job = new PublishJob(this.#store, options, (id) => records.noteOf(number, id));
    try {
      const published = await work(job);
      await job.finish();
      const { id: meta, strongId: link, size } = published;
      await records.finish({ number, meta, link, size });
      return resultOf(published, job);
    } catch (error) {
      await job.abandon();
      // If even that fails, the cause of it all is still what the caller should hear of.
      await records.takeBack(number).catch(() => {});
      throw error;
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
      const chunks = readAhead(opened, () => job.takeBuffer());
      const published = await job.addFile(chunks, label, file.shownPath);
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
