import { add, Ledger } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { invoiceOf } from "../../support/payment_parts.ts";
import { accountOf, anyKeyOf, START_MS, unixAt } from "../../support/market_parts.ts";

const MIB = 2n ** 20n;

function opened(ledger: Ledger, number: number) {
  const account = ledger.open(anyKeyOf(number), unixAt(number));
  if (account === undefined) throw new Error(`no room for account ${number}`);
  return account;
}

test("a peer has one account", () => {
  const ledger = new Ledger();
  expect(opened(ledger, 1)).toBe(opened(ledger, 1));
  expect(ledger.get(anyKeyOf(1))).toBe(opened(ledger, 1));
  expect(ledger.get(anyKeyOf(2))).toBeUndefined();
  expect(ledger.size).toBe(1);
});

test("a full ledger forgets strangers who owe before any peer that has served us", () => {
  const ledger = new Ledger(3);
  add(opened(ledger, 1).state.bought, 1n, 1n);
  add(opened(ledger, 2).state.sold, 999n * MIB, 0n);
  add(opened(ledger, 3).state.bought, MIB, 2n * MIB);
  opened(ledger, 4);
  expect(ledger.get(anyKeyOf(2))).toBeUndefined();
});

test("one that keeps something for us is no stranger", () => {
  const ledger = new Ledger(2);
  opened(ledger, 1).state.placedCb = MIB + 1n;
  opened(ledger, 2).state.sold.cb = 2n ** 60n;
  opened(ledger, 3);
  expect([ledger.get(anyKeyOf(1)), ledger.get(anyKeyOf(2))].map((found) => found !== undefined))
    .toEqual([true, false]);
});

test("what was agreed for places and never acknowledged is forgiven after what is owed", () => {
  const ledger = new Ledger();
  const account = opened(ledger, 1);
  account.rank = 1;
  Object.assign(account.state, { hostedCb: 5_000n, unacknowledgedCb: 9_000n });
  ledger.refresh(1_000, 1); // 8 KiB
  expect([account.balance.cb, account.state.unacknowledgedCb]).toEqual([0n, 14_000n - 8_192n]);
  ledger.refresh(1_000, 1);
  expect([account.balance.cb, account.state.unacknowledgedCb]).toEqual([0n, 0n]);
});

test("a peer that we owe more than 1 MiB is never forgotten", () => {
  const ledger = new Ledger(2);
  add(opened(ledger, 1).state.bought, MIB + 1n, 0n);
  add(opened(ledger, 2).state.bought, 0n, MIB + 1n);
  expect(ledger.open(anyKeyOf(3), START_MS)).toBeUndefined();
  expect(ledger.refusedNewcomers).toBe(1);
  add(opened(ledger, 2).state.sold, 0n, 1n);
  expect(ledger.open(anyKeyOf(3), START_MS)).toBeDefined();
  expect(ledger.get(anyKeyOf(2))).toBeUndefined();
});

test("where only debts are left, who owes us and was away longest makes room", () => {
  const ledger = new Ledger(40);
  for (let i = 0; i < 40; i++) {
    const account = opened(ledger, i);
    add(account.state.bought, 1n, 1n);
    add(account.state.sold, 9n * MIB, 2n ** 60n);
    ledger.touch(account, unixAt(1_000 - i));
  }
  opened(ledger, 0).reserved.bytes = 1n;
  add(opened(ledger, 39).state.bought, 99n * MIB, 0n); // we owe it bytes
  expect(opened(ledger, 41)).toBeDefined();
  expect(ledger.size).toBe(40 - 16 + 1);
  const gone = [...Array(40).keys()].filter((i) => ledger.get(anyKeyOf(i)) === undefined);
  expect(gone).toEqual([...Array(16).keys()].map((i) => 23 + i));
});

test("an account with something promised is not forgotten", () => {
  const ledger = new Ledger(1);
  opened(ledger, 1).reserved.bytes = 1n;
  expect(ledger.open(anyKeyOf(2), START_MS)).toBeUndefined();
});

