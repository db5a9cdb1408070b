import { NO_TERMS, Payers, Spending } from "../../../src/market/mod.ts";
import { at } from "../../support/market_parts.ts";
import { expect, test } from "../../support/harness.ts";

const terms = (budgetCb: number, dueMs?: number, share = 1) => ({
  spending: new Spending(budgetCb),
  dueAt: dueMs === undefined ? undefined : at(dueMs),
  share,
});

test("whoever has most left pays, out of the part that it sets aside for this", () => {
  const payers = new Payers();
  expect(payers.payer()).toBeUndefined();
  const [poor, rich] = [terms(10), terms(1_000, undefined, 0.25)];
  payers.add(poor);
  const leave = payers.add(rich);
  expect(payers.payer()).toEqual({
    spending: rich.spending,
    dueAt: undefined,
    fundsCb: 1_000,
    shareCb: 250,
  });
  leave();
  expect(payers.payer()?.spending).toBe(poor.spending);
});

test("one reader without a budget pays for all", () => {
  const payers = new Payers();
  payers.add(terms(10));
  payers.add(NO_TERMS);
  expect(payers.payer()).toMatchObject({ spending: undefined, fundsCb: Infinity });
  expect(payers.isAllSpent).toBe(false);
});

test("it is due when the most hurried wants it, and at once if anybody does", () => {
  const payers = new Payers();
  payers.add(terms(10, 500));
  payers.add(terms(10, 300));
  expect(payers.payer()?.dueAt).toBe(at(300));
  const leave = payers.add(terms(10));
  expect(payers.payer()?.dueAt).toBeUndefined();
  leave();
  expect(payers.payer()?.dueAt).toBe(at(300));
});

test("while something is reserved, some of it may come back", () => {
  const payers = new Payers();
  const one = terms(5_000);
  payers.add(one);
  const expense = one.spending.open("aa", 0, 0);
  expect(payers.isAllSpent).toBe(false);
  expense?.ended(true);
  expect(payers.isAllSpent).toBe(true);
});
