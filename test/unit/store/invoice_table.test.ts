import type { UnixMs } from "../../../src/lib/mod.ts";
import { invoiceRowOf } from "../../../src/node/trade/invoice_rows.ts";
import { LEDGER_DATABASE, openDatabase } from "../../../src/store/mod.ts";
import { InvoiceTable } from "../../../src/store/invoice_table.ts";
import { openSqlite } from "../../support/sqlite.ts";
import { expect, test } from "../../support/harness.ts";
import { invoiceOf } from "../../support/payment_parts.ts";

const owner = new Uint8Array(32).fill(9);
const peer = new Uint8Array(32).fill(1);
const row = (number: number) =>
  invoiceRowOf(
    invoiceOf(number, { isOurs: number % 2 === 0, cb: 2n ** 64n - BigInt(number) - 1n }),
  );

function setUp() {
  const ledger = { networkId: new Uint8Array(4), publicKey: owner, nowMs: 0 as UnixMs };
  return new InvoiceTable(openDatabase(openSqlite, ":memory:", LEDGER_DATABASE, ledger), owner);
}

test("invoices come back as they were, the oldest first; what is named no more is gone", () => {
  const table = setUp();
  table.replace(peer, [row(3), row(1), row(2)]);
  expect(table.load().get(peer.toHex())).toEqual([row(1), row(2), row(3)]);
  table.replace(peer, [row(2)]);
  expect(table.load().get(peer.toHex())).toEqual([row(2)]);
  table.forget(peer);
  expect(table.load().size).toBe(0);
});
