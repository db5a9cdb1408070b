import { type KeyPair, signAs, verifyAs } from "../identity/mod.ts";
import { equalBytes, type PublicKey } from "../lib/mod.ts";
import {
  CREDIT_NOTE_LAYOUT,
  CREDIT_NOTE_SIGNED_BYTES,
  decodeCreditNote,
  encodeCreditNote,
} from "../wire/mod.ts";
import { AMOUNT_MAX } from "./amount.ts";
import { TIME_MAX } from "./receipt.ts";

/** A server's signed word that a client has paid an invoice, and what it has paid in all since
 * `epoch`. To be had only by signing one or by checking one. */
export interface CreditNote {
  readonly serverKey: PublicKey;
  readonly clientKey: PublicKey;
  readonly epoch: number;
  readonly seq: bigint;
  /** For this invoice. */
  readonly cb: bigint;
  readonly totalCb: bigint;
  /** 16 bytes. */
  readonly invoice: Uint8Array;
  readonly signedAtMs: bigint;
  /** CREDIT_NOTE_BYTES, signature and all. */
  readonly bytes: Uint8Array;
}

export type CreditNoteStatement = Omit<CreditNote, "serverKey" | "bytes">;

/** Signs that a client has paid us. @param networkId 4 bytes. */
export function signCreditNote(
  key: KeyPair,
  networkId: Uint8Array,
  statement: CreditNoteStatement,
): CreditNote {
  const serverKey = key.publicKey;
  const bytes = encodeCreditNote({ ...statement, networkId, serverKey });
  const signed = bytes.subarray(0, CREDIT_NOTE_SIGNED_BYTES);
  bytes.set(signAs(key, "credit", networkId, signed), CREDIT_NOTE_LAYOUT.at.signature);
  return { ...statement, serverKey, bytes };
}

/** What a credit note says, its signature not looked at; undefined if it is of another form or
 * network, counts more than can be or is of a time that cannot. Copies what it keeps. */
export function parseCreditNote(bytes: Uint8Array, networkId: Uint8Array): CreditNote | undefined {
  const fields = decodeCreditNote(bytes);
  if (fields === undefined || !equalBytes(fields.networkId, networkId)) return undefined;
  const { seq, cb, totalCb, signedAtMs } = fields;
  if (seq === 0n || cb === 0n || cb > totalCb || totalCb > AMOUNT_MAX) return undefined;
  if (signedAtMs > TIME_MAX) return undefined;
  const { networkId: _, serverKey, clientKey, ...rest } = fields;
  return {
    ...rest,
    serverKey: serverKey as PublicKey,
    clientKey: clientKey as PublicKey,
    bytes: bytes.slice(),
  };
}

/** True if the server that it names signed it on this network: some 100 µs. */
export function isCreditNoteSigned(
  { serverKey, bytes }: CreditNote,
  networkId: Uint8Array,
): boolean {
  const signed = bytes.subarray(0, CREDIT_NOTE_SIGNED_BYTES);
  const signature = bytes.subarray(CREDIT_NOTE_SIGNED_BYTES);
  return verifyAs(serverKey, "credit", networkId, signed, signature);
}
