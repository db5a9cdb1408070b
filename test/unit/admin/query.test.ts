import { BadQuery, integerOf, timeoutOf } from "../../../src/admin/query.ts";
import { expect, test } from "../../support/harness.ts";

const BOUNDS = { min: 1, max: 10, otherwise: 5 };
const read = (text: string): number => integerOf(new URLSearchParams(text), "n", BOUNDS);

test("integers within their bounds, or the default", () => {
  expect([read("n=1"), read("n=10"), read(""), read("m=3")]).toEqual([1, 10, 5, 5]);
  for (const bad of ["n=", "n=0", "n=11", "n=1.5", "n=-1", "n=1e1", "n=99999999999999999"]) {
    expect(() => read(bad)).toThrow(BadQuery);
  }
});

test("a timeout is at most an hour", () => {
  expect(timeoutOf(new URLSearchParams(""))).toBe(30_000);
  expect(timeoutOf(new URLSearchParams("timeoutMs=5"))).toBe(5);
  expect(() => timeoutOf(new URLSearchParams("timeoutMs=3600001"))).toThrow("3600000");
});
