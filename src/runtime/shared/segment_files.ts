import { constants } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SEGMENT_SLOTS, type SegmentInfo, SLOT_BYTES, type SlotAddress } from "../../ports/mod.ts";
import { explainOwnDisk } from "./disk_errors.ts";
import { HandlePool } from "./handle_pool.ts";
import { syncDirectory } from "./sync_directory.ts";

const SEGMENT_BYTES = SEGMENT_SLOTS * SLOT_BYTES;
const SEGMENT_NAME = /^seg-([0-9]{6})\.dat$/;
const READ_HANDLES_MAX = 56;
const WRITE_HANDLES_MAX = 8; // slots are handed out lowest first: few segments are written at once

/** Fills `into` from `offset` of an open file if all of that is in memory, without waiting.
 * @returns whether it did. */
export type ReadCached = (fd: number, offset: number, into: Uint8Array) => boolean;

/** The segment files of one directory. Reads have handles of their own: Deno runs the calls of one
 * handle after one another, and a read would wait behind an fdatasync. */
export class SegmentFiles {
  readonly #directory: string;
  readonly #readCached: ReadCached | undefined;
  readonly #readers: HandlePool;
  readonly #writers: HandlePool;
  readonly #lanes = new WeakMap<FileHandle, WriteLane>();

  constructor(directory: string, readCached: ReadCached | undefined) {
    this.#directory = directory;
    this.#readCached = readCached;
    this.#readers = new HandlePool(
      READ_HANDLES_MAX,
      (segment) => open(this.pathOf(segment), constants.O_RDONLY),
    );
    this.#writers = new HandlePool(WRITE_HANDLES_MAX, (segment) => this.#openOrMake(segment));
  }

  pathOf(segment: number): string {
    return join(this.#directory, `seg-${String(segment).padStart(6, "0")}.dat`);
  }

  async list(): Promise<SegmentInfo[]> {
    const found = [];
    for (const name of (await readdir(this.#directory)).sort()) {
      const number = SEGMENT_NAME.exec(name)?.[1];
      if (number === undefined) continue;
      const { size, blocks } = await stat(join(this.#directory, name));
      const slots = Math.min(SEGMENT_SLOTS, Math.floor(size / SLOT_BYTES));
      found.push({ segment: Number(number), slots, allocatedBytes: blocks * 512 });
    }
    return found;
  }

  async write({ segment, slot }: SlotAddress, bytes: Uint8Array): Promise<void> {
    try {
      await this.#writers.use(
        segment,
        (handle) => this.#laneOf(handle).write(bytes, slot * SLOT_BYTES),
      );
    } catch (error) {
      throw explainOwnDisk(`write slot ${slot} of ${this.pathOf(segment)}`, error);
    }
  }

  async read({ segment, slot }: SlotAddress, offset: number, into: Uint8Array): Promise<boolean> {
    try {
      return await this.#readers.use(segment, async (handle) => {
        let done = 0;
        while (done < into.length) {
          const at = slot * SLOT_BYTES + offset + done;
          const { bytesRead } = await handle.read(into, done, into.length - done, at);
          if (bytesRead === 0) return false; // the file was cut
          done += bytesRead;
        }
        return true;
      });
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === "EIO" || code === "ENOENT") return false;
      throw explainOwnDisk(`read slot ${slot} of ${this.pathOf(segment)}`, error);
    }
  }

  readNow({ segment, slot }: SlotAddress, offset: number, into: Uint8Array): boolean {
    const handle = this.#readCached && this.#readers.peek(segment);
    return handle !== undefined &&
      this.#readCached?.(handle.fd, slot * SLOT_BYTES + offset, into) === true;
  }

  async close(): Promise<void> {
    await Promise.all([this.#readers.close(), this.#writers.close()]);
  }

  #laneOf(handle: FileHandle): WriteLane {
    let lane = this.#lanes.get(handle);
    if (lane === undefined) {
      lane = new WriteLane(handle);
      this.#lanes.set(handle, lane);
    }
    return lane;
  }

  async #openOrMake(segment: number): Promise<FileHandle> {
    const handle = await open(this.pathOf(segment), constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      if ((await handle.stat()).size < SEGMENT_BYTES) {
        await handle.truncate(SEGMENT_BYTES); // sparse: no block is taken yet
        await handle.sync();
        await syncDirectory(this.#directory); // before a row points at it
      }
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

/** The durable writes of one file. One write after the other, since the kernel lets a file have one
 * writer at a time: threads that wait for it spin, and take the processor from the event loop
 * (measured on 2 cores: eight at once are five times slower than one after the other). Syncs are
 * shared, and run beside the next writes. */
class WriteLane {
  readonly #handle: FileHandle;
  readonly #sync: SharedSync;
  #last: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle) {
    this.#handle = handle;
    this.#sync = new SharedSync(() => handle.datasync());
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    const before = this.#last;
    const mine = before.then(() => this.#writeNow(bytes, at));
    this.#last = mine.catch(() => {}); // its own caller hears of it
    await mine;
    await this.#sync.run();
  }

  async #writeNow(bytes: Uint8Array, at: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const left = bytes.length - done;
      done += (await this.#handle.write(bytes, done, left, at + done)).bytesWritten;
    }
  }
}

/** Group commit: whoever asks while a sync runs shares the next one, which begins after his
 * write. */
export class SharedSync {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves when a sync that began after this call has ended. */
  run(): Promise<void> {
    this.#next ??= this.#begin(this.#running);
    return this.#next;
  }

  async #begin(before: Promise<void> | undefined): Promise<void> {
    await before?.catch(() => {}); // its own callers hear of it
    this.#running = this.#next;
    this.#next = undefined;
    await this.#sync();
  }
}
