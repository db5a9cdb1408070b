import { Purchases, REFUSAL_MS, Spending } from "../../../../src/market/mod.ts";
import { Buying } from "../../../../src/node/trade/buying.ts";
import { FETCH_STATUS } from "../../../../src/transport/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { MIB } from "../../../support/market_parts.ts";
import { idAt, PEER, TradeParts } from "../../../support/trade_parts.ts";

const SLICE = 65_536;

function setUp({ hasLimits = true, maxPrice = undefined as number | undefined } = {}) {
  const parts = new TradeParts();
  const bought: number[] = [];
  const buying = new Buying({
    purchases: new Purchases(),
    keeper: parts.keeper,
    standings: parts.standings,
    transport: parts.transport,
    clock: parts.clock,
    logger: parts.logger,
    hasLimits,
    maxPrice,
    networkSize: () => 1_000_000,
    ownRank: () => parts.ownRank,
    onBought: (_connection, _account, factor) => void bought.push(factor),
  });
  const begin = (id = idAt(2), bytes = MIB) => {
    const payment = buying.begin(PEER, id, bytes);
    if (payment === undefined) throw new Error("may not begin");
    return payment;
  };
  const told = (factor: number, line = 2n ** 40n) => ({ factor, balance: 0n, line });
  return { ...{ parts, buying, bought, begin, told } };
}

test("what came at the agreed price is counted, and its fee", () => {
  const { parts, begin, told, bought } = setUp();
  const payment = begin();
  expect(payment.maxPrice).toBe(24);
  expect(parts.account.ordered.cb).toBe(2n * BigInt(MIB) + 1024n);
  expect(payment.answered(FETCH_STATUS.ok, told(2), 2 * SLICE)).toBe(true);
  expect(parts.account.ordered.bytes).toBe(131_072n); // the object is shorter than it might be
  payment.arrived(SLICE);
  payment.released(SLICE);
  payment.ended();
  payment.ended();
  expect(parts.account.state.bought).toEqual({ bytes: 65_536n, cb: 131_072n + 1024n });
  expect([parts.account.isInUse, bought.length > 0]).toEqual([false, true]);
});

test("a seller that lies about the distance is left before a byte is taken", () => {
  const { parts, buying, begin, told } = setUp();
  const payment = begin(idAt(2));
  expect(payment.answered(FETCH_STATUS.ok, told(1), SLICE)).toBe(false); // cheaper is wrong too
  payment.ended();
  expect(parts.account.state.bought).toEqual({ bytes: 0n, cb: 0n });
  expect([parts.closed, parts.log, buying.mismatches]).toEqual([[1], ["price_mismatch"], 1]);
});

test("where nothing is owed another price is told, and no reason to leave", () => {
  const { parts, buying, begin, told } = setUp({ hasLimits: false });
  expect(begin(idAt(2)).answered(FETCH_STATUS.ok, told(0), SLICE)).toBe(true);
  expect([parts.closed, parts.log, buying.mismatches]).toEqual([[], ["price_mismatch"], 1]);
});

test("a price floor shows as one price for all that is cheaper; anything else is a lie", () => {
  const { parts, begin, told } = setUp();
  expect(begin(idAt(2)).answered(FETCH_STATUS.ok, told(7), SLICE)).toBe(true);
  expect(begin(idAt(3)).answered(FETCH_STATUS.ok, told(7), SLICE)).toBe(true);
  expect(begin(idAt(9)).answered(FETCH_STATUS.ok, told(9), SLICE)).toBe(true);
  expect(parts.closed).toEqual([]);
  expect(begin(idAt(4)).answered(FETCH_STATUS.ok, told(8), SLICE)).toBe(false);
  expect(parts.closed).toEqual([1]);
});

test("prices told before the seller's place was proven are checked once it is", () => {
  for (const [factor, times] of [[2, 0], [1, 1]] as const) {
    const { parts, buying, begin, told } = setUp();
    const { nodeId } = parts;
    parts.nodeId = undefined;
    expect(begin(idAt(2)).answered(FETCH_STATUS.ok, told(factor), SLICE)).toBe(true);
    parts.nodeId = nodeId;
    buying.handleProven(PEER);
    expect(parts.closed.length).toBe(times);
  }
});

