import { equalBytes, type UnixMs } from "../lib/mod.ts";
import type { CreditNote } from "./credit_note.ts";

/** Unpaid invoices of one peer: one being paid, and some that it thought better of. */
export const OPEN_INVOICES_MAX = 4;
/** All that are kept of one peer, paid ones too; the oldest that is done with gives way. */
export const INVOICES_MAX = 16;
/** The most that one invoice is for: 1 TiB at factor 1. A thousand times a thousand of them stay
 * far below AMOUNT_MAX. */
export const INVOICE_CB_MAX = 2n ** 40n;

/** asked: the payer has named it, and has heard nothing yet (at the payer alone).
 * open: it can be paid. expired: its time is over, and nobody has paid.
 * paid: the money is there, the credit not yet (at the seller alone).
 * credited: the balance is lowered, and the note signed.
 * held: and the payer has confirmed to hold the note (at the seller alone). */
export const INVOICE_STATES = ["asked", "open", "expired", "paid", "credited", "held"] as const;
export type InvoiceState = (typeof INVOICE_STATES)[number];

/** One payment between this node and a peer. Replaced, never changed: what goes to the disk is what
 * was true at that moment. */
export interface Invoice {
  /** INVOICE_ID_BYTES, drawn by the payer. */
  readonly id: Uint8Array;
  /** We are the one who is paid. */
  readonly isOurs: boolean;
  readonly state: InvoiceState;
  readonly cb: bigint;
  /** Whole units. */
  readonly amount: bigint;
  /** As sat or EUR. */
  readonly unit: string;
  /** As manual or lightning. */
  readonly method: string;
  /** What the payer is told; empty while it is asked for. */
  readonly payTo: string;
  /** What the payment program calls it (at the seller alone; may be empty). */
  readonly reference: string;
  /** What showed that it was paid (at the seller alone). */
  readonly proof: string;
  readonly createdMs: UnixMs;
  readonly expiresMs: UnixMs;
  readonly note: CreditNote | undefined;
}

export function findInvoice(
  invoices: readonly Invoice[],
  id: Uint8Array,
  isOurs: boolean,
): Invoice | undefined {
  return invoices.find((invoice) => invoice.isOurs === isOurs && equalBytes(invoice.id, id));
}

/** The same list with `later` in the place of the invoice of its name. */
export function withInvoice(invoices: readonly Invoice[], later: Invoice): readonly Invoice[] {
  const known = findInvoice(invoices, later.id, later.isOurs);
  if (known !== undefined) return invoices.map((one) => one === known ? later : one);
  if (invoices.length < INVOICES_MAX) return [...invoices, later];
  const oldest = invoices.findIndex((one) => !isPending(one));
  return [...invoices.filter((_, i) => i !== oldest), later];
}

/** Money or a signature may still be on its way. */
export function isPending({ state, isOurs }: Invoice): boolean {
  return isOurs ? ["open", "paid", "credited"].includes(state) : ["asked", "open"].includes(state);
}

/** Whether one more may be made with this peer, by the side that is paid or the one that pays. */
export function hasInvoiceRoom(invoices: readonly Invoice[], isOurs: boolean): boolean {
  const pending = invoices.filter(isPending);
  const unpaid = pending.filter((one) => one.isOurs === isOurs && one.state !== "credited");
  return unpaid.length < OPEN_INVOICES_MAX && pending.length < INVOICES_MAX;
}
