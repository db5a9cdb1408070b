import { u64Bytes, u64Of } from "../../../src/store/u64_column.ts";
import { compareBytes } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const VALUES = [0n, 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n];

test("a u64 comes back, and its bytes order as its value does", () => {
  for (const value of VALUES) expect(u64Of(u64Bytes(value), 0)).toBe(value);
  const sorted = [...VALUES].reverse().map(u64Bytes).sort(compareBytes);
  expect(sorted.map((bytes) => u64Of(bytes, 0))).toEqual(VALUES);
});

test("beyond the end of a column there is nothing", () => {
  expect([u64Of(u64Bytes(7n), 1), u64Of(new Uint8Array(), 0)]).toEqual([0n, 0n]);
});