test("nothing is bought above the highest price, whether known before or told", () => {
  const { parts, buying, begin, told } = setUp();
  expect([buying.isTooDear(PEER, idAt(25)), buying.isTooDear(PEER, idAt(24))]).toEqual([
    true,
    false,
  ]);
  expect(buying.begin(PEER, idAt(25), SLICE)).toBeUndefined();
  expect(begin(idAt(2)).answered(FETCH_STATUS.ok, told(25), SLICE)).toBe(false);
  expect(begin(idAt(2)).answered(FETCH_STATUS.ok, told(255), SLICE)).toBe(false);
  expect(parts.closed).toEqual([1, 1]);
  expect(setUp({ maxPrice: 3 }).buying.maxPrice).toBe(3);
  expect(setUp({ hasLimits: false }).buying.isTooDear(PEER, idAt(160))).toBe(false);
});

test("a FETCH refused for want of credit costs nothing, any other its fee", () => {
  for (const [status, cb] of [[FETCH_STATUS.credit, 0n], [FETCH_STATUS.unknown, 1024n]] as const) {
    const { parts, begin, told } = setUp();
    const payment = begin();
    payment.answered(status, told(2), 0);
    payment.ended();
    expect(parts.account.state.bought).toEqual({ bytes: 0n, cb });
  }
});

test("what was not asked after all is neither reserved nor paid", () => {
  const { parts, begin } = setUp();
  begin().unasked();
  expect([parts.account.isInUse, parts.account.state.bought.cb]).toEqual([false, 0n]);
});

test("wrong slices cost what came before they were found out, and that is given back", () => {
  const { parts, buying, begin, told } = setUp();
  const payment = begin(idAt(2), SLICE);
  payment.answered(FETCH_STATUS.ok, told(2), SLICE);
  payment.arrived(SLICE);
  buying.refund(PEER, idAt(2), SLICE);
  payment.ended();
  expect(parts.account.state.bought).toEqual({ bytes: 0n, cb: 1024n });
  expect(parts.account.state.repaidCb).toBe(0n);
});

test("wrong bytes are given back too where the seller's place is not proven, or it is gone", () => {
  const { parts, buying, begin, told } = setUp();
  parts.nodeId = undefined;
  const payment = begin(idAt(2), SLICE);
  payment.answered(FETCH_STATUS.ok, told(2), SLICE);
  payment.arrived(SLICE);
  payment.ended();
  expect(parts.account.state.repaidCb).toBe(0n);
  const { publicKeyOf } = parts.standings;
  parts.standings.publicKeyOf = () => undefined;
  buying.refund(PEER, idAt(2), SLICE);
  parts.standings.publicKeyOf = publicKeyOf;
  expect(parts.account.state.bought).toEqual({ bytes: 0n, cb: 1024n });
});

test("a seller of chunks ground towards its own id earns the credit of an honest one", () => {
  const [honest, grinder] = [setUp(), setUp()];
  for (const [{ parts, buying, begin, told }, factor] of [[honest, 22], [grinder, 24]] as const) {
    const payment = begin(idAt(factor), MIB);
    payment.answered(FETCH_STATUS.ok, told(factor), MIB);
    payment.arrived(MIB);
    buying.proven(PEER, idAt(factor), MIB);
    payment.ended();
    expect(parts.account.state.bought.bytes).toBe(BigInt(MIB));
  }
  const gain = Number(grinder.parts.account.state.repaidCb) /
    Number(honest.parts.account.state.repaidCb);
  expect(gain).toBeLessThanOrEqual(1.1);
});

test("our own count at the time we asked is where the server's begins", () => {
  const { parts, buying, begin, told } = setUp();
  const first = begin(idAt(1), SLICE);
  const second = begin(idAt(1), SLICE);
  first.answered(FETCH_STATUS.ok, told(1, BigInt(9 * SLICE)), SLICE);
  first.arrived(SLICE); // the server told of the second before it knew of this
  second.answered(FETCH_STATUS.ok, told(1, BigInt(9 * SLICE)), SLICE);
  expect(buying.toldBy(PEER)).toMatchObject({ ours: { bytes: 0n, cb: 0n }, isServed: true });
  expect(parts.account.balance.bytes).toBe(-65_536n);
  expect(buying.roomFor(PEER, idAt(1))).toBe(7 * SLICE - 3 * 1024);
});

test("no credit is spent twice: what the server's line leaves is asked for once", () => {
  const { buying, begin, told } = setUp();
  expect(buying.roomFor(PEER, idAt(1))).toBe(Infinity);
  begin(idAt(1), SLICE).answered(FETCH_STATUS.ok, told(1, BigInt(3 * SLICE)), SLICE);
  expect(buying.roomFor(PEER, idAt(1))).toBe(2 * SLICE - 2048);
  begin(idAt(1), 2 * SLICE);
  expect(buying.roomFor(PEER, idAt(1))).toBe(0);
  expect(buying.toldBy(PEER)?.line).toBe(BigInt(3 * SLICE));
  buying.forget(PEER);
  expect(buying.roomFor(PEER, idAt(1))).toBe(Infinity);
});

