import {
  buildInlineFile,
  CHUNK_BYTES,
  chunkEntryOf,
  FILE_BYTES_MAX,
  type FileLabel,
  FileManifestBuilder,
  INLINE_BYTES_MAX,
  locatorOf,
  type ManifestObject,
  smallFileRoot,
} from "../../content/mod.ts";
import { assert, type ChunkId, type StrongId, toHex } from "../../lib/mod.ts";
import type { PublishOptions, PublishProgress } from "../contract/api.ts";
import { cancelled } from "../keep/chunk_sources.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import { PutQueue } from "../keep/put_queue.ts";
import { yieldTurn } from "../loop/yield_turn.ts";
import { manifestAlias } from "../read/manifest_alias.ts";
import { tooLarge } from "./local_tree.ts";

/** One object in the network: what a directory entry needs to name it. */
export interface PublishedObject {
  readonly id: ChunkId;
  readonly strongId: StrongId;
  /** Bytes of the file, or of all files below the directory. */
  readonly size: number;
  /** Of a file; undefined for a directory and for zero bytes. */
  readonly fileRoot: Uint8Array | undefined;
}

/** One publication under way: stores chunks and manifest objects, pinned, and keeps count. Memory:
 * the writes in flight, two buffers, and about 300 bytes for each chunk (30 MB for 100 GiB). */
export class PublishJob {
  /** Hex ids of the content's chunks in order, manifests not counted. */
  readonly chunkIds: string[] = [];
  /** Every key to announce, by its hex. */
  readonly keys = new Map<string, ChunkId>();
  #totalBytes = 0;
  #roomBytes: number | undefined;
  #doneBytes = 0;
  readonly #queue: PutQueue;
  readonly #options: PublishOptions;
  readonly #noteOf: (id: ChunkId) => () => void;
  readonly #buffers: Uint8Array[] = [];

  /** @param noteOf what writes down, in the transaction that pins an object, that it is part of
   * this publication. */
  constructor(
    store: Pick<ChunkStore, "put">,
    options: PublishOptions,
    noteOf: (id: ChunkId) => () => void,
  ) {
    this.#queue = new PutQueue(store);
    this.#options = options;
    this.#noteOf = noteOf;
  }

  /** So many bytes will be read. Whether they are too many shows when they are hashed: a tree of
   * copies takes the room of one. @param roomBytes of the store, for published content. */
  begin(totalBytes: number, roomBytes: number, shownPath: string): void {
    this.#totalBytes = totalBytes;
    if (totalBytes <= roomBytes) return;
    this.#roomBytes = roomBytes;
    this.report(0, shownPath);
  }

  /** @throws {SkerryError} CANCELLED once the caller has gone. */
  assertWanted(): void {
    if (this.#options.signal?.aborted === true) throw cancelled();
  }

  /** Memory of 1 MiB for the next chunk; `addFile` gives it back when the store has it. */
  takeBuffer(): Uint8Array {
    return this.#buffers.pop() ?? new Uint8Array(CHUNK_BYTES);
  }

  /** Publishes one file. @param chunks of 1 MiB, only the last shorter, in buffers of takeBuffer.
   * @param shownPath for progress and messages. */
  async addFile(
    chunks: AsyncIterable<Uint8Array>,
    label: FileLabel,
    shownPath: string,
  ): Promise<PublishedObject> {
    const builder = new FileManifestBuilder(label);
    let size = 0;
    for await (const chunk of chunks) {
      this.assertWanted();
      if (size === 0 && chunk.length <= INLINE_BYTES_MAX) {
        const inline = await this.#addInline(chunk, label, shownPath);
        this.#giveBack(chunk);
        return inline;
      }
      size += chunk.length;
      if (size > FILE_BYTES_MAX) throw tooLarge(shownPath);
      const entry = chunkEntryOf(chunk);
      await this.#addChunk(entry.id, chunk);
      await this.#addObject(builder.add(entry));
      this.report(chunk.length, shownPath);
      await yieldTurn(); // hashing took a millisecond or two
    }
    if (size === 0) return await this.#addInline(new Uint8Array(0), label, shownPath);
    const fileRoot = builder.fileRoot();
    return { ...await this.addObjects(builder.finish()), size, fileRoot };
  }

  /** Stores manifest objects. @returns the names of the last, which stands for the whole. */
  async addObjects(
    objects: readonly ManifestObject[],
  ): Promise<Pick<PublishedObject, "id" | "strongId">> {
    for (const object of objects) await this.#addObject(object);
    const last = objects.at(-1);
    assert(last !== undefined, "a file or directory has a manifest object");
    return { id: last.id, strongId: last.strongId };
  }

  /** @param bytes that are now hashed, in addition to those before. */
  report(bytes: number, path: string): void {
    this.#doneBytes += bytes;
    const totalBytes = Math.max(this.#totalBytes, this.#doneBytes);
    const progress: PublishProgress = {
      phase: "hashing",
      doneBytes: this.#doneBytes,
      totalBytes,
      path,
      ...(this.#roomBytes !== undefined && { roomBytes: this.#roomBytes }),
    };
    this.#options.onProgress?.(progress);
  }

  /** Resolves when all of it is durable. @throws what a write failed with. */
  async finish(): Promise<void> {
    await this.#queue.drain();
  }

  /** Waits until the store is done with everything, whatever became of it. */
  async abandon(): Promise<void> {
    await this.#queue.settle();
  }

  async #addInline(
    contents: Uint8Array,
    label: FileLabel,
    shownPath: string,
  ): Promise<PublishedObject> {
    const object = buildInlineFile(contents, label);
    await this.#addObject(object);
    this.report(contents.length, shownPath);
    const { id, strongId } = object;
    return { id, strongId, size: contents.length, fileRoot: smallFileRoot(contents) };
  }

  async #addChunk(id: ChunkId, chunk: Uint8Array): Promise<void> {
    this.chunkIds.push(this.#claim(id));
    const alias = manifestAlias(chunk); // a file may hold one
    const options = { pinned: true, onPinned: this.#noteOf(id), ...(alias && { alias }) };
    await this.#queue.put(id, chunk, options, () => this.#giveBack(chunk));
  }

  async #addObject(object: ManifestObject | undefined): Promise<void> {
    if (object === undefined) return;
    this.assertWanted();
    const { id, bytes, strongId } = object;
    const alias = locatorOf(strongId);
    this.#claim(id);
    this.keys.set(toHex(alias), alias);
    await this.#queue.put(id, bytes, { pinned: true, onPinned: this.#noteOf(id), alias });
  }

  /** @returns the id in hex. */
  #claim(id: ChunkId): string {
    const hex = toHex(id);
    this.keys.set(hex, id);
    return hex;
  }

  #giveBack(chunk: Uint8Array): void {
    const { buffer } = chunk;
    if (buffer.byteLength === CHUNK_BYTES) this.#buffers.push(new Uint8Array(buffer));
  }
}
