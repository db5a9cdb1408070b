import { ManualDriver } from "../../../../src/node/pay/manual_driver.ts";
import { expect, test } from "../../../support/harness.ts";

test("a payer is told the operator's words; the operator alone says that it is paid", async () => {
  const driver = new ManualDriver({ cbPerUnit: 1_000n, unit: "EUR" }, "IBAN DE00");
  const quote = await driver.quote(2_500n);
  expect(quote).toMatchObject({ cb: 2_500n, amount: 3n, unit: "EUR", method: "manual" });
  expect(await driver.invoice()).toMatchObject({ payTo: "IBAN DE00", reference: "" });
  expect(await driver.settled()).toBeUndefined();
  expect(driver.looksItself).toBe(false);
  await driver.redeem();
});
