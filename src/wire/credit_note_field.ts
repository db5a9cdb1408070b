import { viewOf } from "../lib/mod.ts";
import { layout } from "./layout.ts";

/** A credit note (protocol.md §6.2): a server's signed word that a client has paid. Like a receipt
 * it says all that those before it said: `totalCb` since `epoch`, of which `cb` for this invoice.
 * The signature is over everything before it. */
export const CREDIT_NOTE_LAYOUT = layout({
  version: "u8",
  networkId: "u32",
  serverKey: "key32",
  clientKey: "key32",
  epoch: "u32",
  seq: "u64",
  cb: "u64",
  totalCb: "u64",
  invoice: "invoice16",
  signedAtMs: "u64",
  signature: "signature64",
});
export const CREDIT_NOTE_BYTES = CREDIT_NOTE_LAYOUT.bytes;
/** What is signed. */
export const CREDIT_NOTE_SIGNED_BYTES = CREDIT_NOTE_LAYOUT.at.signature;
export const CREDIT_NOTE_VERSION = 1;
/** The name of an invoice, drawn by the one who will pay it. */
export const INVOICE_ID_BYTES = 16;

export interface CreditNoteFields {
  /** 4 bytes. */
  readonly networkId: Uint8Array;
  /** 32 bytes each. */
  readonly serverKey: Uint8Array;
  readonly clientKey: Uint8Array;
  /** Unix seconds at which the server's account with this client began. */
  readonly epoch: number;
  /** From 1 on within an epoch. */
  readonly seq: bigint;
  readonly cb: bigint;
  readonly totalCb: bigint;
  /** INVOICE_ID_BYTES. */
  readonly invoice: Uint8Array;
  readonly signedAtMs: bigint;
}

/** The bytes of a credit note, its signature still zero. */
export function encodeCreditNote(fields: CreditNoteFields): Uint8Array {
  const { at } = CREDIT_NOTE_LAYOUT;
  const bytes = new Uint8Array(CREDIT_NOTE_BYTES);
  const view = viewOf(bytes);
  bytes[at.version] = CREDIT_NOTE_VERSION;
  bytes.set(fields.networkId, at.networkId);
  bytes.set(fields.serverKey, at.serverKey);
  bytes.set(fields.clientKey, at.clientKey);
  view.setUint32(at.epoch, fields.epoch);
  view.setBigUint64(at.seq, fields.seq);
  view.setBigUint64(at.cb, fields.cb);
  view.setBigUint64(at.totalCb, fields.totalCb);
  bytes.set(fields.invoice, at.invoice);
  view.setBigUint64(at.signedAtMs, fields.signedAtMs);
  return bytes;
}

/** The fields of a credit note, copied; undefined for another length or version. */
export function decodeCreditNote(bytes: Uint8Array): CreditNoteFields | undefined {
  const { at } = CREDIT_NOTE_LAYOUT;
  if (bytes.length !== CREDIT_NOTE_BYTES || bytes[at.version] !== CREDIT_NOTE_VERSION) {
    return undefined;
  }
  const view = viewOf(bytes);
  return {
    networkId: bytes.slice(at.networkId, at.serverKey),
    serverKey: bytes.slice(at.serverKey, at.clientKey),
    clientKey: bytes.slice(at.clientKey, at.epoch),
    epoch: view.getUint32(at.epoch),
    seq: view.getBigUint64(at.seq),
    cb: view.getBigUint64(at.cb),
    totalCb: view.getBigUint64(at.totalCb),
    invoice: bytes.slice(at.invoice, at.signedAtMs),
    signedAtMs: view.getBigUint64(at.signedAtMs),
  };
}
