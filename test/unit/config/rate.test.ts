import fc from "fast-check";
import { exactRate, parseRate } from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a rate is read in bits, or in bytes as a size per second", () => {
  const rates: [string, number][] = [
    ["20mbit", 2_500_000],
    ["1.5 Gbit/s", 187_500_000],
    ["800kbit", 100_000],
    ["64bit", 8],
    ["2.5MB/s", 2_500_000],
    ["1 MiB/s", 1_048_576],
  ];
  for (const [text, bytes] of rates) expect(parseRate(text)).toBe(bytes);
});

test("a rate without a unit, or of no known one, is refused", () => {
  const wrong = ["", "20", "20m", "20M/s", "20MB", "-1mbit", "1e3mbit", "20 mbits", "mbit", "1/s"];
  for (const text of [...wrong, "9007199254740992gbit"]) expect(parseRate(text)).toBeUndefined();
});

test("exactRate() is read back as the same number", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (bytes) => {
    expect(parseRate(exactRate(bytes))).toBe(bytes);
  }));
  expect(exactRate(2_500_000)).toBe("20mbit");
});
