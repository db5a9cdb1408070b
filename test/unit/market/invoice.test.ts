import {
  findInvoice,
  hasInvoiceRoom,
  type Invoice,
  INVOICE_STATES,
  INVOICES_MAX,
  isPending,
  OPEN_INVOICES_MAX,
  withInvoice,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { invoiceId, invoiceOf } from "../../support/payment_parts.ts";

const listOf = (...invoices: Invoice[]): readonly Invoice[] =>
  invoices.reduce<readonly Invoice[]>(withInvoice, []);

test("an invoice is found by its name and by who is paid", () => {
  const [ours, theirs] = [invoiceOf(1), invoiceOf(1, { isOurs: false, cb: 7n })];
  const list = listOf(ours, theirs);
  expect(findInvoice(list, invoiceId(1), false)).toBe(theirs);
  expect(findInvoice(list, invoiceId(2), true)).toBeUndefined();
  const paid = invoiceOf(1, { state: "paid" });
  expect(withInvoice(list, paid)).toEqual([paid, theirs]);
});

test("what may still bring money or a signature is pending, by side", () => {
  const of = (isOurs: boolean) =>
    INVOICE_STATES.filter((state) => isPending(invoiceOf(1, { isOurs, state })));
  expect(of(true)).toEqual(["open", "paid", "credited"]);
  expect(of(false)).toEqual(["asked", "open"]);
});

test("the oldest that is done with gives way, never one that is pending", () => {
  const done = Array.from({ length: INVOICES_MAX - 1 }, (_, i) => invoiceOf(i, { state: "held" }));
  const full = listOf(invoiceOf(99), ...done);
  const more = withInvoice(full, invoiceOf(100));
  expect(more.length).toBe(INVOICES_MAX);
  expect(findInvoice(more, invoiceId(99), true)).toBeDefined();
  expect(findInvoice(more, invoiceId(0), true)).toBeUndefined();
  expect(findInvoice(more, invoiceId(1), true)).toBeDefined();
});

test("a peer may leave four unpaid of each side, and sixteen unconfirmed in all", () => {
  const unpaid = Array.from({ length: OPEN_INVOICES_MAX }, (_, i) => invoiceOf(i));
  expect(hasInvoiceRoom(unpaid.slice(1), true)).toBe(true);
  expect(hasInvoiceRoom(unpaid, true)).toBe(false);
  expect(hasInvoiceRoom(unpaid, false)).toBe(true);
  const credited = Array.from(
    { length: INVOICES_MAX },
    (_, i) => invoiceOf(i, { state: "credited" }),
  );
  expect(hasInvoiceRoom(credited.slice(1), true)).toBe(true);
  expect(hasInvoiceRoom(credited, true)).toBe(false);
});
