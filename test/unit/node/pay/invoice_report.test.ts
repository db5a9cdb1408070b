import { Ledger } from "../../../../src/market/mod.ts";
import {
  findByName,
  invoiceEntries,
  invoiceEntry,
} from "../../../../src/node/pay/invoice_report.ts";
import { expect, test } from "../../../support/harness.ts";
import { anyKeyOf, START_MS } from "../../../support/market_parts.ts";
import { invoiceOf } from "../../../support/payment_parts.ts";

function setUp() {
  const ledger = new Ledger();
  const [first, second] = [1, 2].map((number) => ledger.open(anyKeyOf(number), START_MS));
  if (first === undefined || second === undefined) throw new Error("no room");
  first.state.invoices = [invoiceOf(1), invoiceOf(3, { isOurs: false, cb: 2n ** 40n })];
  second.state.invoices = [invoiceOf(2, { state: "held", proof: "seen" })];
  return { ledger, first };
}

test("all invoices of both sides are listed, the newest first, no digit of a sum lost", () => {
  const entries = invoiceEntries(setUp().ledger);
  expect(entries.map(({ invoice, direction }) => [invoice.slice(0, 2), direction])).toEqual([
    ["03", "out"],
    ["02", "in"],
    ["01", "in"],
  ]);
  expect(entries[0]).toMatchObject({ cb: "1099511627776", peer: anyKeyOf(1).toHex() });
  expect(entries.map((entry) => entry.proof)).toEqual([undefined, "seen", undefined]);
});

test("an invoice is found by its whole name, in either case, on the side that is asked", () => {
  const { ledger, first } = setUp();
  const name = invoiceEntry(anyKeyOf(1), invoiceOf(3)).invoice;
  expect(findByName(ledger, name.toUpperCase(), false)?.account).toBe(first);
  for (const wrong of [name.slice(2), `${name}00`, "", "x".repeat(32)]) {
    expect(findByName(ledger, wrong, false)).toBeUndefined();
  }
  expect(findByName(ledger, name, true)).toBeUndefined();
});
