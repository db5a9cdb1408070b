import { didYouMean, editDistance, nearest } from "../../../src/config/mod.ts";
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
  expect(nearest("hepl", ["data", "help"])).toBe("help");
});

test("nearest() guesses nothing where half is wrong", () => {
  expect(nearest("pay", ["run", "get", "id", "publish"])).toBeUndefined();
  expect(nearest("nonsense", ["peers"])).toBeUndefined();
  expect(nearest("ls", ["id"])).toBeUndefined();
  expect(nearest("-v", ["--help"])).toBeUndefined();
  expect(nearest("x".repeat(100_000), ["data"])).toBeUndefined();
  expect(nearest("", ["id"])).toBeUndefined();
  expect(nearest("id", [])).toBeUndefined();
});

test("didYouMean() ends a sentence, or adds nothing to it", () => {
  expect(didYouMean("rum", ["run"])).toBe("; did you mean run?");
  expect(didYouMean("rum", ["run"], (name) => `"${name}"`)).toBe('; did you mean "run"?');
  expect(didYouMean("pay", ["run"])).toBe("");
});
