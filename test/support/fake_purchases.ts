import { Spending } from "../../src/market/mod.ts";
import type { Instant } from "../../src/lib/mod.ts";
import type { Purchase } from "../../src/node/mod.ts";
import { FakePayments } from "./fake_payments.ts";

/** Purchases of a FakeNode, each of which costs what the test says from its beginning on. */
export class FakePurchases extends FakePayments {
  readonly purchases: { budgetCb: number | undefined; deadlineMs: number | undefined }[] = [];
  priceCb = 0;
  /** What the last read was bought on. */
  readOn: Purchase | undefined;

  openPurchase(budgetCb?: number, deadlineMs?: number): Purchase {
    this.purchases.push({ budgetCb, deadlineMs });
    const spending = new Spending(budgetCb);
    if (this.priceCb > 0) spending.open("ab".repeat(32), this.priceCb, 1)?.arrived(this.priceCb);
    return { spending, deadlineAt: deadlineMs as Instant | undefined };
  }
}
