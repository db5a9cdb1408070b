import type { Account } from "../../market/mod.ts";
import type { MetricRow } from "../loop/metric_row.ts";
import type { PaymentMeter } from "./payment_meter.ts";

/** What of payments is read when somebody scrapes. */
export interface PaymentSample {
  readonly invoicesOpen: number;
  readonly invoicesPaid: number;
  readonly invoicesToPay: number;
  readonly invoicesMade: number;
  readonly credited: number;
  readonly creditedCb: number;
  readonly creditedUnits: number;
  readonly creditedSeconds: number;
  readonly driverAsks: number;
  readonly driverErrors: number;
  readonly driverSeconds: number;
  readonly refusals: Readonly<Record<string, number>>;
}

export const PAYMENT_METRICS: readonly MetricRow<Exclude<keyof PaymentSample, "refusals">>[] = [
  ["gauge", "skerry_invoices_open", "Invoices for peers that wait to be paid", "invoicesOpen"],
  ["gauge", "skerry_invoices_paid", "Invoices that are paid and not credited yet", "invoicesPaid"],
  ["gauge", "skerry_invoices_to_pay", "Invoices of peers yet to be paid here", "invoicesToPay"],
  ["counter", "skerry_invoices_made_total", "Invoices made for peers", "invoicesMade"],
  ["counter", "skerry_payments_credited_total", "Payments of peers credited", "credited"],
  [
    "counter",
    "skerry_payments_credited_credit_bytes_total",
    "What they were credited",
    "creditedCb",
  ],
  [
    "counter",
    "skerry_payments_received_units_total",
    "What they paid, in whole units of the money of --pay-rate",
    "creditedUnits",
  ],
  [
    "counter",
    "skerry_payments_settling_seconds_total",
    "Time from making an invoice to crediting it, over all that were credited",
    "creditedSeconds",
  ],
  [
    "counter",
    "skerry_payment_driver_asks_total",
    "Questions to whatever moves the money",
    "driverAsks",
  ],
  ["counter", "skerry_payment_driver_errors_total", "Of those, failed ones", "driverErrors"],
  [
    "counter",
    "skerry_payment_driver_seconds_total",
    "Time until they were answered",
    "driverSeconds",
  ],
];

/** Looks at every account's invoices, 16 each at most. */
export function paymentSample(meter: PaymentMeter, accounts: Iterable<Account>): PaymentSample {
  let [open, paid, toPay] = [0, 0, 0];
  for (const { state: { invoices } } of accounts) {
    for (const { isOurs, state } of invoices) {
      if (!isOurs) toPay += state === "open" ? 1 : 0;
      else if (state === "open") open++;
      else if (state === "paid") paid++;
    }
  }
  return {
    invoicesOpen: open,
    invoicesPaid: paid,
    invoicesToPay: toPay,
    invoicesMade: meter.made,
    credited: meter.credited,
    creditedCb: Number(meter.creditedCb),
    creditedUnits: Number(meter.creditedUnits),
    creditedSeconds: meter.creditedMs / 1000,
    driverAsks: meter.driverAsks,
    driverErrors: meter.driverErrors,
    driverSeconds: meter.driverMs / 1000,
    refusals: { ...meter.refusals },
  };
}
