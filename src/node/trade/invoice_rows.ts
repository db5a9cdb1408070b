import type { UnixMs } from "../../lib/mod.ts";
import {
  type Invoice,
  INVOICE_STATES,
  type InvoiceState,
  parseCreditNote,
} from "../../market/mod.ts";
import type { LedgerInvoice } from "../../ports/mod.ts";

/** An invoice as it is kept on disk. */
export function invoiceRowOf(invoice: Invoice): LedgerInvoice {
  return { ...invoice, note: invoice.note?.bytes };
}

/** A kept invoice; none if it is in a state that this version does not know. The note was checked
 * before it was kept. @param networkId 4 bytes. */
export function invoiceOf(row: LedgerInvoice, networkId: Uint8Array): Invoice[] {
  if (!isInvoiceState(row.state)) return [];
  return [{
    ...row,
    state: row.state,
    createdMs: row.createdMs as UnixMs,
    expiresMs: row.expiresMs as UnixMs,
    note: row.note && parseCreditNote(row.note, networkId),
  }];
}

function isInvoiceState(text: string): text is InvoiceState {
  return (INVOICE_STATES as readonly string[]).includes(text);
}
