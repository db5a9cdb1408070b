import type { UnixMs } from "../../../src/lib/mod.ts";
import { LEDGER_COUNTS, type LedgerCount, type LedgerRow } from "../../../src/ports/mod.ts";
import { LEDGER_DATABASE, LedgerTable, openDatabase } from "../../../src/store/mod.ts";
import { openSqlite } from "../../support/sqlite.ts";
import { expect, test } from "../../support/harness.ts";

const owner = new Uint8Array(32).fill(9);
const opened = () =>
  openDatabase(openSqlite, ":memory:", LEDGER_DATABASE, {
    networkId: new Uint8Array(4),
    publicKey: owner,
    nowMs: 0 as UnixMs,
  });

function row(number: number): LedgerRow {
  const counts = LEDGER_COUNTS.map((name, i) => [name, BigInt(i)] as const);
  return {
    publicKey: new Uint8Array(32).fill(number),
    epoch: 7,
    usedMs: 8,
    faultsMs: [1, 2],
    counts: Object.fromEntries(counts) as Record<LedgerCount, bigint>,
    isOursHeld: true,
    ours: { epoch: 7, seq: 1n, bytes: Uint8Array.of(1) },
    theirs: [{ epoch: 6, seq: 2n ** 64n - 1n, bytes: Uint8Array.of(2) }],
    ourNote: { epoch: 7, seq: 3n, bytes: Uint8Array.of(3) },
    theirNotes: [{ epoch: 5, seq: 4n, bytes: Uint8Array.of(4) }],
    invoices: [],
  };
}

test("an account and its receipts are read as they were written", () => {
  const table = new LedgerTable(opened(), owner);
  table.save([row(1), row(2)], []);
  expect(table.load()).toEqual([row(1), row(2)]);
  table.save([], [row(1).publicKey]);
  expect(table.load()).toEqual([row(2)]);
});

test("an account that breaks a rule of the tables undoes the whole batch", () => {
  const table = new LedgerTable(opened(), owner);
  const broken = { ...row(2), publicKey: new Uint8Array(31) };
  expect(() => table.save([row(1), broken], [])).toThrow();
  expect(table.load()).toEqual([]);
});

test("counts that an earlier version did not keep begin at nothing", () => {
  const db = opened();
  const table = new LedgerTable(db, owner);
  table.save([row(1)], []);
  db.prepare("UPDATE account SET counts = ?").run(new Uint8Array(8).fill(1));
  const counts = table.load()[0]?.counts;
  expect([counts?.soldBytes, counts?.soldCb]).toEqual([0x0101010101010101n, 0n]);
});
