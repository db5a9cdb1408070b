import { formatDuration, formatUptime, parseDuration } from "../../../src/cli/duration.ts";
import { expect, test } from "../../support/harness.ts";

test("formatDuration() picks the unit a person would", () => {
  const shown: [number, string][] = [
    [0, "0 ms"],
    [0.0123, "12 ms"],
    [0.9999, "1.0 s"],
    [4.71, "4.7 s"],
    [59.4, "59 s"],
    [59.99, "1.0 min"],
    [750, "13 min"],
    [20_880, "5.8 h"],
    [337_000, "3.9 days"],
    [85_000_000, "2.7 years"],
  ];
  for (const [seconds, text] of shown) expect(formatDuration(seconds)).toBe(text);
});

test("formatUptime() is exact and leaves out leading zeros", () => {
  expect(formatUptime(0)).toBe("0s");
  expect(formatUptime(59.9)).toBe("59s");
  expect(formatUptime(3600)).toBe("1h 0m 0s");
  expect(formatUptime(2 * 86_400 + 61)).toBe("2d 0h 1m 1s");
});

test("a duration is read with its unit, from a millisecond to 30 days", () => {
  const read = ["500ms", "20s", "1.5min", "2 h", "30d"].map(parseDuration);
  expect(read).toEqual([500, 20_000, 90_000, 7_200_000, 30 * 86_400_000]);
  for (const wrong of ["", "20", "s", "0s", "-1s", "1 year", "31d", "1e3s"]) {
    expect(parseDuration(wrong)).toBeUndefined();
  }
});
