import fc from "fast-check";
import { type Expense, Spending } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";

const SLICE = 65_536;
const ALICE = "aa";
const BOB = "bb";

test("a FETCH is reserved with its fee, spent as it comes, and given back for the rest", () => {
  const spending = new Spending(1_000_000);
  const expense = spending.open(ALICE, 4 * SLICE, 3);
  expect([spending.reservedCb, spending.spentCb]).toEqual([4 * SLICE * 3 + 1_024, 0]);
  expense?.answered(2 * SLICE, 3); // the object is shorter
  expense?.arrived(SLICE);
  expect([spending.reservedCb, spending.spentCb]).toEqual([SLICE * 3 + 1_024, SLICE * 3]);
  expense?.released(SLICE);
  expense?.ended(true);
  expense?.ended(true); // twice is once
  expect([spending.reservedCb, spending.spentCb]).toEqual([0, SLICE * 3 + 1_024]);
  expect(spending.leftCb).toBe(1_000_000 - SLICE * 3 - 1_024);
});

test("what is refused is free, and what proves wrong is not paid for", () => {
  const spending = new Spending(1_000_000);
  spending.open(ALICE, SLICE, 3)?.ended(false);
  expect([spending.reservedCb, spending.spentCb]).toEqual([0, 0]);
  const wrong = spending.open(BOB, SLICE, 3);
  wrong?.arrived(SLICE);
  wrong?.ended(true);
  spending.refund(BOB, SLICE, 3);
  expect(spending.spentCb).toBe(1_024);
  const [bob] = spending.holders();
  expect(bob).toEqual({ publicKey: BOB, bytes: 0, cb: 1_024, factorMin: 3, factorMax: 3 });
});

test("nothing is opened, nor made dearer, beyond the budget", () => {
  const spending = new Spending(3 * SLICE + 1_024);
  expect(spending.open(ALICE, SLICE, 4)).toBeUndefined();
  expect([spending.roomFor(3), spending.roomFor(0)]).toEqual([SLICE, Infinity]);
  const expense = spending.open(ALICE, SLICE, 2);
  expect(expense?.answered(SLICE, 4)).toBe(false); // a floor that nobody knew of
  expect(expense?.answered(SLICE, 3)).toBe(true);
  expect([spending.leftCb, spending.roomFor(0)]).toEqual([0, 0]);
});

test("an answer that comes behind the end reserves nothing", () => {
  const spending = new Spending(SLICE);
  const expense = spending.open(ALICE, 0, 0);
  expense?.ended(true);
  expect([expense?.answered(1, 1), spending.reservedCb]).toEqual([false, 0]);
});

test("each holder's part is told, whom most was paid first", () => {
  const spending = new Spending();
  for (const [whom, factor] of [[ALICE, 1], [BOB, 5], [ALICE, 2]] as const) {
    const expense = spending.open(whom, SLICE, factor);
    expense?.arrived(SLICE);
    expense?.ended(true);
  }
  expect(spending.holders()).toEqual([
    { publicKey: BOB, bytes: SLICE, cb: 5 * SLICE + 1_024, factorMin: 5, factorMax: 5 },
    { publicKey: ALICE, bytes: 2 * SLICE, cb: 3 * SLICE + 2_048, factorMin: 1, factorMax: 2 },
  ]);
  expect([spending.hasBudget, spending.leftCb]).toEqual([false, Infinity]);
});

test("law: whatever happens, what is spent and reserved never passes the budget", () => {
  const step = fc.record({
    kind: fc.constantFrom("open", "answered", "arrived", "released", "ended"),
    which: fc.nat({ max: 9 }),
    bytes: fc.nat({ max: 2 ** 20 }),
    factor: fc.nat({ max: 160 }),
  });
  fc.assert(fc.property(fc.nat({ max: 2 ** 24 }), fc.array(step), (budgetCb, steps) => {
    const spending = new Spending(budgetCb);
    const open: Expense[] = [];
    for (const { kind, which, bytes, factor } of steps) {
      const expense = open[which];
      if (kind === "open") {
        const begun = spending.open(ALICE, bytes, factor);
        if (begun !== undefined) open.push(begun);
      } else if (kind === "answered") expense?.answered(bytes, factor);
      else if (kind === "ended") expense?.ended(bytes % 2 === 0);
      else expense?.[kind](bytes);
      expect(spending.spentCb + spending.reservedCb).toBeLessThanOrEqual(budgetCb);
      expect(spending.reservedCb).toBeGreaterThanOrEqual(0);
    }
    for (const expense of open) expense.ended(true);
    expect(spending.reservedCb).toBe(0);
    const paid = spending.holders().reduce((sum, { cb }) => sum + cb, 0);
    expect(paid).toBe(spending.spentCb);
  }));
});
