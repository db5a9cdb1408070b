import fc from "fast-check";
import { exactSize, formatSize, parseSize } from "../../../src/config/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

describe("parseSize()", () => {
  test("reads bytes, decimal and binary units", () => {
    const sizes: [string, number][] = [
      ["0", 0],
      ["1048576", 1048576],
      ["500MB", 500_000_000],
      ["10GiB", 10 * 2 ** 30],
      ["10 gib", 10 * 2 ** 30],
      ["1.5 TiB", 1.5 * 2 ** 40],
      ["0.1KB", 100],
      [" 7B ", 7],
    ];
    for (const [text, bytes] of sizes) expect(parseSize(text)).toBe(bytes);
  });

  test("refuses what is ambiguous, negative, too large or no size", () => {
    const wrong = ["", "10G", "10k", "-1", "1e9", "1,5GB", "GiB", "1 0", "1  KB", "0x10", "10XB"];
    for (const text of [...wrong, "9007199254740992", "99999TiB", "1.GB", "1KB!", "NaN"]) {
      expect(parseSize(text)).toBeUndefined();
    }
  });

  test("never throws and gives safe integers only", () => {
    fc.assert(fc.property(fc.string(), (text) => {
      const bytes = parseSize(text);
      expect(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)).toBe(true);
    }));
  });
});

test("exactSize() is read back as the same number", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (bytes) => {
    expect(parseSize(exactSize(bytes))).toBe(bytes);
  }));
  fc.assert(fc.property(fc.nat(8000), fc.nat(4), (count, unit) => {
    expect(parseSize(exactSize(count * 1024 ** unit))).toBe(count * 1024 ** unit);
  }));
  expect(exactSize(10 * 2 ** 30)).toBe("10GiB");
  expect(exactSize(1025)).toBe("1025");
});

test("formatSize() shows three digits", () => {
  const shown = [0, 999, 1000, 1536, 64 * 2 ** 20, 2 ** 30 - 1, 10 * 2 ** 30, 5 * 2 ** 50];
  expect(shown.map(formatSize)).toEqual([
    "0 B",
    "999 B",
    "0.977 KiB",
    "1.50 KiB",
    "64.0 MiB",
    "1.00 GiB",
    "10.0 GiB",
    "5120 TiB",
  ]);
});
