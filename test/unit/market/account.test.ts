import { add } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { accountOf, START_MS, unixAt } from "../../support/market_parts.ts";

const DAY_MS = 86_400_000;

test("a balance is what the peer had of us, less what we had of it and what we let go", () => {
  const account = accountOf();
  add(account.state.sold, 10n, 100n);
  add(account.state.bought, 4n, 70n);
  add(account.state.forgiven, 1n, 20n);
  expect(account.balance).toEqual({ bytes: 5n, cb: 10n });
  add(account.state.bought, 4n, 70n);
  expect(account.balance).toEqual({ bytes: 1n, cb: -60n });
});

test("what is owed for places counts in cb, what is only agreed does not", () => {
  const account = accountOf();
  Object.assign(account.state, { hostedCb: 9n, placedCb: 2n, unacknowledgedCb: 50n });
  expect(account.balance).toEqual({ bytes: 0n, cb: 7n });
  add(account.state.bought, 1n, 3n);
  expect(account.due).toEqual({ bytes: 1n, cb: 5n });
});

test("the line follows the rank that was proven in this run", () => {
  const account = accountOf();
  account.state.repaidCb = 5n;
  expect(account.lineAt(START_MS)).toBe(0n);
  account.rank = 1;
  expect(account.lineAt(START_MS)).toBe(2n ** 21n + 5n);
});

test("a fault halves the line for a day, a second one within it ends trade for as long", () => {
  const account = accountOf(0, 12);
  const line = account.lineAt(unixAt(0));
  account.noteFault(unixAt(0));
  expect([account.lineAt(unixAt(DAY_MS - 1)), account.isBannedAt(unixAt(1))]).toEqual([
    line / 2n,
    false,
  ]);
  account.noteFault(unixAt(1_000));
  expect(account.isBannedAt(unixAt(1_001))).toBe(true);
  expect(account.isBannedAt(unixAt(DAY_MS))).toBe(false);
  expect(account.lineAt(unixAt(DAY_MS + 1_000))).toBe(line);
});

test("only the last two faults are kept", () => {
  const account = accountOf();
  for (let i = 0; i < 5; i++) account.noteFault(unixAt(i));
  expect(account.state.faultsMs).toEqual([unixAt(3), unixAt(4)]);
});

test("an account begins with nothing, in an epoch of the second it was opened in", () => {
  const { state, balance, receipted, signed, isInUse } = accountOf();
  expect([balance, receipted, signed]).toEqual(new Array(3).fill({ bytes: 0n, cb: 0n }));
  expect([state.epoch, isInUse]).toEqual([START_MS / 1000, false]);
});
