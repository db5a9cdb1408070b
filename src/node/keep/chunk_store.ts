import type { ChunkId } from "../../lib/mod.ts";
import type { BlobFiles, Clock, SlotAddress, Sqlite } from "../../ports/mod.ts";
import type { StoreEntry } from "../contract/operator_api.ts";
import type { KeepScores } from "./keep_scores.ts";
import type { SliceProof } from "./slice_agreements.ts";
import type { StoreEvent } from "./store_event.ts";
import type { StoreUsage } from "./store_quota.ts";

export type { StoreUsage } from "./store_quota.ts";

export interface ChunkStoreOptions {
  readonly files: BlobFiles;
  /** The index database; stays open when the store closes. */
  readonly db: Sqlite;
  readonly quotaBytes: number;
  /** Of it, what may be taken for content that was not published here; all if absent. */
  readonly sellBytes?: number | undefined;
  readonly clock: Clock;
  /** What decides who is evicted first; by the last use alone if absent. */
  readonly scores?: KeepScores;
  readonly onEvent: (event: StoreEvent) => void;
  /** Told the names of objects that have gone, for whatever reason. Default: nobody is. */
  readonly onGone?: (names: readonly ChunkId[]) => void;
}

/** The node's own chunks, as the rest of node/ sees them. An id may be an object's SHA-1 or the
 * alias it was put with; both name the same object. */
export interface ChunkStore {
  /** Keeps `bytes` (1 … 1 MiB), which the caller has proven to have the SHA-1 `id`; durable when it
   * resolves. `bytes` must not change until then. An object that is there already only gains the
   * pin and the alias. Putting the same id twice at once writes once.
   * @throws {SkerryError} STORE_FULL if the quota is reached and nothing may be evicted, or the
   * disk is full; BUSY if hundreds of puts wait already; DISK_FAILED; DATABASE_DAMAGED. */
  put(id: ChunkId, bytes: Uint8Array, options: PutOptions): Promise<"stored" | "present">;
  has(id: ChunkId): boolean;
  /** Bytes of the object; undefined if it is not here. */
  lengthOf(id: ChunkId): number | undefined;
  /** True if the id is the alias of an object that is here, so that no SHA-1 is meant by it. */
  isAlias(id: ChunkId): boolean;
  /** Whether it is published content of this node; false if it is not here. */
  isPinned(id: ChunkId): boolean;
  /** Whether it is here and never evicted: published here, or kept for somebody who pays. */
  isKept(id: ChunkId): boolean;
  /** Fills `into` from `offset` of the object; the slot cannot be reused meanwhile. The first read
   * after a start proves the whole object's SHA-1; a damaged one is dropped and counts as gone.
   * @returns false if it is gone; `into` then holds nothing of use.
   * @throws {RangeError} if the range lies outside the object; {SkerryError} DISK_FAILED. */
  read(id: ChunkId, offset: number, into: Uint8Array): Promise<boolean>;
  /** As `read`, for a reader who has a manifest: what it fills in has the slice hashes listed.
   * The first such read of an object hashes all of it.
   * @throws {SkerryError} HASH_COLLISION if what is here has other ones. */
  readProven(proof: SliceProof, offset: number, into: Uint8Array): Promise<boolean>;
  /** As `read`, or with slice hashes as `readProven`, where the proof was made before and the bytes
   * are in the system's memory: the only one that does not wait.
   * @returns false if that cannot be said; the other is to be asked. */
  readNow(what: ProvenBy, offset: number, into: Uint8Array): boolean;
  /** Where the object lies, for a process that reads it there: its slot is not reused for
   * SLOT_LOAN_MS from now. Under the same conditions as `readNow`, and counted as a use.
   * @returns undefined if it may not be read there, or too many slots are lent. */
  lend(what: ProvenBy): SlotAddress | undefined;
  /** Pinned objects are never evicted. Ids that are not here are passed over. */
  pin(ids: readonly ChunkId[]): Promise<void>;
  /** @param mayUnpin asked for each id, in the transaction that unpins it, and may write down why;
   * false: it stays as it is. Default: none does. */
  unpin(ids: readonly ChunkId[], mayUnpin?: (id: ChunkId) => boolean): Promise<void>;
  /** Keeps an object that is here for somebody who pays, or no longer. `change` writes down for
   * whom, in the same transaction. @returns false, with nothing changed, if it is not here. */
  host(id: ChunkId, isHosted: boolean, change: () => void): Promise<boolean>;
  /** All names of an object that is here, its SHA-1 first; none if it is not. */
  namesOf(id: ChunkId): readonly ChunkId[];
  /** Drops those of the objects that are here and not published here, at once.
   * @returns how many. @throws {SkerryError} DATABASE_DAMAGED, DISK_FAILED. */
  dropCached(ids: readonly ChunkId[]): Promise<number>;
  /** Newest use first, at most `limit`. They are read some at a time, with turns of the loop in
   * between: an object that is used meanwhile may be missing. */
  entries(limit: number): Promise<readonly StoreEntry[]>;
  usage(): StoreUsage;
  /** What is stored, in id order, for announcing: at most `limit` after `after` (exclusive). */
  ids(after: ChunkId | undefined, limit: number): readonly StoredId[];
  /** Runs `change`, which writes other tables of the index database, in a transaction between two
   * flushes: else it might wait for the flushing thread's lock, with the event loop stopped. */
  writeRows(change: () => void): Promise<void>;
  /** Finishes writes under way, flushes and closes. New puts reject with DRAINING. */
  close(): Promise<void>;
}

/** An object, and the slice hashes that its bytes must have where SHA-1 is not enough. */
export type ProvenBy = Pick<SliceProof, "id"> & Partial<SliceProof>;

export interface PutOptions {
  /** Published content: kept until unpinned. */
  readonly pinned: boolean;
  /** With `pinned`: writes down for what, in the transaction that pins it. */
  readonly onPinned?: () => void;
  /** SHA-256[0..20) of a manifest object, its second name. */
  readonly alias?: ChunkId;
  /** What the bytes were proven by when they came, beside the SHA-1. */
  readonly sliceHashes?: Uint8Array;
  /** It came by its own id, not as part of a file: nothing else here tells others of it. */
  readonly isAlone?: boolean;
}

export interface StoredId {
  readonly id: ChunkId;
  readonly alias: ChunkId | undefined;
  /** Published here, or kept for somebody who pays. */
  readonly pinned: boolean;
  /** As PutOptions has it. Default: false. */
  readonly isAlone?: boolean;
}
