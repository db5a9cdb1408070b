import type { PublicKey } from "../../lib/mod.ts";
import type { Invoice } from "../../market/mod.ts";

/** What some credit costs, for a while. */
export interface PayQuote {
  readonly cb: bigint;
  /** Whole units, at least one. */
  readonly amount: bigint;
  readonly unit: string;
  readonly method: string;
  readonly expiresInSeconds: number;
}

/** What it takes to pay. */
export interface PayTerms {
  /** For the payer: 1 to 1,024 bytes on one line. */
  readonly payTo: string;
  /** For the driver: what it calls the invoice. */
  readonly reference: string;
  readonly expiresInSeconds: number;
}

/** How an operator is paid: whatever moves money, behind four questions. All of them may be asked
 * again for the same invoice after a crash, and must then lead to the same. What a driver cannot do
 * rejects with a SkerryError whose sentence is for the operator's log. */
export interface PaymentDriver {
  /** Whether settled() finds out by itself; else the operator says what is paid. */
  readonly looksItself: boolean;
  quote(cb: bigint): Promise<PayQuote>;
  /** @param id what both call it. @param peer who is to pay. */
  invoice(quote: PayQuote, id: Uint8Array, peer: PublicKey): Promise<PayTerms>;
  /** What proves that it is paid; undefined if it is not, or not yet. */
  settled(invoice: Invoice): Promise<string | undefined>;
  /** Makes what was paid ours for good, before it is credited. */
  redeem(invoice: Invoice): Promise<void>;
}

/** How long a quote holds where nothing else is said: longer than a person hesitates. */
export const QUOTE_SECONDS = 600;

/** What the operator's rate makes of it: whole units, rounded up. */
export function amountAt(cbPerUnit: bigint, cb: bigint): bigint {
  return (cb + cbPerUnit - 1n) / cbPerUnit;
}
