import type { PayRate } from "../../config/mod.ts";
import { amountAt, type PaymentDriver, type PayQuote, QUOTE_SECONDS } from "./payment_driver.ts";

export const MANUAL_METHOD = "manual";
/** A bank takes days; a late one is still settled by hand (skerry ledger settle). */
const INVOICE_SECONDS = 7 * 86_400;

/** Paid by whatever means the operator names, and marked as paid by hand. */
export class ManualDriver implements PaymentDriver {
  readonly looksItself = false;
  readonly #rate: PayRate;
  readonly #payTo: string;

  /** @param payTo what payers are told, as an account or an address. */
  constructor(rate: PayRate, payTo: string) {
    this.#rate = rate;
    this.#payTo = payTo;
  }

  quote(cb: bigint): Promise<PayQuote> {
    const { cbPerUnit, unit } = this.#rate;
    const amount = amountAt(cbPerUnit, cb);
    const expiresInSeconds = QUOTE_SECONDS;
    return Promise.resolve({ cb, amount, unit, method: MANUAL_METHOD, expiresInSeconds });
  }

  invoice() {
    const payTo = this.#payTo;
    return Promise.resolve({ payTo, reference: "", expiresInSeconds: INVOICE_SECONDS });
  }

  settled(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  redeem(): Promise<void> {
    return Promise.resolve();
  }
}
