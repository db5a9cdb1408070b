import { fromHex, type PublicKey, toHex } from "../../lib/mod.ts";
import { type Account, findInvoice, type Invoice, type Ledger } from "../../market/mod.ts";
import { INVOICE_ID_BYTES } from "../../wire/mod.ts";
import type { InvoiceEntry } from "../contract/payments_api.ts";

/** An invoice as people and scripts see it. */
export function invoiceEntry(peer: PublicKey, invoice: Invoice): InvoiceEntry {
  const { id, isOurs, state, cb, amount, unit, method, payTo, proof } = invoice;
  return {
    invoice: toHex(id),
    peer: toHex(peer),
    direction: isOurs ? "in" : "out",
    state,
    cb: String(cb),
    amount: String(amount),
    unit,
    method,
    payTo,
    createdMs: invoice.createdMs,
    expiresMs: invoice.expiresMs,
    ...(proof !== "" && { proof }),
  };
}

/** All of both sides, the newest first. */
export function invoiceEntries(ledger: Ledger): InvoiceEntry[] {
  return [...ledger.accounts()]
    .flatMap(({ state }) => state.invoices.map((one) => invoiceEntry(state.publicKey, one)))
    .sort((a, b) => b.createdMs - a.createdMs);
}

/** The account with an invoice of this name, 32 hex, and the invoice. */
export function findByName(
  ledger: Ledger,
  name: string,
  isOurs: boolean,
): { readonly account: Account; readonly invoice: Invoice } | undefined {
  const id = name.length === 2 * INVOICE_ID_BYTES ? fromHex(name.toLowerCase()) : undefined;
  if (id === undefined) return undefined;
  for (const account of ledger.accounts()) {
    const invoice = findInvoice(account.state.invoices, id, isOurs);
    if (invoice !== undefined) return { account, invoice };
  }
  return undefined;
}
