import type { UnixMs } from "../../src/lib/mod.ts";
import { Account, type Invoice, newAccountState, PaymentBook } from "../../src/market/mod.ts";
import { keyOf, NETWORK_ID, START_MS, unixAt } from "./market_parts.ts";

export const [BUYER, SELLER] = [keyOf(1), keyOf(2)];

export const invoiceId = (number: number): Uint8Array => new Uint8Array(16).fill(number);

/** An invoice that the peer is to pay (ours), or that we are to pay. */
export function invoiceOf(number: number, changes: Partial<Invoice> = {}): Invoice {
  return {
    id: invoiceId(number),
    isOurs: true,
    state: "open",
    cb: 1_000n,
    amount: 5n,
    unit: "sat",
    method: "manual",
    payTo: "to the bank",
    reference: "",
    proof: "",
    createdMs: unixAt(number),
    expiresMs: (START_MS + 3_600_000) as UnixMs,
    note: undefined,
    ...changes,
  };
}

/** One node's half of a trade: its book, and its account with the other. */
export function half(own: typeof BUYER, other: typeof BUYER, epochMs = START_MS) {
  return {
    book: new PaymentBook(own, NETWORK_ID),
    account: new Account(newAccountState(other.publicKey, epochMs)),
  };
}

/** The bytes of the note that the seller would send. */
export const noteOf = ({ book, account }: ReturnType<typeof half>): Uint8Array =>
  book.unconfirmed(account)?.bytes ?? new Uint8Array();
