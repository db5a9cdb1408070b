import { add, Ledger } from "../../../../src/market/mod.ts";
import { RankAdmission } from "../../../../src/node/trade/rank_admission.ts";
import { expect, test } from "../../../support/harness.ts";
import { anyKeyOf, at, MIB, unixAt } from "../../../support/market_parts.ts";

const PEER = anyKeyOf(1);

function setUp({ minRank = 0, byLoad = 0, rank = 0 } = {}) {
  const state = { byLoad, rank };
  const ledger = new Ledger();
  const admission = new RankAdmission({
    minRank,
    gate: {
      get byLoad() {
        return state.byLoad;
      },
    },
    standings: { mayHaveRank: (_key, required) => state.rank >= required },
    ledger,
  });
  /** It was served so much, and has given so much. */
  const trade = (soldBytes: number, repaidBytes: number) => {
    const account = ledger.open(PEER, unixAt(0));
    if (account === undefined) throw new Error("no account");
    add(account.state.sold, BigInt(soldBytes), 0n);
    account.state.repaidCb = BigInt(repaidBytes);
  };
  return { state, ledger, admission, trade };
}

test("without a rank to ask for everybody is served, and nothing is remembered", () => {
  const { admission } = setUp();
  expect([admission.required, admission.check(PEER, MIB, at(0)), admission.refused])
    .toEqual([0, undefined, 0]);
});

test("who has less than the operator asks for is told once which rank it takes", () => {
  const { admission, state, ledger } = setUp({ minRank: 12, rank: 11 });
  expect(admission.check(PEER, MIB, at(0))).toEqual({ rank: 12, isNews: true });
  expect(admission.check(PEER, MIB, at(1))).toEqual({ rank: 12, isNews: false });
  expect(admission.check(anyKeyOf(2), 0, at(1))).toEqual({ rank: 12, isNews: true });
  expect([admission.refused, ledger.size]).toEqual([3, 0]);
  state.rank = 12;
  expect(admission.check(PEER, MIB, at(2))).toBeUndefined();
  state.rank = 0; // a later run of its, without its proof
  expect(admission.check(PEER, MIB, at(3))?.isNews).toBe(true);
});

test("who has repaid is not asked for more by load, but by the operator", () => {
  const { admission, trade, state } = setUp({ minRank: 4, byLoad: 10, rank: 4 });
  expect(admission.check(PEER, MIB, at(0))?.rank).toBe(10);
  trade(15 * MIB, MIB);
  expect(admission.check(PEER, MIB, at(1))).toBeUndefined();
  expect(admission.check(PEER, MIB + 1, at(1))?.rank).toBe(10);
  state.rank = 3;
  expect(admission.check(PEER, 0, at(2))?.rank).toBe(4);
});
