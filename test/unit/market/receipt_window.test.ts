import {
  creditFor,
  receiptDueBytes,
  receiptWindow,
  WINDOW_BYTES_MIN,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";

const MIB = 2n ** 20n;

test("a window is 8 MiB or two bandwidth-delay products, whichever is greater", () => {
  expect(receiptWindow(1_000n * MIB, 1)).toBe(8n * MIB);
  expect(receiptWindow(1_000n * MIB, 1, 16 * 2 ** 20)).toBe(32n * MIB);
});

test("but at most half of what the credit pays for, and at least four slices", () => {
  expect(receiptWindow(24n * MIB, 0)).toBe(8n * MIB);
  expect(receiptWindow(24n * MIB, 12)).toBe(MIB);
  expect(receiptWindow(0n, 1)).toBe(WINDOW_BYTES_MIN);
  expect(receiptWindow(-5n * MIB, 1)).toBe(WINDOW_BYTES_MIN);
});

test("what a server owes is credit too", () => {
  expect([creditFor(10n, 4n), creditFor(10n, -4n), creditFor(0n, -7n)]).toEqual([10n, 14n, 7n]);
});

test("a client signs four times within a window", () => {
  expect(receiptDueBytes(8n * MIB)).toBe(2n * MIB);
});
