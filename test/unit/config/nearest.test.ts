import { editDistance, nearest } from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("editDistance() counts single-character edits", () => {
  const pairs: [string, string, number][] = [
    ["", "", 0],
    ["abc", "", 3],
    ["kitten", "sitting", 3],
    ["store-byte", "store-bytes", 1],
  ];
  for (const [a, b, distance] of pairs) {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  }
});

test("nearest() finds what was meant, whatever the case", () => {
  expect(nearest("BOOSTRAP", ["data", "bootstrap", "udp"])).toBe("bootstrap");
  expect(nearest("upd", ["data", "udp"])).toBe("udp");
  expect(nearest("x".repeat(100_000), ["data"])).toBe("data");
});
