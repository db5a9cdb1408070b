import { counted } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("one is in the singular, all else in the plural", () => {
  expect([0, 1, 2].map((count) => counted(count, "holder")))
    .toEqual(["0 holders", "1 holder", "2 holders"]);
  expect(counted(2, "entry", "entries")).toBe("2 entries");
});
