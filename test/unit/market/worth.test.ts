import { pricePart, RAW_BYTE_WORTH, worthOf } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { MIB } from "../../support/market_parts.ts";

test("a read is worth its price, and something for each raw byte", () => {
  expect(worthOf(MIB, 3)).toBe(MIB * (3 + RAW_BYTE_WORTH));
  expect(worthOf(0, 160)).toBe(0);
});

test("bytes that cost nothing are worth something, and less than any that cost", () => {
  expect(worthOf(MIB, 0)).toBeGreaterThan(0);
  expect(worthOf(MIB, 0)).toBeLessThan(worthOf(MIB, 1));
});

test("what was the price of a worth can be told from it", () => {
  for (const factor of [0, 1, 7, 160]) {
    expect(pricePart(worthOf(MIB, factor), factor)).toBeCloseTo(MIB * factor, 3);
  }
});
