import { formatPayRate, parsePayRate } from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a rate is a size and a unit, and is written as it is read", () => {
  for (
    const [text, cbPerUnit, unit] of [
      ["10MiB/sat", 10_485_760n, "sat"],
      ["1GB/EUR-cent", 1_000_000_000n, "EUR-cent"],
      ["1/x", 1n, "x"],
    ] as const
  ) {
    expect(parsePayRate(text)).toEqual({ cbPerUnit, unit });
    expect(parsePayRate(formatPayRate({ cbPerUnit, unit }))).toEqual({ cbPerUnit, unit });
  }
});

test("nothing for a unit, no unit, two, or one that is no plain word is no rate", () => {
  const wrong = ["", "/sat", "0/sat", "10MiB", "10MiB/", "1/a/b", "1/a b", "1/ä", "10G/sat"];
  for (const text of [...wrong, `1/${"x".repeat(17)}`]) expect(parsePayRate(text)).toBeUndefined();
});
