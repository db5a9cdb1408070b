import { beyondCredit } from "../../../../src/node/trade/purse.ts";
import { expect, test } from "../../../support/harness.ts";

test("who is refused everywhere is told how many refused, and what helps", () => {
  expect(beyondCredit(3, 2, [])).toMatch(/^3 holder.* 2 of them .*--target-rank.*--max-price/);
  expect(beyondCredit(3, 2, [12, 8])).toMatch(/; 2 serve only who has rank 8 or more\. /);
  expect(beyondCredit(1, 1, [9])).toMatch(/^1 holder found, .*; 1 serves only who has rank 9 /);
});
