import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { assert, SkerryError } from "../../lib/mod.ts";
import {
  type BlobFiles,
  type BlobPlace,
  type OpenBlobFiles,
  type SegmentInfo,
  SLOT_BYTES,
  type SlotAddress,
  SMALL_OBJECT_BYTES_MAX,
} from "../../ports/mod.ts";
import { explainOwnDisk } from "./disk_errors.ts";
import { type ReadCached, SegmentFiles } from "./segment_files.ts";
import { StoreWorkerClient } from "./store_worker_client.ts";
import type { Range } from "./store_worker_messages.ts";

/** Chunk files on disk, on either runtime.
 * @param startWorker starts the runtime's store worker, src/main_bun_store_worker.ts or
 * main_deno_…: new Worker(workerUrl("storeOnBun"), { type: "module" }).
 * @param readCached undefined where the runtime has no such call. */
export const openBlobFilesWith =
  (startWorker: () => Worker, readCached?: ReadCached): OpenBlobFiles => (place) =>
    openBlobFiles(place, startWorker, readCached);

async function openBlobFiles(
  place: BlobPlace,
  startWorker: () => Worker,
  readCached: ReadCached | undefined,
): Promise<BlobFiles> {
  const { directory, indexPath, networkId, publicKey, nowMs } = place;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explainOwnDisk(`make the directory ${directory}`, error);
  }
  const worker = new StoreWorkerClient(startWorker());
  const smallPath = join(directory, "small.db");
  try {
    await worker.call("open", { smallPath, indexPath, networkId, publicKey, nowMs });
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return new DiskBlobFiles(place, smallPath, worker, new SegmentFiles(directory, readCached));
}

class DiskBlobFiles implements BlobFiles {
  readonly #directory: string;
  readonly #smallPath: string;
  readonly #indexPath: string;
  readonly #worker: StoreWorkerClient;
  readonly #segments: SegmentFiles;
  #callsInFlight = 0;
  #onIdle: (() => void) | undefined;
  #isClosed = false;

  constructor(
    { directory, indexPath }: BlobPlace,
    smallPath: string,
    worker: StoreWorkerClient,
    segments: SegmentFiles,
  ) {
    this.#directory = directory;
    this.#indexPath = indexPath;
    this.#smallPath = smallPath;
    this.#worker = worker;
    this.#segments = segments;
  }

  listSegments(): Promise<SegmentInfo[]> {
    return this.#do(() => this.#listing());
  }

  writeSlot(at: SlotAddress, bytes: Uint8Array): Promise<void> {
    assert(bytes.length <= SLOT_BYTES, `${bytes.length} bytes do not fit a slot`);
    return this.#do(() => this.#segments.write(at, bytes));
  }

  readSlot(at: SlotAddress, offset: number, into: Uint8Array): Promise<boolean> {
    assert(offset + into.length <= SLOT_BYTES, "the range lies outside the slot");
    return this.#do(() => this.#segments.read(at, offset, into));
  }

  readSlotNow(at: SlotAddress, offset: number, into: Uint8Array): boolean {
    assert(offset + into.length <= SLOT_BYTES, "the range lies outside the slot");
    return !this.#isClosed && this.#segments.readNow(at, offset, into);
  }

  freeSlots(slots: readonly SlotAddress[]): Promise<boolean> {
    const bySegment = new Map<number, number[]>();
    for (const { segment, slot } of slots) {
      const known = bySegment.get(segment);
      if (known === undefined) bySegment.set(segment, [slot]);
      else known.push(slot);
    }
    const files = [...bySegment].map(([segment, numbers]) => ({
      path: this.#segments.pathOf(segment),
      ranges: rangesOf(numbers),
    }));
    return this.#do(() => this.#worker.call("punch", { files }));
  }

  putSmall(key: Uint8Array, bytes: Uint8Array): Promise<void> {
    assert(bytes.length <= SMALL_OBJECT_BYTES_MAX, `${bytes.length} bytes are no small object`);
    return this.#do(() => this.#worker.call("put", { key: compact(key), bytes: compact(bytes) }));
  }

  getSmall(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#do(() => this.#worker.call("get", { key: compact(key) }));
  }

  deleteSmall(keys: readonly Uint8Array[]): Promise<void> {
    return this.#do(() => this.#worker.call("delete", { keys: keys.map(compact) }));
  }

  checkpointIndex(): Promise<number> {
    return this.#do(() => this.#worker.call("checkpoint", undefined));
  }

  allocatedBytes(): Promise<number> {
    return this.#do(async () => {
      const segments = await this.#listing();
      const own = segments.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
      return own + await this.#databaseBytes();
    });
  }

  databaseBytes(): Promise<number> {
    return this.#do(() => this.#databaseBytes());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#callsInFlight > 0) await new Promise<void>((idle) => this.#onIdle = idle);
    try {
      await this.#segments.close();
      await this.#worker.call("close", undefined);
    } finally {
      this.#worker.terminate();
    }
  }

  async #databaseBytes(): Promise<number> {
    let total = 0;
    for (const database of [this.#smallPath, this.#indexPath]) {
      for (const path of [database, `${database}-wal`, `${database}-shm`]) {
        const found = await stat(path).catch(() => undefined); // a log may not be there
        total += (found?.blocks ?? 0) * 512;
      }
    }
    return total;
  }

  async #listing(): Promise<SegmentInfo[]> {
    try {
      return await this.#segments.list();
    } catch (error) {
      throw explainOwnDisk(`list ${this.#directory}`, error);
    }
  }

  /** Counts a call, so that closing can wait for it. */
  async #do<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new SkerryError("DRAINING", "The store is closed");
    this.#callsInFlight++;
    try {
      return await call();
    } finally {
      this.#callsInFlight--;
      if (this.#callsInFlight === 0) this.#onIdle?.();
    }
  }
}

/** A message takes the whole buffer behind a view along: a packet's for an id's 20 bytes. */
const compact = (bytes: Uint8Array): Uint8Array =>
  bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();

/** Neighbouring slots as one range. */
function rangesOf(slots: readonly number[]): Range[] {
  const ranges: { offset: number; length: number }[] = [];
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    const offset = slot * SLOT_BYTES;
    if (last !== undefined && last.offset + last.length === offset) last.length += SLOT_BYTES;
    else ranges.push({ offset, length: SLOT_BYTES });
  }
  return ranges;
}
