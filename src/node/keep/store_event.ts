import type { ChunkId, SkerryError } from "../../lib/mod.ts";

/** What the store has to tell; the owner makes log lines of it. */
export type StoreEvent =
  /** At the start: another key made this store, so the identity file is a new one. */
  | { readonly kind: "store_adopted"; readonly formerKey: Uint8Array }
  /** An object failed its proof and was dropped. A pinned one has to be published again. */
  | { readonly kind: "chunk_damaged"; readonly id: ChunkId; readonly isPinned: boolean }
  | { readonly kind: "chunks_evicted"; readonly chunks: number; readonly diskBytes: number }
  /** At the start: rows whose segment file is gone or cut. */
  | { readonly kind: "rows_dropped"; readonly rows: number }
  /** Room could not be made or not be made durable; it is tried again. */
  | { readonly kind: "maintenance_failed"; readonly error: SkerryError };
