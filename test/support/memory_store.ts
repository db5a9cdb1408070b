import { chunkIdOf, locatorOf, strongIdOf } from "../../src/content/mod.ts";
import {
  type ChunkId,
  equalBytes,
  SkerryError,
  type SkerryErrorCode,
  toHex,
} from "../../src/lib/mod.ts";
import type { ChunkStore, PutOptions, StoreUsage } from "../../src/node/keep/chunk_store.ts";
import type { GetObject } from "../../src/node/read/manifest_loader.ts";

/** The writing half of a ChunkStore in memory, which holds its callers to the law: right ids, and
 * bytes that do not change until the promise has settled. */
export class MemoryStore
  implements
    Pick<ChunkStore, "put" | "unpin" | "writeRows" | "namesOf" | "lengthOf" | "read" | "usage"> {
  readonly objects = new Map<string, Uint8Array>();
  readonly pinned = new Set<string>();
  /** Turns of the event loop that a write takes. */
  latencyTurns = 1;
  /** Rejects every write from this one on. */
  failFrom = Infinity;
  quotaBytes = 2 ** 40;
  failCode: SkerryErrorCode = "STORE_FULL";
  writesInFlight = 0;
  writesInFlightMax = 0;
  bytesInFlight = 0;
  bytesInFlightMax = 0;
  #writes = 0;
  /** Of manifests, by either name. */
  readonly #names = new Map<string, readonly ChunkId[]>();

  async put(id: ChunkId, bytes: Uint8Array, options: PutOptions): Promise<"stored" | "present"> {
    const copy = bytes.slice();
    if (!equalBytes(chunkIdOf(copy), id)) throw new Error("an id that is not the SHA-1");
    if (options.alias !== undefined && !equalBytes(options.alias, locatorOf(strongIdOf(copy)))) {
      throw new Error("an alias that is not the SHA-256");
    }
    this.writesInFlightMax = Math.max(this.writesInFlightMax, ++this.writesInFlight);
    this.bytesInFlight += bytes.length;
    this.bytesInFlightMax = Math.max(this.bytesInFlightMax, this.bytesInFlight);
    const write = this.#writes++;
    for (let turn = 0; turn < this.latencyTurns; turn++) await new Promise(setImmediate);
    this.writesInFlight--;
    this.bytesInFlight -= bytes.length;
    if (write >= this.failFrom) throw new SkerryError(this.failCode, "Cannot store a chunk");
    if (Buffer.compare(copy, bytes) !== 0) throw new Error("bytes changed while being written");
    const hex = toHex(id);
    if (options.pinned) this.pinned.add(hex);
    options.onPinned?.();
    const isNew = !this.objects.has(hex);
    this.objects.set(hex, copy);
    if (options.alias !== undefined) {
      this.objects.set(toHex(options.alias), copy);
      this.#names.set(toHex(options.alias), [id, options.alias]);
      this.#names.set(hex, [id, options.alias]);
    }
    return isNew ? "stored" : "present";
  }

  unpin(ids: readonly ChunkId[], mayUnpin = (_: ChunkId): boolean => true): Promise<void> {
    for (const id of ids) if (mayUnpin(id)) this.pinned.delete(toHex(id));
    return Promise.resolve();
  }

  usage(): StoreUsage {
    const { quotaBytes } = this;
    let pinnedBytes = 0;
    for (const id of this.pinned) pinnedBytes += this.objects.get(id)?.length ?? 0;
    const disk = { bytes: pinnedBytes, soldDiskBytes: 0, sellDiskBytes: quotaBytes - pinnedBytes };
    const { size } = this.pinned;
    return { chunks: size, keptChunks: size, quotaBytes, pinnedBytes, ...disk };
  }

  writeRows(change: () => void): Promise<void> {
    change();
    return Promise.resolve();
  }

  namesOf(id: ChunkId): readonly ChunkId[] {
    return this.#names.get(toHex(id)) ?? (this.objects.has(toHex(id)) ? [id] : []);
  }

  lengthOf(id: ChunkId): number | undefined {
    return this.objects.get(toHex(id))?.length;
  }

  read(id: ChunkId, offset: number, into: Uint8Array): Promise<boolean> {
    const bytes = this.objects.get(toHex(id));
    if (bytes !== undefined) into.set(bytes.subarray(offset, offset + into.length));
    return Promise.resolve(bytes !== undefined);
  }

  /** A door to what is stored, for a resolver. */
  readonly getObject: GetObject = (id) => {
    const bytes = this.objects.get(toHex(id));
    if (bytes === undefined) return Promise.reject(new SkerryError("CHUNK_NOT_FOUND", toHex(id)));
    return Promise.resolve({ bytes, timings: { source: "local" } });
  };
}
