import { Spending } from "../../../../src/market/mod.ts";
import { ChunkShopping } from "../../../../src/node/fetch/chunk_shopping.ts";
import { at } from "../../../support/market_parts.ts";
import { expect, test } from "../../../support/harness.ts";

const SLICE = 65_536;
const MIB = 2 ** 20;

test("who names neither budget nor deadline is only counted", () => {
  const shopping = new ChunkShopping(MIB);
  const spending = new Spending();
  shopping.join({ spending, dueAt: undefined, share: 1 });
  expect(shopping.at(at(0))).toEqual({ spending, terms: undefined, mayDouble: true });
  expect(shopping.waits(shopping.at(at(0)), true, at(0))).toBe(false);
  expect(shopping.exhaustion([160])).toBeUndefined();
});

test("a slice is bought twice only when it is about to be late", () => {
  const shopping = new ChunkShopping(MIB);
  shopping.join({ spending: undefined, dueAt: at(2_000), share: 1 });
  expect(shopping.at(at(0))).toMatchObject({ terms: { dueMs: 2_000 }, mayDouble: false });
  expect(shopping.at(at(1_501))).toMatchObject({ terms: { dueMs: 499 }, mayDouble: true });
});

test("a thrifty reader waits a little for more holders, less where time is short", () => {
  for (const [dueMs, waitMs] of [[undefined, 250], [10_000, 250], [800, 100], [-1, 0]] as const) {
    const shopping = new ChunkShopping(MIB);
    const dueAt = dueMs === undefined ? undefined : at(dueMs);
    shopping.join({ spending: new Spending(9), dueAt, share: 1 });
    const waits = (ms: number) => shopping.waits(shopping.at(at(ms)), true, at(ms));
    expect(waits(0)).toBe(waitMs > 0);
    if (waitMs > 0) expect(shopping.nextTimeout(at(0))).toBe(at(waitMs));
    expect(waits(waitMs)).toBe(false);
    expect(shopping.nextTimeout(at(waitMs))).toBeUndefined();
    expect(shopping.waits(shopping.at(at(0)), false, at(0))).toBe(false);
  }
});

test("it is over when not even a slice of the cheapest can be paid, and says so", () => {
  const shopping = new ChunkShopping(MIB);
  const spending = new Spending(2 * SLICE);
  shopping.join({ spending, dueAt: undefined, share: 1 });
  expect(shopping.exhaustion([9, 1])).toBeUndefined();
  const why = shopping.exhaustion([9, 2]) ?? "";
  expect(why).toContain("of the budget of 131072 cb 0 are spent and 131072 left");
  expect(why).toContain("cheapest of 2 holders asks 2 cb a byte, 132096 cb for the next 65536");
  expect(shopping.exhaustion([])).toBeUndefined(); // nobody to ask is no matter of money
});

test("a chunk shorter than a slice costs as much as it is long", () => {
  const shopping = new ChunkShopping(100);
  expect([shopping.sliceCb(3), shopping.slicesIn(250)]).toEqual([300, 2]);
});
