import { isServed } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("what is stored and not served is served as soon as the terms come round to it", () => {
  const chunk = { factor: 2, queryIntervalMs: 60_000 };
  expect(isServed(chunk, { factorMin: 3, queryIntervalMsMax: Infinity })).toBe(false);
  expect(isServed(chunk, { factorMin: 2, queryIntervalMsMax: Infinity })).toBe(true);
  expect(isServed(chunk, { factorMin: 0, queryIntervalMsMax: 59_999 })).toBe(false);
  expect(isServed(chunk, { factorMin: 0, queryIntervalMsMax: 60_000 })).toBe(true);
});
