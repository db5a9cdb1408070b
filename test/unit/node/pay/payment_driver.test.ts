import { amountAt } from "../../../../src/node/pay/payment_driver.ts";
import { expect, test } from "../../../support/harness.ts";

test("credit is paid in whole units, and none is given away", () => {
  const amounts = [1n, 999n, 1_000n, 1_001n].map((cb) => amountAt(1_000n, cb));
  expect(amounts).toEqual([1n, 1n, 1n, 2n]);
});
