/** Where a chunk's bytes lie: slot `slot` (0 … 255) of segment file `seg-NNNNNN.dat`. */
export interface SlotAddress {
  readonly segment: number;
  readonly slot: number;
}

/** Bytes of a slot, and so the most that one chunk may have. */
export const SLOT_BYTES = 2 ** 20;
/** Slots of a segment file. */
export const SEGMENT_SLOTS = 256;
/** Objects up to this length go to the small-object file: 64 KiB. */
export const SMALL_OBJECT_BYTES_MAX = 2 ** 16;

export interface SegmentInfo {
  readonly segment: number;
  /** Whole slots that the file's size covers; 256 unless it was cut. */
  readonly slots: number;
  /** Bytes of blocks that the file system has given it. */
  readonly allocatedBytes: number;
}

/** Chunk bytes on disk, in segment files of 256 preallocated slots of 1 MiB (sparse), and small
 * objects (≤ 64 KiB) in a SQLite file that a worker owns. Every call but one is asynchronous and
 * does its disk work off the event loop. Failures reject with SkerryError DISK_FAILED,
 * STORE_FULL (ENOSPC and EDQUOT) or DATABASE_DAMAGED. One process at a time: a second one is told
 * DATABASE_IN_USE. */
export interface BlobFiles {
  /** The segment files there are, by number. */
  listSegments(): Promise<readonly SegmentInfo[]>;
  /** Writes a slot from its start, making the segment file if need be; resolves when the bytes are
   * durable (fdatasync, batched over concurrent writers). `bytes` ≤ 1 MiB must not change until
   * then. */
  writeSlot(at: SlotAddress, bytes: Uint8Array): Promise<void>;
  /** Reads exactly `into.length` bytes from `offset` of the slot into `into` (pread).
   * @returns false if the disk has lost them: an I/O error there, or the file is cut or gone. */
  readSlot(at: SlotAddress, offset: number, into: Uint8Array): Promise<boolean>;
  /** The same for bytes that the system has in memory, without waiting for anything.
   * @returns false if it has not all of them there, or cannot tell: readSlot is to be asked. */
  readSlotNow(at: SlotAddress, offset: number, into: Uint8Array): boolean;
  /** Gives the slots' blocks back to the file system (hole punch).
   * @returns false where system or file system cannot; the blocks then stay until overwritten. */
  freeSlots(slots: readonly SlotAddress[]): Promise<boolean>;
  /** Stores a small object durably under `key` (20 bytes); replaces what was there. `bytes` must
   * not change until it resolves. */
  putSmall(key: Uint8Array, bytes: Uint8Array): Promise<void>;
  getSmall(key: Uint8Array): Promise<Uint8Array | undefined>;
  deleteSmall(keys: readonly Uint8Array[]): Promise<void>;
  /** Flushes the index database's write-ahead log on a connection of the worker's own, so that no
   * fsync runs on the event loop. What was committed before the call is durable when it resolves.
   * @returns bytes of frames that the log held: it starts over only when a checkpoint finds no
   * newer frame behind its own, so a writer that never pauses must once it grows large. */
  checkpointIndex(): Promise<number>;
  /** Bytes of blocks allocated to segment files, the small-object file and the index, with the logs
   * of both. */
  allocatedBytes(): Promise<number>;
  /** Of them, what the two databases and their logs have: quick, whatever else there is. */
  databaseBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Where a store's files lie, and whose they are. */
export interface BlobPlace {
  /** Made with mode 0700 if it is not there. */
  readonly directory: string;
  /** The index database, which the worker flushes; it may be made later. */
  readonly indexPath: string;
  readonly networkId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly nowMs: number;
}

/** Opens the chunk files and locks them against other processes.
 * @throws {SkerryError} DATABASE_IN_USE, DATABASE_DAMAGED, DATABASE_TOO_NEW, NETWORK_MISMATCH,
 * DISK_FAILED, STORE_FULL. */
export type OpenBlobFiles = (place: BlobPlace) => Promise<BlobFiles>;