test("whoever is forgotten is deleted on disk, unless back before that", () => {
  const ledger = new Ledger(1);
  ledger.touch(opened(ledger, 1), START_MS);
  opened(ledger, 2);
  expect(ledger.takeChanges(9)).toEqual({ accounts: [], forgotten: [anyKeyOf(1).toHex()] });
  opened(ledger, 1);
  opened(ledger, 2);
  expect(ledger.takeChanges(9).forgotten).toEqual([anyKeyOf(1).toHex()]);
});

test("changes are taken once, in parts, and put back when the disk refuses", () => {
  const ledger = new Ledger();
  for (let i = 0; i < 3; i++) ledger.touch(opened(ledger, i), unixAt(i));
  const first = ledger.takeChanges(2).accounts;
  expect(first.length).toBe(2);
  expect(ledger.takeChanges(2).accounts.length).toBe(1);
  expect(ledger.hasChanges).toBe(false);
  ledger.putBack(first, []);
  expect(ledger.takeChanges(9).accounts).toEqual(first);
});

test("what was kept comes back, up to the capacity", () => {
  const ledger = new Ledger(2);
  ledger.restore([1, 2, 3].map((number) => accountOf(number).state));
  expect([...ledger.accounts()].map(({ mayBeBehind }) => mayBeBehind)).toEqual([true, true]);
  expect(ledger.hasChanges).toBe(false);
  expect(opened(new Ledger(), 4).mayBeBehind).toBe(false);
});

test("refreshing forgives what is owed by rank and idle time, and never more than is owed", () => {
  const ledger = new Ledger();
  const [debtor, creditor, ranked] = [opened(ledger, 1), opened(ledger, 2), opened(ledger, 3)];
  add(debtor.state.sold, 10n, 20n);
  add(creditor.state.bought, MIB, MIB);
  creditor.rank = 12;
  add(ranked.state.sold, 10n * MIB, 100n);
  ranked.rank = 1;
  ledger.refresh(10_000, 1);
  expect(debtor.balance).toEqual({ bytes: 10n, cb: 20n }); // no rank, nothing forgiven
  expect(creditor.balance).toEqual({ bytes: -MIB, cb: -MIB });
  expect(ranked.balance).toEqual({ bytes: 10n * MIB - 81_920n, cb: 0n });
});

test("who has paid us is no stranger, and nobody is forgotten while a payment is under way", () => {
  const ledger = new Ledger(2);
  const [payer, paying] = [opened(ledger, 1), opened(ledger, 2)];
  add(payer.state.sold, 9n * MIB, 0n);
  payer.state.paidCb = 1n;
  add(paying.state.sold, 9n * MIB, 0n);
  paying.state.invoices = [invoiceOf(1)];
  opened(ledger, 3);
  expect([ledger.get(anyKeyOf(1)), ledger.get(anyKeyOf(2))]).toEqual([undefined, paying]);
  paying.state.invoices = [invoiceOf(1, { state: "expired" })];
  add(opened(ledger, 3).state.sold, 9n * MIB, 0n);
  opened(ledger, 3).state.paidCb = 1n;
  opened(ledger, 4);
  expect([ledger.get(anyKeyOf(2)), ledger.get(anyKeyOf(3))?.state.paidCb]).toEqual([
    undefined,
    1n,
  ]);
});

test("what we have paid ahead is neither forgiven nor forgotten", () => {
  const ledger = new Ledger(2);
  const [seller, debtor] = [opened(ledger, 1), opened(ledger, 2)];
  seller.state.spentCb = 9n * MIB;
  add(seller.state.sold, 1_000n, 1_000n);
  add(debtor.state.sold, 9n * MIB, 0n);
  seller.rank = 20;
  ledger.refresh(10_000, 1);
  expect(seller.balance).toEqual({ bytes: 9n * MIB, cb: 9n * MIB }); // but for what it was served
  for (const number of [3, 4, 5]) add(opened(ledger, number).state.sold, 9n * MIB, 0n);
  expect(ledger.get(anyKeyOf(1))).toBe(seller);
  add(seller.state.bought, 1n, 1n);
  for (const number of [6, 7]) add(opened(ledger, number).state.sold, 9n * MIB, 0n);
  expect(ledger.get(anyKeyOf(1))).toBe(seller);
});
