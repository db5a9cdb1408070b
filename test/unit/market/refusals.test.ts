import { REFUSAL_MS, Refusals } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at } from "../../support/market_parts.ts";

test("a key is told once, and again when what is required may have changed", () => {
  const refusals = new Refusals();
  expect(refusals.note("a", at(0))).toBe(true);
  expect(refusals.note("a", at(REFUSAL_MS - 1))).toBe(false);
  expect(refusals.note("b", at(REFUSAL_MS - 1))).toBe(true);
  expect(refusals.note("a", at(REFUSAL_MS))).toBe(true);
  expect(refusals.note("a", at(REFUSAL_MS + 1))).toBe(false);
});

test("to who was served since, a refusal is news", () => {
  const refusals = new Refusals();
  refusals.note("a", at(0));
  refusals.forget("a");
  expect(refusals.note("a", at(1))).toBe(true);
});

test("a flood of keys makes the oldest give way, and no more is kept", () => {
  const refusals = new Refusals();
  refusals.note("first", at(0));
  for (let i = 0; i < 16_383; i++) refusals.note(`key ${i}`, at(1));
  expect(refusals.note("first", at(2))).toBe(false);
  refusals.note("one more", at(3));
  expect(refusals.note("first", at(4))).toBe(true);
});
