import { AssertionError } from "../../../src/lib/mod.ts";
import { SharedBudget } from "../../../src/transport/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a budget is never overdrawn, and refuses without taking a part", () => {
  const budget = new SharedBudget(100);
  expect(budget.take(60)).toBe(true);
  expect(budget.take(41)).toBe(false);
  expect(budget.usedBytes).toBe(60);
  expect(budget.take(40)).toBe(true);
  expect(budget.freeBytes).toBe(0);
  budget.release(100);
  expect(budget.usedBytes).toBe(0);
});

test("giving back what was not taken is our bug", () => {
  expect(() => new SharedBudget(10).release(1)).toThrow(AssertionError);
});