test("a holder that asks for a higher rank is left alone until it is there, or for a while", () => {
  const { parts, buying, begin } = setUp();
  parts.ownRank = 7;
  const payment = begin(idAt(2));
  expect(payment.answered(FETCH_STATUS.rank, { factor: 8, balance: 0n, line: 0n }, 0)).toBe(true);
  payment.ended();
  expect(parts.account.state.bought.cb).toBe(0n);
  expect(parts.log).toEqual(["rank_required"]);
  const asked = () => [buying.rankAskedBy(PEER), buying.isTooDear(PEER, idAt(0))];
  expect(asked()).toEqual([8, true]);
  parts.ownRank = 8;
  expect(asked()).toEqual([undefined, false]);
  parts.ownRank = 7;
  parts.world.advance(REFUSAL_MS - 1);
  expect(asked()).toEqual([8, true]);
  parts.world.advance(1);
  expect(asked()).toEqual([undefined, false]);
});

test("what a reader pays is reserved, spent and given back with what the node pays", () => {
  const { parts, buying } = setUp();
  const spending = new Spending(1_000_000);
  const payment = buying.begin(PEER, idAt(2), 4 * SLICE, spending);
  expect([payment?.maxPrice, spending.reservedCb]).toEqual([2, 8 * SLICE + 1_024]);
  expect(buying.roomFor(PEER, idAt(2), spending)).toBe(236_832); // (474,688 - 1,024) / 2
  payment?.answered(FETCH_STATUS.ok, { factor: 2, balance: 0n, line: 2n ** 40n }, 2 * SLICE);
  payment?.arrived(SLICE);
  payment?.ended();
  expect(Number(parts.account.state.bought.cb)).toBe(spending.spentCb);
  buying.refund(PEER, idAt(2), SLICE, spending);
  expect([spending.spentCb, spending.reservedCb]).toEqual([1_024, 0]);
  expect(buying.begin(PEER, idAt(20), SLICE, spending)).toBeUndefined();
});

test("who refuses for its price has told it: it is not asked for less again", () => {
  const { buying, told } = setUp();
  const spending = new Spending(5 * SLICE);
  const payment = buying.begin(PEER, idAt(2), SLICE, spending);
  expect([payment?.maxPrice, buying.factorOf(PEER, idAt(2))]).toEqual([2, 2]);
  payment?.answered(FETCH_STATUS.credit, told(9), 0);
  payment?.ended();
  expect([spending.spentCb, spending.reservedCb]).toEqual([0, 0]);
  expect(buying.factorOf(PEER, idAt(2))).toBe(9);
  expect(buying.begin(PEER, idAt(2), SLICE, spending)).toBeUndefined();
  expect(buying.roomFor(PEER, idAt(2), spending)).toBeLessThan(SLICE);
});

test("a floor that comes with the answer, and is beyond the budget, is refused", () => {
  const { buying, told } = setUp();
  const spending = new Spending(5 * SLICE);
  const first = buying.begin(PEER, idAt(2), SLICE, spending);
  expect(first?.answered(FETCH_STATUS.ok, told(6), SLICE)).toBe(false);
  first?.ended();
  expect([spending.spentCb, spending.reservedCb]).toEqual([0, 0]);
});

test("who serves for more than the FETCH named is not paid, however great the budget", () => {
  for (const [hasLimits, closed] of [[true, 1], [false, 0]] as const) {
    const { parts, buying, told } = setUp({ hasLimits });
    const spending = new Spending(100 * SLICE);
    const payment = buying.begin(PEER, idAt(2), SLICE, spending);
    expect(payment?.maxPrice).toBe(2);
    expect(payment?.answered(FETCH_STATUS.ok, told(3), SLICE)).toBe(false);
    payment?.ended();
    expect([spending.spentCb, spending.reservedCb]).toEqual([0, 0]);
    expect(parts.account.state.bought).toEqual({ bytes: 0n, cb: 0n });
    expect(buying.factorOf(PEER, idAt(2))).toBe(2); // no floor is learnt of it
    expect(parts.closed.length).toBe(closed);
    expect([parts.log, buying.mismatches]).toEqual([["price_mismatch"], 1]);
  }
});
