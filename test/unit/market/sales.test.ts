import fc from "fast-check";
import {
  add,
  AMOUNT_MAX,
  FreePool,
  RESERVATION_MS,
  type Sale,
  Sales,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { accountOf, at, MIB, START_MS } from "../../support/market_parts.ts";

const SLICE = 65_536;
const NO_POOL = () => new FreePool(0);

/** An account that has repaid enough to be served on its line of 2 MiB. */
function repaid(rank = 1) {
  const account = accountOf(0, rank);
  account.state.repaidCb = BigInt(MIB);
  account.state.bought.cb = BigInt(MIB);
  account.state.bought.bytes = BigInt(MIB);
  return account;
}

function opened(sale: Sale | undefined): Sale {
  if (sale === undefined) throw new Error("refused");
  return sale;
}

test("a FETCH is served up to the last credit byte of the line, and refused beyond it", () => {
  // Line: 2 MiB + 1 MiB repaid; balance: −1 MiB. So 4 MiB less one fee are left at factor 1.
  for (const [lacking, isServed] of [[0n, true], [1n, false]] as const) {
    const account = repaid();
    account.state.sold.cb = 3n * BigInt(MIB) - 1024n + lacking;
    const sale = new Sales(NO_POOL(), true).open(
      { account, factor: 1, bytes: MIB, ip: undefined },
      at(0),
      START_MS,
    );
    expect(sale !== undefined).toBe(isServed);
    if (!isServed) continue;
    expect(account.balance.cb + account.reserved.cb).toBe(account.lineAt(START_MS));
  }
});

test("places that a peer has not yet said to owe leave as much less of its line", () => {
  for (const [lacking, isServed] of [[0n, true], [1n, false]] as const) {
    const account = repaid();
    account.state.unacknowledgedCb = 3n * BigInt(MIB) - 1024n + lacking;
    const ask = { account, factor: 1, bytes: MIB, ip: undefined };
    const sale = new Sales(NO_POOL(), true).open(ask, at(0), START_MS);
    expect(sale !== undefined).toBe(isServed);
  }
});

test("bytes at factor 0 are bounded by the same line", () => {
  const account = repaid();
  const sales = new Sales(NO_POOL(), true);
  const ask = { account, factor: 0, bytes: MIB, ip: undefined };
  for (let i = 0; i < 4; i++) expect(sales.open(ask, at(0), START_MS)).toBeDefined();
  expect(sales.open(ask, at(0), START_MS)).toBeUndefined();
  expect(sales.refused).toBe(1);
  expect(account.balance.bytes + account.reserved.bytes).toBe(account.lineAt(START_MS));
});

test("who has repaid less than a 16th draws from the pool, though the line would do", () => {
  const sales = new Sales(new FreePool(MIB * 11 / 3600), true); // 1.1 MiB an hour
  const ask = { account: accountOf(0, 12), factor: 0, bytes: MIB, ip: undefined };
  expect(opened(sales.open(ask, at(0), START_MS)).isFree).toBe(true);
  expect(sales.open(ask, at(0), START_MS)).toBeUndefined();
  const paying = { ...ask, account: repaid(12) };
  expect(opened(sales.open(paying, at(0), START_MS)).isFree).toBe(false);
});

test("a question is owed for while the line lasts, though nothing was repaid", () => {
  const account = accountOf(0, 1);
  const question = { account, factor: 0, bytes: 0, ip: undefined };
  const [none, some] = [0, 1e9].map((uplink) => new Sales(new FreePool(uplink), true));
  add(account.state.sold, 1n, 0n); // it has had a byte and given none
  const fees = Number(account.lineAt(START_MS)) / 1024;
  for (let i = 0; i < fees; i++) {
    expect(opened(none?.open(question, at(0), START_MS)).isFree).toBe(false);
  }
  expect(none?.open(question, at(0), START_MS)).toBeUndefined();
  expect(opened(some?.open(question, at(0), START_MS)).isFree).toBe(true);
});

test("a peer without rank or past its line is served from the pool", () => {
  const sales = new Sales(new FreePool(1e9), true);
  const ask = { account: accountOf(), factor: 9, bytes: MIB, ip: "192.0.2.1" };
  for (let i = 0; i < 15; i++) expect(opened(sales.open(ask, at(0), START_MS)).isFree).toBe(true);
  expect(sales.open(ask, at(0), START_MS)).toBeUndefined(); // 16 MiB an address, questions and all
});

test("a peer that was caught twice is served nothing", () => {
  const account = repaid(12);
  account.noteFault(START_MS);
  account.noteFault(START_MS);
  const ask = { account, factor: 0, bytes: 1, ip: undefined };
  expect(new Sales(new FreePool(1e9), true).open(ask, at(0), START_MS)).toBeUndefined();
});

test("without limits everything is counted, nobody refused and no window kept", () => {
  const account = accountOf();
  const sales = new Sales(NO_POOL(), false);
  const ask = { account, factor: 160, bytes: MIB, ip: undefined };
  for (let i = 0; i < 100; i++) expect(sales.open(ask, at(0), START_MS)).toBeDefined();
  expect(sales.lineOf(account, START_MS)).toBe(AMOUNT_MAX);
  expect(sales.windowRoom(account, 160, 0, START_MS)).toBe(Infinity);
  expect(account.state.sold.cb).toBe(102_400n); // the fees
});

test("what is acknowledged is owed, what is called off is neither owed nor reserved", () => {
  const account = repaid();
  const sales = new Sales(NO_POOL(), true);
  const ask = { account, factor: 2, bytes: 3 * SLICE, ip: undefined };
  const sale = opened(sales.open(ask, at(0), START_MS));
  sales.hand(sale, SLICE);
  sales.hand(sale, SLICE);
  sales.settle(sale, SLICE, SLICE, at(1));
  sales.settle(sale, SLICE, 1_000, at(1)); // called off on its way
  sales.close(sale, at(1));
  sales.close(sale, at(1)); // twice is once
  expect(account.state.sold).toEqual({ bytes: 66_536n, cb: 1024n + 133_072n });
  expect(account.reserved).toEqual({ bytes: 0n, cb: 0n });
  expect([account.handedBytes, sales.openCount]).toEqual([0n, 0]);
});

test("what is on its way when a sale ends stays reserved until it is settled", () => {
  const account = repaid();
  const sales = new Sales(NO_POOL(), true);
  const ask = { account, factor: 1, bytes: 2 * SLICE, ip: undefined };
  const sale = opened(sales.open(ask, at(0), START_MS));
  sales.hand(sale, SLICE);
  sales.close(sale, at(0));
  expect(account.reserved.bytes).toBe(BigInt(SLICE));
  sales.settle(sale, SLICE, SLICE, at(1));
  expect([account.reserved.bytes, account.isInUse]).toEqual([0n, false]);
});

test("a reservation that moves nothing for 30 s has expired; progress puts that off", () => {
  const account = repaid();
  const sales = new Sales(NO_POOL(), true);
  const ask = { account, factor: 0, bytes: 2 * SLICE, ip: undefined };
  const [idle, busy] = [sales.open(ask, at(0), START_MS), sales.open(ask, at(0), START_MS)];
  sales.hand(opened(busy), SLICE);
  sales.settle(opened(busy), SLICE, SLICE, at(10_000));
  expect(sales.nextTimeout()).toBe(at(RESERVATION_MS));
  expect(sales.expired(at(RESERVATION_MS - 1))).toBeUndefined();
  expect(sales.expired(at(RESERVATION_MS))).toBe(opened(idle));
  sales.close(opened(idle), at(RESERVATION_MS));
  expect(sales.expired(at(39_999))).toBeUndefined();
  expect(sales.expired(at(40_000))).toBe(opened(busy));
});

test("what waits its turn on a slow line is no stall: the peer takes what came before it", () => {
  const account = repaid();
  const sales = new Sales(NO_POOL(), true);
  const ask = { account, factor: 0, bytes: 2 * SLICE, ip: undefined };
  const waiting = opened(sales.open(ask, at(0), START_MS));
  account.lastSoldAt = at(29_000);
  expect(sales.expired(at(30_000))).toBeUndefined();
  expect(sales.nextTimeout()).toBe(at(59_000));
  expect(sales.expired(at(59_000))).toBe(waiting);
});

test("what the pool promised and was not served goes back to it", () => {
  const pool = new FreePool(1e9);
  const sales = new Sales(pool, true);
  const ask = { account: accountOf(), factor: 0, bytes: 4 * SLICE, ip: "192.0.2.1" };
  const sale = opened(sales.open(ask, at(0), START_MS));
  sales.hand(sale, SLICE);
  sales.settle(sale, SLICE, SLICE, at(1));
  sales.close(sale, at(1));
  expect(pool.takenBytes(at(1))).toBe(SLICE);
});

test("the window closes as bytes go out unsigned", () => {
  const account = accountOf(0, 12); // 24 MiB of credit: at factor 12 a window of 1 MiB
  const sales = new Sales(new FreePool(1e9), true);
  const ask = { account, factor: 12, bytes: MIB, ip: undefined };
  const sale = opened(sales.open(ask, at(0), START_MS));
  const before = sales.windowRoom(account, 12, 0, START_MS);
  expect(before).toBeLessThanOrEqual(MIB);
  for (let i = 0; i < 4; i++) sales.hand(sale, SLICE);
  expect(sales.windowRoom(account, 12, 0, START_MS)).toBe(before - 4 * SLICE);
});

test("law: balance and reservations never exceed the line, whatever is asked in what order", () => {
  const step = fc.record({
    kind: fc.constantFrom("open", "hand", "settle", "close", "repay"),
    factor: fc.nat(20),
    slices: fc.integer({ min: 1, max: 16 }),
    which: fc.nat(99),
  });
  fc.assert(fc.property(fc.nat(3), fc.array(step, { maxLength: 60 }), (rank, steps) => {
    const account = accountOf(0, rank);
    const sales = new Sales(NO_POOL(), true);
    const open: Sale[] = [];
    for (const { kind, factor, slices, which } of steps) {
      const sale = open[which % Math.max(open.length, 1)];
      if (kind === "open") {
        const ask = { account, factor, bytes: slices * SLICE, ip: undefined };
        const agreed = sales.open(ask, at(0), START_MS);
        if (agreed !== undefined) open.push(agreed);
      } else if (kind === "repay") {
        account.state.bought.cb += BigInt(slices * MIB);
        account.state.bought.bytes += BigInt(slices * MIB);
        account.state.repaidCb += BigInt(slices * MIB);
      } else if (sale === undefined) continue;
      else if (kind === "hand" && sale.isOpen && sale.openBytes >= sale.handedBytes + SLICE) {
        sales.hand(sale, SLICE);
      } else if (kind === "settle" && sale.handedBytes >= SLICE) {
        sales.settle(sale, SLICE, which * 600, at(0));
      } else if (kind === "close") sales.close(sale, at(0));
      const { balance, reserved } = account;
      const line = account.lineAt(START_MS);
      expect(balance.cb + reserved.cb <= line || balance.cb + reserved.cb <= 0n).toBe(true);
      expect(balance.bytes + reserved.bytes <= line || balance.bytes <= 0n).toBe(true);
    }
    for (const sale of open) {
      sales.close(sale, at(0));
      while (sale.handedBytes > 0) sales.settle(sale, SLICE, SLICE, at(0));
    }
    expect([account.reserved, account.handedBytes]).toEqual([{ bytes: 0n, cb: 0n }, 0n]);
  }));
});
