import type { SkerryErrorCode } from "../../lib/mod.ts";
import type { LedgerPlace, LedgerRow } from "../../ports/mod.ts";

/** What the event loop asks of the store worker, by name: parameters and answer. Written once; both
 * ends are typed by it. */
export interface StoreWorkerCalls {
  /** First of all: opens small.db, and says where the index database will be. */
  open: {
    ask: {
      readonly smallPath: string;
      readonly indexPath: string;
      readonly networkId: Uint8Array;
      readonly publicKey: Uint8Array;
      readonly nowMs: number;
    };
    answer: undefined;
  };
  put: { ask: { readonly key: Uint8Array; readonly bytes: Uint8Array }; answer: undefined };
  get: { ask: { readonly key: Uint8Array }; answer: Uint8Array | undefined };
  delete: { ask: { readonly keys: readonly Uint8Array[] }; answer: undefined };
  /** Bytes of frames that the index database's log held. */
  checkpoint: { ask: undefined; answer: number };
  /** Whether the blocks of all ranges went back to the file system. */
  punch: {
    ask: {
      readonly files: readonly { readonly path: string; readonly ranges: readonly Range[] }[];
    };
    answer: boolean;
  };
  /** First of all in a worker that keeps the ledger and nothing else. */
  openLedger: { ask: LedgerPlace; answer: undefined };
  loadLedger: { ask: undefined; answer: readonly LedgerRow[] };
  saveLedger: {
    ask: { readonly rows: readonly LedgerRow[]; readonly forgotten: readonly Uint8Array[] };
    answer: undefined;
  };
  close: { ask: undefined; answer: undefined };
}

/** Bytes of a file, from an offset. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

export type StoreWorkerCallName = keyof StoreWorkerCalls;

/** Event loop → worker. `call` numbers the question; the answer carries the same number. */
export type StoreWorkerRequest = {
  [Name in StoreWorkerCallName]: {
    readonly call: number;
    readonly name: Name;
    readonly ask: StoreWorkerCalls[Name]["ask"];
  };
}[StoreWorkerCallName];

/** Worker → event loop: the answer of one call, or of all puts of one transaction. Those are told
 * together, so that what the event loop writes down for them can share a transaction as well. A
 * SkerryError loses its class on the way, so code and sentence travel. */
export type StoreWorkerReply =
  | { readonly calls: readonly number[]; readonly answer: unknown }
  | {
    readonly calls: readonly number[];
    readonly code: SkerryErrorCode;
    readonly sentence: string;
  };
