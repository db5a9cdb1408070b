import { formatSize } from "../../config/mod.ts";
import { assert, type ChunkId, SkerryError, toHex, toSkerryError } from "../../lib/mod.ts";
import { type BlobFiles, SLOT_BYTES, type SlotAddress } from "../../ports/mod.ts";
import { chooseVictims, type ChunkIndex, type ChunkRow, type Slots } from "../../store/mod.ts";
import type { IndexWriter } from "./index_writer.ts";
import { diskBytesOf, type StoreQuota } from "./store_quota.ts";

export interface StoreSpaceParts {
  readonly files: BlobFiles;
  readonly index: ChunkIndex;
  readonly writer: IndexWriter;
  readonly slots: Slots;
  readonly quota: StoreQuota;
  /** Brings the order of use in the index up to date. */
  readonly beforeEviction: () => Promise<void>;
  /** An object that may not go now. */
  readonly isSpared: (id: ChunkId) => boolean;
  /** Rows have left the index, for whatever reason. */
  readonly onGone: (rows: readonly ChunkRow[]) => void;
  readonly onEvicted: (chunks: number, diskBytes: number) => void;
  /** Room cannot be made, or not be made durable; waiting writes have been told. */
  readonly onFailed: (error: SkerryError) => void;
}

interface Waiter {
  readonly length: number;
  readonly isSmall: boolean;
  readonly resolve: (at: SlotAddress | undefined) => void;
  readonly reject: (error: SkerryError) => void;
}

type MayGo = (now: ChunkRow) => boolean;

/** Writes under way at once: enough to share every fdatasync, and 32 MiB of chunks at most. */
const WRITES_MAX = 32;
/** Writes that may wait behind them; more are told BUSY. */
const WAITERS_MAX = 256;
/** Room made beyond what is asked for, as a share of the quota and at most: a flush per evicted
 * chunk would be slow. */
const AHEAD_SHARE = 1 / 32;
const AHEAD_BYTES_MAX = 2 ** 24;
/** Slots freed by one call, so that the worker can answer others in between. */
const FREED_PER_CALL_MAX = 64;
const CANDIDATES_PER_PAGE = 64;
/** Measuring asks the file system about every segment, so it is done once in so much eviction. */
const MEASURE_SHARE = 1 / 16;
/** A row that comes or goes adds some 12 KiB to the index's log: after so many the databases are
 * looked at anew, so that what is not known of them stays below half a chunk. */
const UNMEASURED_WRITES_MAX = 32;
/** After so many the log is flushed, and starts over: with small objects it would else grow by
 * megabytes before the next second. */
const UNFLUSHED_WRITES_MAX = 128;

/** Keeps disk use within the quota: hands out room for new objects, evicts old ones for it, and
 * gives slots back once their deletion is durable and nobody reads them. */
export class StoreSpace {
  readonly #parts: StoreSpaceParts;
  // BOUNDED by WAITERS_MAX.
  readonly #waiters: Waiter[] = [];
  /** Objects on their way out, with whether they went. BOUNDED by one step of eviction and the
   * reads that found damage. */
  readonly #leaving = new Map<string, Promise<boolean>>();
  #smallBytes = 0;
  #leavingSmallBytes = 0;
  /** Disk use that rows do not account for: fragmentation, the index, both databases'
   * logs, a file's own blocks. */
  #driftBytes = 0;
  /** The part of it that has nothing to do with the databases, as of the last measure(). */
  #segmentDriftBytes = 0;
  #unmeasuredWrites = 0;
  #unflushedWrites = 0;
  #evictedSinceMeasure = 0;
  #writesInFlight = 0;
  #canPunch = true;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #isFlushWanted = false;

  constructor(parts: StoreSpaceParts) {
    this.#parts = parts;
  }

  /** Bytes of disk taken or promised, as the quota counts them. */
  get usedBytes(): number {
    return this.#parts.slots.allocatedBytes + this.#smallBytes + this.#driftBytes;
  }

  /** At the start: a small object that is there. */
  addSmall(length: number): void {
    this.#smallBytes += diskBytesOf(length);
  }

