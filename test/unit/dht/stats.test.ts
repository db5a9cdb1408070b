import { freshStats } from "../../../src/dht/stats.ts";
import { expect, test } from "../../support/harness.ts";

test("counters start at zero, each Dht with its own", () => {
  expect(new Set(Object.values(freshStats()))).toEqual(new Set([0]));
  expect(freshStats()).not.toBe(freshStats());
});
