import { FRAME } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("no two frames share a number", () => {
  const numbers = Object.values(FRAME);
  expect(new Set(numbers).size).toBe(numbers.length);
});
