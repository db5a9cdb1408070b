import { paymentSample } from "../../../../src/node/pay/payment_metrics.ts";
import { PaymentMeter } from "../../../../src/node/pay/payment_meter.ts";
import { expect, test } from "../../../support/harness.ts";
import { accountOf } from "../../../support/market_parts.ts";
import { invoiceOf } from "../../../support/payment_parts.ts";

test("invoices are counted over all accounts by what they wait for", () => {
  const [one, two] = [accountOf(1), accountOf(2)];
  one.state.invoices = [
    invoiceOf(1),
    invoiceOf(2, { state: "paid" }),
    invoiceOf(3, { isOurs: false }),
    invoiceOf(4, { isOurs: false, state: "asked" }),
  ];
  two.state.invoices = [invoiceOf(5), invoiceOf(6, { state: "held" })];
  const sample = paymentSample(new PaymentMeter(), [one, two]);
  expect(sample).toMatchObject({ invoicesOpen: 2, invoicesPaid: 1, invoicesToPay: 1 });
});

test("what the meter counted is told in seconds and numbers", () => {
  const meter = new PaymentMeter();
  const invoice = invoiceOf(1, { cb: 2n ** 40n, amount: 7n });
  meter.noteCredited(invoice, invoice.createdMs + 2_500);
  meter.driverMs = 1_500;
  expect(paymentSample(meter, [])).toMatchObject({
    ...{ credited: 1, creditedCb: 2 ** 40, creditedUnits: 7, creditedSeconds: 2.5 },
    driverSeconds: 1.5,
  });
});
