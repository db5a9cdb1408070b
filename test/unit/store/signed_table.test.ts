import type { UnixMs } from "../../../src/lib/mod.ts";
import { LEDGER_DATABASE, openDatabase } from "../../../src/store/mod.ts";
import { SignedTable } from "../../../src/store/signed_table.ts";
import { openSqlite } from "../../support/sqlite.ts";
import { expect, test } from "../../support/harness.ts";

const owner = new Uint8Array(32).fill(9);
const peer = new Uint8Array(32).fill(1);
const signed = (epoch: number, seq: bigint) => ({ epoch, seq, bytes: Uint8Array.of(epoch) });

function setUp() {
  const ledger = { networkId: new Uint8Array(4), publicKey: owner, nowMs: 0 as UnixMs };
  const db = openDatabase(openSqlite, ":memory:", LEDGER_DATABASE, ledger);
  return { receipts: new SignedTable(db, "receipt", owner), db };
}

test("the last of each epoch stays, ours and the peer's apart, and the two tables too", () => {
  const { receipts, db } = setUp();
  receipts.save(peer, signed(1, 5n), [signed(3, 1n), signed(2, 2n ** 64n - 1n)]);
  receipts.save(peer, signed(1, 4n), [signed(2, 1n)]);
  const { ours, theirs } = receipts.load();
  expect(ours.get(peer.toHex())).toEqual(signed(1, 5n));
  expect(theirs.get(peer.toHex())).toEqual([signed(3, 1n), signed(2, 2n ** 64n - 1n)]);
  expect(new SignedTable(db, "credit_note", owner).load().ours.size).toBe(0);
  expect(new SignedTable(db, "receipt", peer).load().ours.size).toBe(0);
});

test("a peer's are forgotten whole", () => {
  const { receipts } = setUp();
  receipts.save(peer, signed(1, 5n), [signed(3, 1n)]);
  receipts.forget(peer);
  expect([receipts.load().ours.size, receipts.load().theirs.size]).toEqual([0, 0]);
});
