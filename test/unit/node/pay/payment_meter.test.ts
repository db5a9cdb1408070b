import { PaymentMeter } from "../../../../src/node/pay/payment_meter.ts";
import { PAY_CODE } from "../../../../src/wire/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { sellerDesk } from "../../../support/pay_desks.ts";
import { invoiceId, invoiceOf } from "../../../support/payment_parts.ts";

test("a payment is counted where it is made, credited and timed, once", async () => {
  const { meter, wallet, turn, quote, invoice } = sellerDesk();
  const { amount } = await quote(5_000n);
  await invoice(invoiceId(1), 5_000n, amount);
  await invoice(invoiceId(1), 5_000n, amount); // asked how it stands
  expect([meter.made, meter.credited, meter.driverAsks]).toEqual([1, 0, 2]);
  await turn(7_000);
  for (const { reference } of wallet.asked) if (reference !== undefined) wallet.paid.add(reference);
  await turn(7_000);
  expect([meter.credited, meter.creditedCb, meter.creditedUnits]).toEqual([1, 5_000n, amount]);
  expect(meter.creditedMs).toBeGreaterThanOrEqual(7_000);
  expect([meter.driverErrors, Object.values(meter.refusals)]).toEqual([0, Array(6).fill(0)]);
});

test("what was asked for in vain is counted by why, and so is a driver that fails", async () => {
  const { meter, wallet, line, quote, invoice } = sellerDesk();
  wallet.answers = { quote: { error: "locked" } };
  await quote(5_000n);
  line.mayBuy = false;
  await quote(5_000n);
  await invoice(invoiceId(1), 5_000n, 9n);
  expect([meter.driverAsks, meter.driverErrors]).toEqual([1, 1]);
  expect(meter.refusals).toMatchObject({ failed: 1, rank: 1, stale: 1, busy: 0 });
  const none = sellerDesk("none");
  await none.quote(5_000n);
  expect(none.meter.refusals.none).toBe(1);
});

test("every code but ok has a count of its own, and a clock set back takes nothing away", () => {
  const meter = new PaymentMeter();
  for (const code of [...Object.values(PAY_CODE), 99]) meter.noteRefused(code);
  expect(Object.values(meter.refusals)).toEqual(Array(6).fill(1));
  const invoice = invoiceOf(1);
  meter.noteCredited(invoice, invoice.createdMs - 1);
  expect([meter.credited, meter.creditedMs]).toEqual([1, 0]);
});
