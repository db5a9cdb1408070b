/** Where a chunk's bytes lie: slot `slot` (0 … 255) of segment file `seg-NNNNNN.dat`. */
export interface SlotAddress {
  readonly segment: number;
  readonly slot: number;
}

/** Chunk bytes on disk, in segment files of 256 preallocated slots of 1 MiB (sparse), and small
 * objects (≤ 64 KiB) in a SQLite file that a worker owns. Every call is asynchronous and does its
 * disk work off the event loop. Failures reject with SkerryError DISK_FAILED (or STORE_FULL for
 * ENOSPC and EDQUOT). */
export interface BlobFiles {
  /** Writes a slot from its start; resolves when the bytes are durable (fdatasync, batched over
   * concurrent writers). `bytes` ≤ 1 MiB must not change until then. */
  writeSlot(at: SlotAddress, bytes: Uint8Array): Promise<void>;
  /** Reads exactly `into.length` bytes from `offset` of the slot into `into` (pread). */
  readSlot(at: SlotAddress, offset: number, into: Uint8Array): Promise<void>;
  /** Gives the slot's blocks back to the file system (hole punch) where that is possible. */
  freeSlot(at: SlotAddress): Promise<void>;
  /** Stores a small object durably under `key` (20 or 32 bytes); replaces what was there. */
  putSmall(key: Uint8Array, bytes: Uint8Array): Promise<void>;
  getSmall(key: Uint8Array): Promise<Uint8Array | undefined>;
  deleteSmall(keys: readonly Uint8Array[]): Promise<void>;
  /** Flushes the index database's write-ahead log, so that no checkpoint runs on the event loop. */
  checkpointIndex(): Promise<void>;
  /** Bytes of blocks allocated to segment files and the small-object file. */
  allocatedBytes(): Promise<number>;
  close(): Promise<void>;
}
