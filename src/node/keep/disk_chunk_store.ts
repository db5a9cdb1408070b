import { assert, type ChunkId, equalBytes, SkerryError, toHex } from "../../lib/mod.ts";
import {
  type BlobFiles,
  type Clock,
  SLOT_BYTES,
  type SlotAddress,
  SMALL_OBJECT_BYTES_MAX,
} from "../../ports/mod.ts";
import { ChunkIndex, type ChunkRow, ChunkScores, namesOf, Slots, UseLog } from "../../store/mod.ts";
import type { StoreEntry } from "../contract/operator_api.ts";
import { ChunkProver } from "./chunk_prover.ts";
import type {
  ChunkStore,
  ChunkStoreOptions,
  ProvenBy,
  PutOptions,
  StoredId,
  StoreUsage,
} from "./chunk_store.ts";
import { IndexWriter } from "./index_writer.ts";
import { KeepScores } from "./keep_scores.ts";
import { type PinDoors, setHosted, setPinned } from "./pins.ts";
import { collision, SliceAgreements, type SliceProof } from "./slice_agreements.ts";
import { ProvenSlots } from "./proven_slots.ts";
import { SlotLoans } from "./slot_loans.ts";
import { recoverStore } from "./store_recovery.ts";
import type { StoreEvent } from "./store_event.ts";
import { listEntries } from "./store_listing.ts";
import { StoreQuota } from "./store_quota.ts";
import { StoreSpace } from "./store_space.ts";
import { StoreUpkeep } from "./store_upkeep.ts";
import { UseSaver } from "./use_saver.ts";

/** Opens the store over a data directory's files and index, after bringing them in line.
 * @throws {SkerryError} DISK_FAILED, STORE_FULL, DATABASE_DAMAGED. */
export async function openChunkStore(options: ChunkStoreOptions): Promise<ChunkStore> {
  const store = new DiskChunkStore(options);
  await store.recover();
  return store;
}

class DiskChunkStore implements ChunkStore {
  readonly #files: BlobFiles;
  readonly #clock: Clock;
  readonly #quota: StoreQuota;
  readonly #onEvent: (event: StoreEvent) => void;
  readonly #index: ChunkIndex;
  readonly #writer: IndexWriter;
  readonly #slots = new Slots();
  readonly #uses = new UseLog();
  readonly #saver: UseSaver;
  readonly #scores: KeepScores;
  readonly #space: StoreSpace;
  readonly #prover: ChunkProver;
  readonly #agreements = new SliceAgreements();
  readonly #provenSlots: ProvenSlots;
  readonly #boot: number;
  #chunks = 0;
  /** Puts under way, by id. BOUNDED by StoreSpace's limits. */
  readonly #puts = new Map<string, Promise<unknown>>();
  #reads = 0;
  #onReadsDone: (() => void) | undefined;
  #isClosing = false;
  #closed: Promise<void> | undefined;
  readonly #upkeep: StoreUpkeep;

