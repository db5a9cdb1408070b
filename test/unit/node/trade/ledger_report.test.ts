import { add, Ledger } from "../../../../src/market/mod.ts";
import { ledgerEntries } from "../../../../src/node/trade/ledger_report.ts";
import { expect, test } from "../../../support/harness.ts";
import { anyKeyOf, START_MS, unixAt } from "../../../support/market_parts.ts";

function ledgerOfThree(): Ledger {
  const ledger = new Ledger();
  const [small, debtor, creditor] = [1, 2, 3].map((n) => ledger.open(anyKeyOf(n), START_MS));
  if (!small || !debtor || !creditor) throw new Error("no room");
  add(small.state.sold, 1n, 2n);
  add(debtor.state.sold, 1_000n, 5_000n);
  debtor.rank = 1;
  debtor.noteFault(START_MS);
  add(creditor.state.bought, 2n, 2n ** 60n);
  return ledger;
}

test("the greatest balance comes first, whoever owes it; no digit of it is lost", () => {
  const keeper = { ledger: ledgerOfThree() } as never;
  const entries = ledgerEntries({ keeper, hasLimits: true }, unixAt(1));
  expect(entries.map(({ publicKey }) => publicKey)).toEqual(
    [3, 2, 1].map((number) => anyKeyOf(number).toHex()),
  );
  expect(entries[0]).toMatchObject({ balanceCb: "-1152921504606846976", receivedBytes: 2 });
  expect(entries[1]).toEqual({
    publicKey: anyKeyOf(2).toHex(),
    rank: 1,
    sentBytes: 1_000,
    sentCb: "5000",
    receivedBytes: 0,
    receivedCb: "0",
    paidCb: "0",
    spentCb: "0",
    balanceBytes: 1_000,
    balanceCb: "5000",
    limitCb: "1048576",
    unsignedBytes: 1_000,
    faults: 1,
  });
});

test("where there are no limits none is told", () => {
  const keeper = { ledger: ledgerOfThree() } as never;
  const entries = ledgerEntries({ keeper, hasLimits: false }, unixAt(1));
  expect(entries.map((entry) => "limitCb" in entry)).toEqual([false, false, false]);
});
