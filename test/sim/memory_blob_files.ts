import { SkerryError, toHex } from "../../src/lib/mod.ts";
import {
  type BlobFiles,
  type Clock,
  SEGMENT_SLOTS,
  type SegmentInfo,
  type SlotAddress,
} from "../../src/ports/mod.ts";
import type { Random } from "../../src/lib/mod.ts";
import { randomBelow, randomUnit } from "../../src/lib/mod.ts";

export interface MemoryDiskOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Every call takes between these, virtual ms. */
  readonly delayMs?: readonly [min: number, max: number];
  /** Whether freed blocks can be given back. Default true. */
  readonly canPunch?: boolean;
}

export type DiskCall = "writeSlot" | "readSlot" | "freeSlots" | "putSmall" | "checkpointIndex";

const BLOCK_BYTES = 4096;
const LOG_BYTES_MAX = 2 ** 18;

/** What lies on a virtual disk; outlives the BlobFiles that were opened on it. */
export class MemoryDisk {
  readonly slots = new Map<number, Uint8Array>();
  readonly blocks = new Map<number, number>();
  readonly small = new Map<string, Uint8Array>();
  /** The small-object file's write-ahead log: it grows to its bound and is then written again. */
  logBytes = 0;
}

/** BlobFiles over a virtual disk and clock, for the simulator and for tests of the store's order of
 * deeds: what is not yet durable when it is crashed is torn, and any call can be made to fail. */
export class MemoryBlobFiles implements BlobFiles {
  readonly disk: MemoryDisk;
  readonly #options: MemoryDiskOptions;
  /** The next call of that name rejects with the error, once. */
  readonly failures = new Map<DiskCall, SkerryError>();
  /** Whether all that was written is in the system's memory. */
  isCached = false;
  /** Called when a call begins. */
  onCall: (call: DiskCall, at?: SlotAddress) => void = () => {};
  isCrashed = false;
  checkpoints = 0;

  constructor(options: MemoryDiskOptions, disk = new MemoryDisk()) {
    this.#options = options;
    this.disk = disk;
  }

  /** Stops everything as kill -9 and a power cut would; what is left is on `disk`. Calls in flight
   * never settle. */
  crash(): MemoryDisk {
    this.isCrashed = true;
    return this.disk;
  }

  listSegments(): Promise<SegmentInfo[]> {
    return this.#after(() => {
      const allocated = new Map<number, number>();
      for (const [key, blocks] of this.disk.blocks) {
        const segment = Math.floor(key / SEGMENT_SLOTS);
        allocated.set(segment, (allocated.get(segment) ?? 0) + blocks * BLOCK_BYTES);
      }
      return [...allocated].sort(([a], [b]) => a - b)
        .map(([segment, allocatedBytes]) => ({ segment, slots: SEGMENT_SLOTS, allocatedBytes }));
    });
  }

  writeSlot(at: SlotAddress, bytes: Uint8Array): Promise<void> {
    this.onCall("writeSlot", at);
    const key = keyOf(at);
    const slot = this.#slotOf(key, bytes.length);
    const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
    this.disk.blocks.set(key, Math.max(blocks, this.disk.blocks.get(key) ?? 0));
    const torn = randomBelow(this.#options.random, bytes.length + 1);
    slot.set(bytes.subarray(0, torn)); // what a crash before the end leaves behind
    return this.#after(() => slot.set(bytes), "writeSlot");
  }

  readSlot(at: SlotAddress, offset: number, into: Uint8Array): Promise<boolean> {
    this.onCall("readSlot", at);
    return this.#after(() => {
      const slot = this.disk.slots.get(keyOf(at));
      if (slot === undefined) return false;
      into.fill(0); // what was never written
      into.set(slot.subarray(offset, offset + into.length));
      return true;
    }, "readSlot");
  }

  readSlotNow(at: SlotAddress, offset: number, into: Uint8Array): boolean {
    const slot = this.isCached ? this.disk.slots.get(keyOf(at)) : undefined;
    if (slot === undefined) return false;
    into.set(slot.subarray(offset, offset + into.length));
    return true;
  }

  freeSlots(slots: readonly SlotAddress[]): Promise<boolean> {
    for (const at of slots) this.onCall("freeSlots", at);
    return this.#after(() => {
      if (this.#options.canPunch === false) return false;
      for (const at of slots) {
        this.disk.slots.get(keyOf(at))?.fill(0);
        if (this.disk.blocks.has(keyOf(at))) this.disk.blocks.set(keyOf(at), 0);
      }
      return true;
    }, "freeSlots");
  }

  putSmall(key: Uint8Array, bytes: Uint8Array): Promise<void> {
    this.onCall("putSmall");
    return this.#after(() => {
      this.disk.small.set(toHex(key), bytes.slice());
      this.disk.logBytes = Math.min(LOG_BYTES_MAX, this.disk.logBytes + bytes.length);
    }, "putSmall");
  }

  getSmall(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#after(() => this.disk.small.get(toHex(key))?.slice());
  }

  deleteSmall(keys: readonly Uint8Array[]): Promise<void> {
    return this.#after(() => {
      for (const key of keys) this.disk.small.delete(toHex(key));
    });
  }

  checkpointIndex(): Promise<number> {
    this.onCall("checkpointIndex");
    return this.#after(() => ++this.checkpoints, "checkpointIndex");
  }

  allocatedBytes(): Promise<number> {
    return this.#after(() => this.allocatedBytesNow());
  }

  databaseBytes(): Promise<number> {
    return this.#after(() => this.#databaseBytesNow());
  }

  allocatedBytesNow(): number {
    let total = this.#databaseBytesNow();
    for (const blocks of this.disk.blocks.values()) total += blocks * BLOCK_BYTES;
    return total;
  }

  #databaseBytesNow(): number {
    let total = this.disk.logBytes;
    for (const bytes of this.disk.small.values()) total += bytes.length + 64;
    return total;
  }

  async close(): Promise<void> {
    await this.#after(() => {});
  }

  /** The slot's bytes as far as they were ever written. */
  #slotOf(key: number, length: number): Uint8Array {
    const known = this.disk.slots.get(key);
    if (known !== undefined && known.length >= length) return known;
    const grown = new Uint8Array(length);
    if (known !== undefined) grown.set(known);
    this.disk.slots.set(key, grown);
    return grown;
  }

  #after<T>(deed: () => T, call?: DiskCall): Promise<T> {
    const { clock, random, delayMs = [0, 0] } = this.#options;
    const ms = delayMs[0] + randomUnit(random) * (delayMs[1] - delayMs[0]);
    return new Promise((resolve, reject) => {
      clock.schedule(ms, () => {
        if (this.isCrashed) return;
        const failure = call === undefined ? undefined : this.failures.get(call);
        if (call === undefined || failure === undefined) return resolve(deed());
        this.failures.delete(call);
        reject(failure);
      });
    });
  }
}

const keyOf = ({ segment, slot }: SlotAddress): number => segment * SEGMENT_SLOTS + slot;
