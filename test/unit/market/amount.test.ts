import { add, AMOUNT_MAX, greatest, least, noAmount, sum } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("counts add up, and stay where FETCH_INFO can tell them", () => {
  const amount = noAmount();
  add(amount, 3n, 40n);
  add(amount, 4n, 2n);
  expect(amount).toEqual({ bytes: 7n, cb: 42n });
  add(amount, AMOUNT_MAX, AMOUNT_MAX);
  expect(amount).toEqual({ bytes: AMOUNT_MAX, cb: AMOUNT_MAX });
});

test("a sum leaves its parts as they are", () => {
  const a = { bytes: 1n, cb: 2n };
  expect(sum(a, { bytes: 3n, cb: 4n })).toEqual({ bytes: 4n, cb: 6n });
  expect(a).toEqual({ bytes: 1n, cb: 2n });
  expect([least(-1n, 1n), greatest(-1n, 1n)]).toEqual([-1n, 1n]);
});
