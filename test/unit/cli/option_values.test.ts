import { creditBytes, duration, seqNumber, wholeNumber } from "../../../src/cli/option_values.ts";
import { expect, test } from "../../support/harness.ts";

test("credit bytes are a number above 0, or one with a unit of size", () => {
  expect([creditBytes("5000000"), creditBytes("64MiB")]).toEqual([5_000_000n, 2n ** 26n]);
  for (const text of ["", "0", "-1", "x", "10G", "5 cb"]) {
    expect(() => creditBytes(text)).toThrow("credit bytes above 0");
  }
});

test("numbers are whole and within their bounds", () => {
  expect([wholeNumber(0, 3)("3"), seqNumber(String(2n ** 64n - 1n))]).toEqual([3, 2n ** 64n - 1n]);
  for (const text of ["4", "-1", "1.5", ""]) {
    expect(() => wholeNumber(0, 3)(text)).toThrow("from 0 to 3");
  }
  expect(() => seqNumber(String(2n ** 64n))).toThrow("below 2^64");
});

test("a time has a unit", () => {
  expect([duration("500ms"), duration("1.5min")]).toEqual([500, 90_000]);
  expect(() => duration("20")).toThrow("It must be a time of up to 30 days");
});
