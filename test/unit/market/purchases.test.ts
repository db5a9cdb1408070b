import { add, Purchases, type ToldStanding } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { accountOf, MIB } from "../../support/market_parts.ts";

const SLICE = 65_536;

const toldWith = (changes: Partial<ToldStanding>): ToldStanding => {
  return { balance: 0n, line: 0n, ours: { bytes: 0n, cb: 0n }, isServed: true, ...changes };
};

test("an order reserves its price and its fee until it is answered", () => {
  const account = accountOf();
  const purchases = new Purchases();
  const order = purchases.open(account, 2 * SLICE, 3);
  expect(account.ordered).toEqual({ bytes: 131_072n, cb: 393_216n + 1024n });
  purchases.receive(order, SLICE);
  purchases.release(order, SLICE); // will not come
  expect(account.ordered).toEqual({ bytes: 0n, cb: 1024n });
  purchases.close(order, true);
  purchases.close(order, true); // twice is once
  expect(account.ordered).toEqual({ bytes: 0n, cb: 0n });
  expect(account.state.bought).toEqual({ bytes: 65_536n, cb: 196_608n + 1024n });
});

test("a FETCH refused for want of credit costs nothing", () => {
  const account = accountOf();
  const purchases = new Purchases();
  purchases.close(purchases.open(account, MIB, 20), false);
  expect([account.state.bought, account.isInUse]).toEqual([{ bytes: 0n, cb: 0n }, false]);
});

test("service earns its seller credit once it is proven, at a bounded factor", () => {
  const account = accountOf();
  const purchases = new Purchases();
  purchases.receive(purchases.open(account, SLICE, 30), SLICE);
  expect(account.state.repaidCb).toBe(0n); // nobody has looked at it yet
  purchases.prove(account, SLICE, 30, 22);
  expect(account.state.repaidCb).toBe(22n * 65_536n);
  expect(account.state.bought.cb).toBe(30n * 65_536n);
});

test("wrong bytes are not paid for", () => {
  const account = accountOf();
  const purchases = new Purchases();
  purchases.receive(purchases.open(account, SLICE, 30), SLICE);
  purchases.refund(account, SLICE, 30);
  expect([account.state.bought, account.state.repaidCb]).toEqual([{ bytes: 0n, cb: 0n }, 0n]);
});

test("no credit is spent twice: what is ordered counts until it has come", () => {
  const account = accountOf();
  const purchases = new Purchases();
  const told = toldWith({ line: BigInt(4 * SLICE) });
  expect(purchases.roomFor(account, 2, told)).toBe(Infinity); // nothing ordered: it may be asked
  purchases.open(account, SLICE, 2);
  expect(purchases.roomFor(account, 2, told)).toBe(SLICE - 1024); // two fees at factor 2
  expect(purchases.roomFor(account, 0, told)).toBe(3 * SLICE);
  purchases.open(account, SLICE, 2);
  expect(purchases.roomFor(account, 2, told)).toBe(0);
  expect(purchases.roomFor(account, 2, undefined)).toBe(Infinity);
});

test("what the server forgave is room again, and what came since it told is not", () => {
  const account = accountOf();
  const purchases = new Purchases();
  const line = BigInt(4 * SLICE);
  const owed = BigInt(100 * SLICE); // by our count; the server has forgiven all of it but a slice
  add(account.state.bought, owed, owed);
  const told = toldWith({ line, balance: BigInt(SLICE), ours: account.balance });
  const order = purchases.open(account, SLICE, 1);
  expect(purchases.roomFor(account, 1, told)).toBe(2 * SLICE - 2048);
  purchases.receive(order, SLICE);
  expect(purchases.roomFor(account, 1, told)).toBe(2 * SLICE - 2048);
  purchases.open(account, 2 * SLICE, 1);
  expect(purchases.roomFor(account, 1, told)).toBe(0);
});

test("of a server that serves beyond the line four slices are asked at once, no more", () => {
  const account = accountOf();
  const purchases = new Purchases();
  const beyond = { line: 0n, balance: 5_000n };
  purchases.open(account, SLICE, 2);
  expect(purchases.roomFor(account, 2, toldWith(beyond))).toBe(3 * SLICE);
  expect(purchases.roomFor(account, 2, toldWith({ ...beyond, isServed: false }))).toBe(0);
  purchases.open(account, 3 * SLICE, 2);
  expect(purchases.roomFor(account, 2, toldWith(beyond))).toBe(0);
});
