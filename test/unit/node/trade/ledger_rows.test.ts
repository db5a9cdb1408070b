import { Account, add, newAccountState, ReceiptBook } from "../../../../src/market/mod.ts";
import { rowOf, stateOf } from "../../../../src/node/trade/ledger_rows.ts";
import { LEDGER_COUNTS } from "../../../../src/ports/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { keyOf, NETWORK_ID, START_MS, unixAt } from "../../../support/market_parts.ts";
import { half, invoiceId, invoiceOf } from "../../../support/payment_parts.ts";

function full() {
  const [us, peer] = [keyOf(1), keyOf(2)];
  const account = new Account(newAccountState(peer.publicKey, START_MS));
  const { state } = account;
  const amounts = [state.sold, state.bought, state.forgiven, state.writtenOff, state.theirsBefore];
  amounts.forEach((amount, i) => add(amount, BigInt(10 * i + 1), BigInt(10 * i + 2)));
  state.repaidCb = 99n;
  Object.assign(state, { hostedCb: 91n, unacknowledgedCb: 92n, placedCb: 93n });
  account.noteFault(unixAt(1));
  new ReceiptBook(us, NETWORK_ID).sign(account, unixAt(2));
  const theirs = new Account(newAccountState(us.publicKey, START_MS));
  add(theirs.state.bought, 1n, 2n);
  state.theirs = new ReceiptBook(peer, NETWORK_ID).sign(theirs, unixAt(3));
  state.isOursHeld = true;
  state.placedSignedCb = 94n;
  const seller = half(peer, us);
  seller.account.state.invoices = [invoiceOf(1, { state: "paid" })];
  seller.book.credit(seller.account, invoiceId(1), unixAt(4));
  state.theirNote = seller.account.state.ourNote;
  const ours = half(us, peer);
  state.invoices = [invoiceOf(2, { state: "paid", cb: 7n })];
  ours.book.credit(account, invoiceId(2), unixAt(5));
  state.spentCb = 8n;
  return state;
}

test("an account comes back from its row as it was", () => {
  const state = full();
  const row = rowOf(state);
  expect(stateOf(row, NETWORK_ID)).toEqual(state);
  expect(new Set(LEDGER_COUNTS.map((name) => row.counts[name])).size).toBe(LEDGER_COUNTS.length);
});

test("an account without receipts has none on disk", () => {
  const state = newAccountState(keyOf(2).publicKey, START_MS);
  expect(stateOf(rowOf(state), NETWORK_ID)).toEqual(state);
});

test("a kept receipt of another form or network is left out", () => {
  const row = rowOf(full());
  const cut = { epoch: 1, seq: 1n, bytes: new Uint8Array(3) };
  const state = stateOf({ ...row, ours: cut, theirs: [cut] }, NETWORK_ID);
  expect([state.ours, state.theirs]).toEqual([undefined, undefined]);
  expect(stateOf(row, new Uint8Array(4)).theirs).toBeUndefined();
});
