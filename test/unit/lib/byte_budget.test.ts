import { ByteBudget, type Instant } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("an hour earns its bytes, and never more than the burst is saved up", () => {
  const budget = new ByteBudget(3_600_000, 1_000, at(0)); // a byte a ms
  expect(budget.balance(at(0))).toBe(1_000);
  budget.spend(400, at(0));
  expect(budget.balance(at(100))).toBe(700);
  expect(budget.balance(at(10_000_000))).toBe(1_000);
});

test("what is overdrawn is paid back before anything may be spent", () => {
  const budget = new ByteBudget(3_600_000, 1_000, at(0));
  budget.spend(1_500, at(0));
  expect(budget.availableAt(at(0))).toBe(at(501));
  expect(budget.balance(at(500))).toBe(0);
  expect(budget.availableAt(at(501))).toBe(at(501));
});
