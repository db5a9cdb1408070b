import { invoiceOf as readInvoice, invoiceRowOf } from "../../../../src/node/trade/invoice_rows.ts";
import { expect, test } from "../../../support/harness.ts";
import { NETWORK_ID, unixAt } from "../../../support/market_parts.ts";
import { BUYER, half, invoiceId, invoiceOf, SELLER } from "../../../support/payment_parts.ts";

test("an invoice comes back from its row as it was, its credit note too", () => {
  const { book, account } = half(SELLER, BUYER);
  account.state.invoices = [invoiceOf(1, { state: "paid" }), invoiceOf(2)];
  book.credit(account, invoiceId(1), unixAt(5));
  for (const invoice of account.state.invoices) {
    expect(readInvoice(invoiceRowOf(invoice), NETWORK_ID)).toEqual([invoice]);
  }
  expect(account.state.invoices[0]?.note?.cb).toBe(1_000n);
});

test("one in a state that only a later version knows is left out", () => {
  expect(readInvoice({ ...invoiceRowOf(invoiceOf(1)), state: "disputed" }, NETWORK_ID)).toEqual([]);
});