  constructor(options: ChunkStoreOptions) {
    const { files, db, quotaBytes, sellBytes, clock, onEvent, onGone } = options;
    this.#files = files;
    this.#clock = clock;
    this.#quota = new StoreQuota(quotaBytes, sellBytes);
    this.#onEvent = onEvent;
    this.#index = new ChunkIndex(db);
    this.#scores = options.scores ?? new KeepScores();
    this.#scores.bind(new ChunkScores(db));
    this.#boot = this.#index.beginBoot();
    this.#writer = new IndexWriter(db, files, () => this.#index.forgetFound());
    this.#saver = new UseSaver({
      ...{ uses: this.#uses, scores: this.#scores, index: this.#index },
      ...{ writer: this.#writer, boot: this.#boot },
    });
    this.#prover = new ChunkProver(files, this.#uses, this.#boot);
    this.#space = new StoreSpace({
      files,
      index: this.#index,
      writer: this.#writer,
      slots: this.#slots,
      quota: this.#quota,
      beforeEviction: () => this.#saver.save(),
      isSpared: (id) => this.#puts.has(toHex(id)),
      onGone: (rows) => {
        for (const row of rows) this.#forget(row);
        onGone?.(rows.flatMap(namesOf));
      },
      onEvicted: (chunks, diskBytes) => onEvent({ kind: "chunks_evicted", chunks, diskBytes }),
      onFailed: (error) => onEvent({ kind: "maintenance_failed", error }),
    });
    const loans = new SlotLoans(this.#slots, clock, () => this.#space.readerLeft());
    const proofs = { index: this.#index, prover: this.#prover, agreements: this.#agreements };
    const onUse = (id: ChunkId): void => this.#recordUse(id);
    this.#provenSlots = new ProvenSlots({ ...proofs, files, loans, onUse });
    this.#upkeep = new StoreUpkeep({
      clock,
      saveUses: () => this.#saver.save(),
      space: this.#space,
      count: () => this.#chunks,
      next: (after) => this.#index.presentPage(after, 1)[0]?.id,
      reprove: (id) => this.#reprove(id),
      onFailed: (error) => onEvent({ kind: "maintenance_failed", error }),
    });
  }

  async recover(): Promise<void> {
    this.#chunks = await recoverStore({
      files: this.#files,
      index: this.#index,
      writer: this.#writer,
      slots: this.#slots,
      space: this.#space,
      quota: this.#quota,
      onRowsDropped: (rows) => this.#onEvent({ kind: "rows_dropped", rows }),
    });
    this.#upkeep.start();
    void this.#space.maintain(); // the quota may have been lowered
  }

  async put(id: ChunkId, bytes: Uint8Array, options: PutOptions): Promise<"stored" | "present"> {
    assert(bytes.length > 0 && bytes.length <= SLOT_BYTES, `no chunk has ${bytes.length} bytes`);
    const key = toHex(id);
    for (;;) {
      if (this.#isClosing) throw new SkerryError("DRAINING", "Cannot store a chunk: closing");
      const before = this.#puts.get(key) ?? this.#space.whenGone(id);
      if (before === undefined) break;
      await before.catch(() => {}); // its own caller hears of it
    }
    const put = this.#put(id, bytes, options).finally(() => this.#puts.delete(key));
    this.#puts.set(key, put);
    return await put;
  }

  has(id: ChunkId): boolean {
    return this.#index.find(id) !== undefined;
  }

  lengthOf(id: ChunkId): number | undefined {
    return this.#index.find(id)?.length;
  }

  isAlias(id: ChunkId): boolean {
    const row = this.#index.find(id);
    return row !== undefined && !equalBytes(row.id, id);
  }

  isPinned(id: ChunkId): boolean {
    return this.#index.find(id)?.isPinned === true;
  }

  isKept(id: ChunkId): boolean {
    const row = this.#index.find(id);
    return row !== undefined && (row.isPinned || row.isHosted);
  }

  namesOf(id: ChunkId): ChunkId[] {
    const row = this.#index.find(id);
    return row === undefined ? [] : namesOf(row);
  }

  async dropCached(ids: readonly ChunkId[]): Promise<number> {
    let dropped = 0;
    for (const id of ids) {
      const row = this.#index.find(id);
      if (row === undefined || row.isPinned || this.#puts.has(toHex(row.id))) continue;
      await this.#space.drop(row);
      dropped++;
    }
    return dropped;
  }

  async read(id: ChunkId, offset: number, into: Uint8Array): Promise<boolean> {
    const row = this.#index.find(id);
    if (row === undefined) return false;
    if (!(offset >= 0 && offset + into.length <= row.length)) {
      const range = `${offset} … ${offset + into.length}`;
      throw new RangeError(`bytes ${range} lie outside the ${row.length} bytes of ${toHex(id)}`);
    }
    if (this.#isClosing) throw new SkerryError("DRAINING", "Cannot read a chunk: closing");
    const reading = async () => await this.#prover.read(row, offset, into) || undefined;
    const isRead = await this.#ifSound(row, reading);
    if (isRead) this.#recordUse(row.id);
    return isRead === true;
  }

  async readProven(proof: SliceProof, offset: number, into: Uint8Array): Promise<boolean> {
    // `read` looks the row up before anything else can happen: what agrees is what is read
    while (!this.#agreements.holds(proof)) if (!await this.#agree(proof)) return false;
    return await this.read(proof.id, offset, into);
  }

  readNow(what: ProvenBy, offset: number, into: Uint8Array): boolean {
    return this.#provenSlots.readNow(what, offset, into);
  }

  lend(what: ProvenBy): SlotAddress | undefined {
    return this.#provenSlots.lend(what);
  }

  get #pinDoors(): PinDoors {
    return { index: this.#index, writer: this.#writer, quota: this.#quota };
  }

  pin(ids: readonly ChunkId[], onPinned?: () => void): Promise<void> {
    return setPinned(ids, true, this.#pinDoors, () => (onPinned?.(), true));
  }

  unpin(ids: readonly ChunkId[], mayUnpin?: (id: ChunkId) => boolean): Promise<void> {
    return setPinned(ids, false, this.#pinDoors, mayUnpin);
  }

  host(id: ChunkId, isHosted: boolean, change: () => void): Promise<boolean> {
    return setHosted(id, isHosted, this.#pinDoors, change);
  }

  entries(limit: number): Promise<StoreEntry[]> {
    const [index, uses] = [this.#index, this.#uses];
    return listEntries(limit, { index, uses, isClosing: () => this.#isClosing });
  }

  usage(): StoreUsage {
    return this.#quota.usage(this.#chunks, this.#space.usedBytes);
  }

  ids(after: ChunkId | undefined, limit: number): StoredId[] {
    return this.#index.presentPage(after, limit)
      .map((row) => ({ ...row, pinned: row.isPinned || row.isHosted }));
  }

  writeRows(change: () => void): Promise<void> {
    return this.#writer.write(change);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    this.#provenSlots.stop();
    await this.#upkeep.stop();
    await Promise.allSettled(this.#puts.values());
    this.#provenSlots.close();
    if (this.#reads > 0) await new Promise<void>((done) => this.#onReadsDone = done);
    try {
      await this.#saver.saveAll();
      await this.#space.maintain();
    } finally {
      await this.#files.close();
    }
  }

  async #put(id: ChunkId, bytes: Uint8Array, options: PutOptions): Promise<"stored" | "present"> {
    const row = this.#index.find(id);
    // an acknowledged object has more than a row: bytes that can be relied on
    if (row !== undefined && await this.#ifSound(row, () => Promise.resolve(true))) {
      await this.#addTo(row, options);
      return "present";
    }
    const isSmall = bytes.length <= SMALL_OBJECT_BYTES_MAX;
    if (options.pinned) this.#quota.pin(bytes.length);
    try {
      await (isSmall ? this.#storeSmall(id, bytes, options) : this.#storeChunk(id, bytes, options));
    } catch (error) {
      if (options.pinned) this.#quota.unpin(bytes.length);
      throw error;
    }
    if (options.sliceHashes) this.#agreements.record({ id, sliceHashes: options.sliceHashes });
    this.#chunks++;
    return "stored";
  }

  /** Hashes what is here. @returns false if it has gone. @throws {SkerryError} HASH_COLLISION. */
  async #agree(proof: SliceProof): Promise<boolean> {
    const row = this.#index.find(proof.id);
    if (row === undefined) return false;
    if (this.#isClosing) throw new SkerryError("DRAINING", "Cannot read a chunk: closing");
    const agrees = await this.#ifSound(row, () => this.#prover.agrees(row, proof.sliceHashes));
    const now = this.#index.find(proof.id);
    if (now === undefined || agrees === undefined) return false;
    if (!isSamePlace(now, row)) return true; // other bytes have come: look again
    if (!agrees) throw collision(proof);
    this.#agreements.record(proof);
    return true;
  }

  /** Runs `work` on an object that has passed its proof; its slot cannot be reused meanwhile.
   * @returns undefined if it did not pass, or `work` returns that: then it is dropped. */
  async #ifSound<T>(row: ChunkRow, work: () => Promise<T | undefined>): Promise<T | undefined> {
    this.#reads++;
    if (row.at !== undefined) this.#slots.lease(row.at);
    try {
      const result = await this.#isSound(row) ? await work() : undefined;
      if (result === undefined) await this.#dropDamaged(row);
      return result;
    } finally {
      if (row.at !== undefined && this.#slots.release(row.at)) this.#space.readerLeft();
      this.#reads--;
      if (this.#reads === 0) this.#onReadsDone?.();
    }
  }

  /** Slot, fdatasync, row, in this order: a row never points at bytes that are not durable. */
  async #storeChunk(id: ChunkId, bytes: Uint8Array, options: PutOptions): Promise<void> {
    const at = await this.#space.takeSlot(bytes.length);
    try {
      await this.#files.writeSlot(at, bytes);
      const row = this.#rowOf(id, bytes.length, options);
      await this.#writer.write(() => this.#insert({ ...row, at, state: "present" }, options));
      this.#slots.settle(at);
    } catch (error) {
      this.#space.abandon(at);
      throw error;
    }
    this.#space.settled();
  }

  /** A row first, so that a crash in between leaves no object that no row knows of. */
  async #storeSmall(id: ChunkId, bytes: Uint8Array, options: PutOptions): Promise<void> {
    await this.#space.takeSmall(bytes.length);
    try {
      const row = this.#rowOf(id, bytes.length, options);
      await this.#writer.write(() => this.#insert({ ...row, state: "writing" }, options));
      await this.#files.putSmall(id, bytes);
      await this.#writer.write(() => this.#index.setState(id, "present"));
    } catch (error) {
      await this.#writer.write(() => this.#index.remove(id)).catch(() => {}); // else at a start
      this.#space.abandonSmall(bytes.length);
      throw error;
    }
    this.#space.settled();
  }

  #insert(row: ChunkRow, { onPinned }: PutOptions): void {
    this.#index.insert(row);
    onPinned?.();
    this.#scores.enter(row.id);
  }

  #rowOf(id: ChunkId, length: number, options: PutOptions) {
    const usedMs = this.#uses.stamp(this.#clock.unixMs());
    const { pinned: isPinned, alias, isAlone = false } = options;
    const rest = { isPinned, isHosted: false, usedMs, alias, isAlone };
    return { id, at: undefined, length, boot: this.#boot, ...rest };
  }

  /** Gives an object that is there what a put of it adds. */
  async #addTo(row: ChunkRow, { pinned, alias, onPinned }: PutOptions): Promise<void> {
    this.#recordUse(row.id);
    if (pinned) await this.pin([row.id], onPinned); // pinned or not when its turn comes
    if (alias === undefined || row.alias !== undefined) return;
    await this.#writer.write(() => this.#index.setAlias(row.id, alias));
  }

  async #isSound(row: ChunkRow): Promise<boolean> {
    return this.#prover.isProven(row) || await this.#prover.prove(row);
  }

  /** Also what was proven since the start. */
  async #reprove(id: ChunkId): Promise<void> {
    const row = this.#index.find(id);
    if (row === undefined || this.#isClosing) return;
    await this.#ifSound(row, async () => await this.#prover.prove(row) || undefined);
  }

  /** Drops an object that failed, unless it has gone, or come back, in the meantime. */
  async #dropDamaged(row: ChunkRow): Promise<void> {
    const now = this.#index.find(row.id);
    if (now === undefined || !isSamePlace(now, row)) return;
    const { id, isPinned } = row;
    if (this.#space.whenGone(id) === undefined) {
      this.#onEvent({ kind: "chunk_damaged", id, isPinned });
    }
    await this.#space.drop(row);
  }

  #forget(row: ChunkRow): void {
    this.#uses.forget(row.id);
    this.#agreements.forget(row.id);
    this.#chunks--;
    if (row.isPinned) this.#quota.unpin(row.length);
    else if (row.isHosted) this.#quota.unhost();
  }

  #recordUse(id: ChunkId): void {
    this.#uses.recordUse(id, this.#clock.unixMs());
    if (this.#uses.isFull) void this.#saver.save().catch(() => {}); // maintenance will tell of it
  }
}

const isSamePlace = (a: ChunkRow, b: ChunkRow): boolean =>
  a.at?.segment === b.at?.segment && a.at?.slot === b.at?.slot;
