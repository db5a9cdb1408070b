import type { PublicKey } from "../../lib/mod.ts";
import type { InvoiceState } from "../../market/mod.ts";

/** Payments for credit, both ways. Money moves outside of the node; it makes invoices, finds out
 * what is paid, and signs for it. */
export interface Payments {
  /** Asks a peer what credit costs and for an invoice. One for the same sum that can still be paid
   * is given again, so that nothing is paid twice for asking twice.
   * @param options.cb credit bytes, 1 … 2^40; default: what this node owes the peer.
   * @throws {SkerryError} REFUSED (nothing owed, no credit sold …), NO_PEERS, BUSY, DRAINING,
   * FETCH_TIMED_OUT, DISK_FAILED, CANCELLED. */
  pay(peer: PublicKey, options?: PayOptions): Promise<InvoiceEntry>;
  /** Every invoice that is known, of both sides, the newest first. */
  invoices(): readonly InvoiceEntry[];
  /** One that this node is to pay, by its name in hex. While it is open, its seller is asked how it
   * stands, so that whoever waits for it is told. */
  followInvoice(invoice: string): InvoiceEntry | undefined;
  /** An invoice of this node's has been paid, by the operator's word: it is credited.
   * @throws {SkerryError} INVALID_ID if there is none, REFUSED, DISK_FAILED, DRAINING. */
  settleInvoice(invoice: string, proof: string): Promise<InvoiceEntry>;
}

export interface PayOptions {
  readonly cb?: bigint;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** One payment. Sums are decimal text, since they may be more than a JSON number holds. */
export interface InvoiceEntry {
  /** 32 hex. */
  readonly invoice: string;
  /** 64 hex: who pays, or is paid. */
  readonly peer: string;
  /** in: the peer pays this node. */
  readonly direction: "in" | "out";
  readonly state: InvoiceState;
  readonly cb: string;
  readonly amount: string;
  readonly unit: string;
  readonly method: string;
  /** A stranger's text, on one line; empty while it is asked for. */
  readonly payTo: string;
  /** Unix ms. */
  readonly createdMs: number;
  readonly expiresMs: number;
  /** What showed that it was paid; absent where nothing is known. */
  readonly proof?: string;
}
