import { assert, AssertionError, broken, unreachable } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("assert() throws with its message only when the condition is false", () => {
  assert(true, "never seen");
  expect(() => assert(false, "window is negative")).toThrow("window is negative");
  expect(() => assert(false, "")).toThrow(AssertionError);
  expect(() => broken("packet 7")).toThrow(new AssertionError("packet 7"));
});

test("unreachable() names the value that got there", () => {
  expect(() => unreachable("oops" as never)).toThrow('"oops"');
});
