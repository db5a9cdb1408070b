import type { SlotAddress } from "./blob_files.ts";

/** How long a slot that the store has lent to another process keeps its chunk, ms. */
export const SLOT_LOAN_MS = 1_000;

/** Slots of a store that another process of this machine owns: for reading those that it lends.
 * What a slot holds is the chunk only if the read has ended within the loan. */
export interface SlotFiles {
  /** As BlobFiles.readSlot. */
  readSlot(at: SlotAddress, offset: number, into: Uint8Array): Promise<boolean>;
  /** As BlobFiles.readSlotNow. */
  readSlotNow(at: SlotAddress, offset: number, into: Uint8Array): boolean;
  close(): Promise<void>;
}

/** @param directory the one of BlobPlace. */
export type OpenSlotFiles = (directory: string) => SlotFiles;