  /** Room for a chunk: a slot of its own, to be followed by `settled` or `abandon`.
   * @throws {SkerryError} STORE_FULL, BUSY, DISK_FAILED. */
  async takeSlot(length: number): Promise<SlotAddress> {
    const at = await this.#take(length, false);
    assert(at !== undefined, "a chunk is granted a slot");
    return at;
  }

  /** Room for a small object, to be followed by `settled` or `abandonSmall`.
   * @throws {SkerryError} as takeSlot. */
  async takeSmall(length: number): Promise<void> {
    await this.#take(length, true);
  }

  /** The object is stored; from now on it may be evicted. */
  settled(): void {
    this.#writesInFlight--;
    this.#grantWaiters();
    if (this.#waiters.length > 0) this.#kick();
  }

  /** The write failed: the slot holds who knows what. Its blocks go back without a flush, which on
   * a full disk might fail for want of them. */
  abandon(at: SlotAddress): void {
    this.#parts.slots.retire(at, false);
    this.settled();
    this.#kick();
  }

  abandonSmall(length: number): void {
    this.#smallBytes -= diskBytesOf(length);
    this.settled();
  }

  /** Resolves when an object that is on its way out is gone, or stays after all: false. Undefined
   * if it is not on its way out. */
  whenGone(id: ChunkId): Promise<boolean> | undefined {
    return this.#leaving.get(toHex(id));
  }

  /** Deletes an object whose bytes are not to be had any more. */
  async drop(row: ChunkRow): Promise<void> {
    if (!await this.#hasLeft(row.id)) await this.#remove([row], () => true);
    this.#kick();
  }

  /** Waits for an object on its way out. @returns false if it was not, or stays. */
  async #hasLeft(id: ChunkId): Promise<boolean> {
    for (;;) {
      const leaving = this.whenGone(id);
      if (leaving === undefined) return false;
      if (await leaving) return true;
    }
  }

  /** The last reader has left a slot that waits to be freed. */
  readerLeft(): void {
    this.#kick();
  }

  /** Makes the index durable if it has changed, frees what can be freed, evicts down to the quota.
   * Resolves when that is done; failures go to `onFailed`. */
  async maintain(): Promise<void> {
    this.#isFlushWanted ||= this.#parts.writer.isDirty;
    this.#kick();
    await this.#running;
  }

  /** Compares what rows account for with what the file system says. */
  async measure(): Promise<void> {
    this.#evictedSinceMeasure = 0;
    const { files, slots } = this.#parts;
    const databaseBytes = await files.databaseBytes();
    const segmentBytes = await files.allocatedBytes() - databaseBytes;
    // less is allocated than promised while writes are under way
    this.#segmentDriftBytes = Math.max(0, segmentBytes - slots.allocatedBytes);
    this.#noteDatabases(databaseBytes);
  }

  async #measureDatabases(): Promise<void> {
    this.#noteDatabases(await this.#parts.files.databaseBytes());
  }

