/** One account as it is kept: numbers as they are counted, receipts as they were signed. */
export interface LedgerRow {
  /** 32 bytes: the peer's. */
  readonly publicKey: Uint8Array;
  /** Unix seconds. */
  readonly epoch: number;
  readonly usedMs: number;
  /** Unix ms; at most two. */
  readonly faultsMs: readonly number[];
  /** Totals by name, each 0 … 2^63 - 1. */
  readonly counts: Readonly<Record<LedgerCount, bigint>>;
  /** The peer has said that it keeps our last receipt. */
  readonly isOursHeld: boolean;
  /** The last receipt that we signed, and the last of each epoch that the peer signed, newest
   * first. */
  readonly ours: LedgerReceipt | undefined;
  readonly theirs: readonly LedgerReceipt[];
  /** Credit notes, in the same way. */
  readonly ourNote: LedgerReceipt | undefined;
  readonly theirNotes: readonly LedgerReceipt[];
  /** Payments of either with the other; what is kept is replaced by this. */
  readonly invoices: readonly LedgerInvoice[];
}

/** One payment, as market/invoice.ts has it. */
export interface LedgerInvoice {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly isOurs: boolean;
  readonly state: string;
  /** u64 each. */
  readonly cb: bigint;
  readonly amount: bigint;
  readonly unit: string;
  readonly method: string;
  readonly payTo: string;
  readonly reference: string;
  readonly proof: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** The credit note for it. */
  readonly note: Uint8Array | undefined;
}

/** What somebody signed: a receipt or a credit note. */
export interface LedgerReceipt {
  /** u32. */
  readonly epoch: number;
  /** u64. */
  readonly seq: bigint;
  /** Signature and all. */
  readonly bytes: Uint8Array;
}

/** In the order in which they are stored: a new one goes to the end. */
export const LEDGER_COUNTS = [
  "soldBytes",
  "soldCb",
  "boughtBytes",
  "boughtCb",
  "forgivenBytes",
  "forgivenCb",
  "repaidCb",
  "writtenOffBytes",
  "writtenOffCb",
  "theirsBeforeBytes",
  "theirsBeforeCb",
  "paidCb",
  "spentCb",
  "hostedCb",
  "unacknowledgedCb",
  "placedCb",
  "placedSignedCb",
] as const;
export type LedgerCount = (typeof LEDGER_COUNTS)[number];

/** Epochs of one peer whose last receipts are kept; of older ones the total alone. A peer begins
 * one when it loses its ledger. */
export const LEDGER_EPOCHS_MAX = 8;

/** The accounts on disk. Every call does its work off the event loop; failures reject with
 * SkerryError DISK_FAILED, STORE_FULL, DATABASE_DAMAGED, DATABASE_TOO_NEW, NETWORK_MISMATCH. */
export interface LedgerFile {
  /** All accounts of this node's key; none where there is no file yet. */
  load(): Promise<readonly LedgerRow[]>;
  /** Replaces or adds these accounts and deletes those of the keys in `forgotten`, all in one
   * transaction; resolves when that would survive a power cut. A receipt never takes the place of
   * one of its epoch with a higher number. */
  save(rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]): Promise<void>;
  /** Finishes and closes; twice is once. */
  close(): Promise<void>;
}

export interface LedgerPlace {
  /** Absolute path of the database; its directory exists. */
  readonly path: string;
  /** 4 bytes. */
  readonly networkId: Uint8Array;
  /** 32 bytes: whose accounts they are. Those of another key in the same file stay as they are. */
  readonly publicKey: Uint8Array;
  readonly nowMs: number;
}

/** Opens nothing before the first call: a node that trades with nobody has no file. */
export type OpenLedgerFile = (place: LedgerPlace) => LedgerFile;
