import { viewOf } from "../lib/mod.ts";
import { layout } from "./layout.ts";

/** A receipt (protocol.md §6.2): what a client has had of a server since `epoch`, in all. The
 * signature is over everything before it. */
export const RECEIPT_LAYOUT = layout({
  version: "u8",
  networkId: "u32",
  serverKey: "key32",
  clientKey: "key32",
  epoch: "u32",
  seq: "u64",
  totalBytes: "u64",
  totalCb: "u64",
  signedAtMs: "u64",
  signature: "signature64",
});
export const RECEIPT_BYTES = RECEIPT_LAYOUT.bytes;
/** What is signed. */
export const RECEIPT_SIGNED_BYTES = RECEIPT_LAYOUT.at.signature;
export const RECEIPT_VERSION = 1;

export interface ReceiptFields {
  /** 4 bytes. */
  readonly networkId: Uint8Array;
  /** 32 bytes each. */
  readonly serverKey: Uint8Array;
  readonly clientKey: Uint8Array;
  /** Unix seconds at which the client's account with this server began. */
  readonly epoch: number;
  /** From 1 on within an epoch. */
  readonly seq: bigint;
  readonly totalBytes: bigint;
  readonly totalCb: bigint;
  readonly signedAtMs: bigint;
}

/** The bytes of a receipt, its signature still zero. */
export function encodeReceipt(fields: ReceiptFields): Uint8Array {
  const { at } = RECEIPT_LAYOUT;
  const bytes = new Uint8Array(RECEIPT_BYTES);
  const view = viewOf(bytes);
  bytes[at.version] = RECEIPT_VERSION;
  bytes.set(fields.networkId, at.networkId);
  bytes.set(fields.serverKey, at.serverKey);
  bytes.set(fields.clientKey, at.clientKey);
  view.setUint32(at.epoch, fields.epoch);
  view.setBigUint64(at.seq, fields.seq);
  view.setBigUint64(at.totalBytes, fields.totalBytes);
  view.setBigUint64(at.totalCb, fields.totalCb);
  view.setBigUint64(at.signedAtMs, fields.signedAtMs);
  return bytes;
}

/** The fields of a receipt, copied; undefined for another length or version. */
export function decodeReceipt(bytes: Uint8Array): ReceiptFields | undefined {
  const { at } = RECEIPT_LAYOUT;
  if (bytes.length !== RECEIPT_BYTES || bytes[at.version] !== RECEIPT_VERSION) return undefined;
  const view = viewOf(bytes);
  return {
    networkId: bytes.slice(at.networkId, at.serverKey),
    serverKey: bytes.slice(at.serverKey, at.clientKey),
    clientKey: bytes.slice(at.clientKey, at.epoch),
    epoch: view.getUint32(at.epoch),
    seq: view.getBigUint64(at.seq),
    totalBytes: view.getBigUint64(at.totalBytes),
    totalCb: view.getBigUint64(at.totalCb),
    signedAtMs: view.getBigUint64(at.signedAtMs),
  };
}