  #noteWrites(rows: number): void {
    this.#unmeasuredWrites += rows;
    this.#unflushedWrites += rows;
  }

  #noteDatabases(bytes: number): void {
    this.#unmeasuredWrites = 0;
    this.#driftBytes = this.#segmentDriftBytes + Math.max(0, bytes - this.#smallBytes);
  }

  #take(length: number, isSmall: boolean): Promise<SlotAddress | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#waiters.length >= WAITERS_MAX) {
        const sentence = `Cannot store a chunk now: ${WAITERS_MAX} writes wait already`;
        return reject(new SkerryError("BUSY", sentence));
      }
      this.#waiters.push({ length, isSmall, resolve, reject });
      this.#grantWaiters();
      if (this.#waiters.length > 0) this.#kick();
    });
  }

  /** Grants room in the order of asking, as far as it goes. */
  #grantWaiters(): void {
    for (;;) {
      const first = this.#waiters[0];
      if (first === undefined || this.#writesInFlight >= WRITES_MAX) return;
      if (this.#unmeasuredWrites >= UNMEASURED_WRITES_MAX) return;
      if (this.usedBytes + this.#diskBytes(first) > this.#parts.quota.bytes) return;
      this.#waiters.shift();
      this.#writesInFlight++;
      this.#noteWrites(1);
      if (first.isSmall) this.#smallBytes += diskBytesOf(first.length);
      first.resolve(first.isSmall ? undefined : this.#parts.slots.take(first.length));
    }
  }

  #diskBytes({ length, isSmall }: Waiter): number {
    return isSmall ? diskBytesOf(length) : this.#parts.slots.costOf(length);
  }

  /** One run of steps at a time, until none gets further; `#running` never rejects. */
  #kick(): void {
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => this.#running = undefined);
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      try {
        if (await this.#step()) this.#isWanted = true;
      } catch (error) {
        const reason = toSkerryError(error, "DISK_FAILED", "Cannot make room in the store");
        for (const { reject } of this.#waiters.splice(0)) reject(reason);
        this.#parts.onFailed(reason);
      }
    }
  }

  /** @returns true if another step may get further. */
  async #step(): Promise<boolean> {
    if (this.#unmeasuredWrites >= UNMEASURED_WRITES_MAX) await this.#measureDatabases();
    this.#isFlushWanted ||= this.#unflushedWrites >= UNFLUSHED_WRITES_MAX;
    const outcome = await this.#evict();
    if (this.#isFlushWanted || this.#parts.slots.hasRetired) await this.#flush();
    await this.#freeSlots();
    const measureBytes = this.#parts.quota.bytes * MEASURE_SHARE;
    if (this.#evictedSinceMeasure > measureBytes) await this.measure();
    this.#grantWaiters();
    if (outcome === "nobody") await this.#refuseFirst();
    // What was on its way out may have turned out too little for those who wait.
    return outcome !== "nobody" && this.#missingBytes() > 0;
  }

  /** Tells the first waiter that there is no room for it, if nothing can change that: what is being
   * written may become evictable and readers may leave, and either starts another step. */
  async #refuseFirst(): Promise<void> {
    const isHopeless = () =>
      this.#waiters.length > 0 && this.#missingBytes() > 0 && !this.#isWanted &&
      this.#writesInFlight === 0 &&
      this.#leavingBytes(this.#waiters[0]) === 0;
    if (!isHopeless()) return;
    await this.measure(); // the log of small.db may have shrunk since
    this.#grantWaiters();
    if (!isHopeless()) return;
    const first = this.#waiters.shift();
    first?.reject(this.#fullError(first));
    if (this.#waiters.length > 0) this.#isWanted = true;
  }

  /** One step of eviction. "nobody": something has to go, and nothing can. */
  async #evict(): Promise<"not_needed" | "done" | "nobody"> {
    if (this.#missingBytes() <= 0) return "not_needed";
    await this.#parts.beforeEviction();
    const missing = this.#missingBytes();
    if (missing <= 0) return "not_needed";
    const aheadBytes = Math.min(this.#parts.quota.bytes * AHEAD_SHARE, AHEAD_BYTES_MAX);
    const ahead = aheadBytes < SLOT_BYTES ? 0 : aheadBytes; // a small store spares no chunk for it
    const mustBeSmall = !this.#canPunch && this.#waiters[0]?.isSmall === true;
    const victims = chooseVictims(
      this.#candidates(),
      missing + ahead,
      ({ row }) =>
        this.#leaving.has(toHex(row.id)) || this.#parts.isSpared(row.id) ||
        (mustBeSmall && row.at !== undefined),
    );
    if (victims.length === 0) return "nobody";
    const gone = await this.#remove(victims.map(({ row }) => row), mayBeEvicted);
    const diskBytes = gone.reduce((sum, { length }) => sum + diskBytesOf(length), 0);
    this.#evictedSinceMeasure += diskBytes;
    if (gone.length > 0) this.#parts.onEvicted(gone.length, diskBytes);
    return "done";
  }

  *#candidates(): Iterable<{ row: ChunkRow; diskBytes: number }> {
    for (let offset = 0;; offset += CANDIDATES_PER_PAGE) {
      const rows = this.#parts.index.firstToGo(CANDIDATES_PER_PAGE, offset);
      for (const row of rows) yield { row, diskBytes: diskBytesOf(row.length) };
      if (rows.length < CANDIDATES_PER_PAGE) return;
    }
  }

  /** Bytes to evict before the first waiter fits, or the quota holds; ≤ 0 if none. */
  #missingBytes(): number {
    const first = this.#waiters[0];
    const wanted = first === undefined ? 0 : this.#diskBytes(first);
    return this.usedBytes + wanted - this.#leavingBytes(first) - this.#parts.quota.bytes;
  }

  /** Bytes on their way out that will be of use to `waiter`. */
  #leavingBytes(waiter: Waiter | undefined): number {
    const doSlotsHelp = this.#canPunch || waiter?.isSmall === false;
    return this.#leavingSmallBytes + (doSlotsHelp ? this.#parts.slots.retiredBytes : 0);
  }

  /** Takes rows out of the index. Their slots then wait for a flush; small objects go at once.
   * @param mayGo asked within the transaction: what waited before it may have changed the row.
   * @returns the rows that went, as they were then. */
  async #remove(rows: readonly ChunkRow[], mayGo: MayGo): Promise<ChunkRow[]> {
    const removed = this.#removeNow(rows, mayGo);
    const ids = removed.then((gone) => new Set(gone.map(({ id }) => toHex(id))), () => undefined);
    const keys = rows.map(({ id }) => toHex(id));
    for (const key of keys) this.#leaving.set(key, ids.then((gone) => gone?.has(key) === true));
    try {
      return await removed;
    } finally {
      for (const key of keys) this.#leaving.delete(key);
    }
  }

  async #removeNow(rows: readonly ChunkRow[], mayGo: MayGo): Promise<ChunkRow[]> {
    const { index, writer, slots } = this.#parts;
    let gone: ChunkRow[] = [];
    await writer.write(() => {
      gone = rows.flatMap(({ id }) => index.find(id) ?? []).filter(mayGo);
      for (const { id, at } of gone) {
        if (at === undefined) index.setState(id, "leaving");
        else index.remove(id);
      }
    });
    this.#noteWrites(gone.length);
    this.#parts.onGone(gone);
    for (const { at } of gone) if (at !== undefined) slots.retire(at);
    await this.#deleteSmall(gone.filter(({ at }) => at === undefined));
    return gone;
  }

  async #deleteSmall(small: readonly ChunkRow[]): Promise<void> {
    const { index, writer, files } = this.#parts;
    if (small.length === 0) return;
    const bytes = small.reduce((sum, row) => sum + diskBytesOf(row.length), 0);
    this.#leavingSmallBytes += bytes;
    try {
      await files.deleteSmall(small.map(({ id }) => id));
      await writer.write(() => small.forEach(({ id }) => index.remove(id)));
      this.#smallBytes -= bytes;
    } finally {
      this.#leavingSmallBytes -= bytes;
    }
  }

  async #flush(): Promise<void> {
    const { slots, writer } = this.#parts;
    this.#isFlushWanted = false;
    this.#unflushedWrites = 0;
    let hasFlushed = false;
    try {
      await writer.flush(() => slots.beginFlush());
      hasFlushed = true;
    } finally {
      slots.endFlush(hasFlushed);
    }
  }

  async #freeSlots(): Promise<void> {
    const { slots, files } = this.#parts;
    for (;;) {
      const freeable = slots.takeFreeable(FREED_PER_CALL_MAX);
      if (freeable.length === 0) return;
      let areBlocksGone = false;
      try {
        areBlocksGone = await files.freeSlots(freeable);
        this.#canPunch = areBlocksGone;
      } finally {
        slots.freed(freeable, areBlocksGone);
      }
    }
  }

  #fullError({ length }: Waiter): SkerryError {
    const { quota } = this.#parts;
    return new SkerryError(
      "STORE_FULL",
      `Cannot store ${formatSize(length)}: ${formatSize(this.usedBytes)} of ` +
        `${formatSize(quota.bytes)} are in use, and nothing of it may make room: it was ` +
        `published here or is kept for pay. Raise ${quota.flag}, or let go of what need not stay ` +
        "published: skerry publish list, skerry unpublish META",
    );
  }
}

/** Victims are chosen from what is committed, and a pin may have been waiting for its turn. */
const mayBeEvicted: MayGo = ({ isPinned, isHosted }) => !isPinned && !isHosted;
