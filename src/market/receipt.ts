import { type KeyPair, signAs, verifyAs } from "../identity/mod.ts";
import { equalBytes, type PublicKey } from "../lib/mod.ts";
import {
  decodeReceipt,
  encodeReceipt,
  RECEIPT_LAYOUT,
  RECEIPT_SIGNED_BYTES,
  type ReceiptFields,
} from "../wire/mod.ts";
import { type Amount, AMOUNT_MAX } from "./amount.ts";

/** The last instant that a date can tell (ECMA-262 §21.4.1.1), unix ms: what is shown to people
 * must not fail on a peer's number. */
export const TIME_MAX = 8_640_000_000_000_000n;

/** A client's signed word for what it has had of a server, in all since `epoch`: the last one says
 * all that those before it said. To be had only by signing one or by checking one. */
export interface Receipt {
  readonly serverKey: PublicKey;
  readonly clientKey: PublicKey;
  readonly epoch: number;
  readonly seq: bigint;
  readonly total: Readonly<Amount>;
  readonly signedAtMs: bigint;
  /** RECEIPT_BYTES, signature and all. */
  readonly bytes: Uint8Array;
}

export type ReceiptStatement = Omit<Receipt, "clientKey" | "bytes">;

/** Signs what we have had of a server. @param networkId 4 bytes. */
export function signReceipt(
  key: KeyPair,
  networkId: Uint8Array,
  { serverKey, epoch, seq, total, signedAtMs }: ReceiptStatement,
): Receipt {
  const clientKey = key.publicKey;
  const bytes = encodeReceipt({
    networkId,
    serverKey,
    clientKey,
    epoch,
    seq,
    totalBytes: total.bytes,
    totalCb: total.cb,
    signedAtMs,
  });
  const signed = bytes.subarray(0, RECEIPT_SIGNED_BYTES);
  bytes.set(signAs(key, "receipt", networkId, signed), RECEIPT_LAYOUT.at.signature);
  return { serverKey, clientKey, epoch, seq, total, signedAtMs, bytes };
}

/** What a receipt says, its signature not looked at; undefined if it is of another form or network,
 * counts more than can be or is of a time that cannot. Copies what it keeps. */
export function parseReceipt(bytes: Uint8Array, networkId: Uint8Array): Receipt | undefined {
  const fields = decodeReceipt(bytes);
  if (fields === undefined || !equalBytes(fields.networkId, networkId)) return undefined;
  if (fields.signedAtMs > TIME_MAX) return undefined;
  if (fields.seq === 0n || fields.totalBytes > AMOUNT_MAX || fields.totalCb > AMOUNT_MAX) {
    return undefined;
  }
  return receiptOf(fields, bytes.slice());
}

/** Who asks which receipt the other holds, and of which epoch it would sign next. */
export interface ReceiptQuestion {
  readonly serverKey: PublicKey;
  readonly clientKey: PublicKey;
  readonly epoch: number;
}

/** A receipt of number 0 and no signature: it says nothing, and asks what an older one would be
 * answered with. @param networkId 4 bytes. */
export function encodeQuestion(
  networkId: Uint8Array,
  { serverKey, clientKey, epoch }: ReceiptQuestion,
): Uint8Array {
  const nothing = { seq: 0n, totalBytes: 0n, totalCb: 0n, signedAtMs: 0n };
  return encodeReceipt({ networkId, serverKey, clientKey, epoch, ...nothing });
}

/** @returns undefined if it is a receipt, or of another form or network. */
export function parseQuestion(
  bytes: Uint8Array,
  networkId: Uint8Array,
): ReceiptQuestion | undefined {
  const fields = decodeReceipt(bytes);
  if (fields?.seq !== 0n || !equalBytes(fields.networkId, networkId)) return undefined;
  const { serverKey, clientKey, epoch } = fields;
  return { serverKey: serverKey as PublicKey, clientKey: clientKey as PublicKey, epoch };
}

/** True if the client that it names signed it on this network: some 100 µs. */
export function isSigned({ clientKey, bytes }: Receipt, networkId: Uint8Array): boolean {
  const signed = bytes.subarray(0, RECEIPT_SIGNED_BYTES);
  const signature = bytes.subarray(RECEIPT_SIGNED_BYTES);
  return verifyAs(clientKey, "receipt", networkId, signed, signature);
}

function receiptOf(fields: ReceiptFields, bytes: Uint8Array): Receipt {
  const { serverKey, clientKey, epoch, seq, totalBytes, totalCb, signedAtMs } = fields;
  return {
    serverKey: serverKey as PublicKey,
    clientKey: clientKey as PublicKey,
    epoch,
    seq,
    total: { bytes: totalBytes, cb: totalCb },
    signedAtMs,
    bytes,
  };
}
