import type { PublicKey } from "../../lib/mod.ts";
import type { Invoice } from "../../market/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import { PAY_CODE } from "../../wire/mod.ts";
import type { PaymentDriver, PayQuote, PayTerms } from "./payment_driver.ts";

type Refusal = Exclude<keyof typeof PAY_CODE, "ok">;

/** Counts what happens to payments in this run, for who scrapes. */
export class PaymentMeter {
  made = 0;
  credited = 0;
  creditedCb = 0n;
  /** Whole units of the operator's money. */
  creditedUnits = 0n;
  /** From making an invoice to crediting it, over all that were credited. */
  creditedMs = 0;
  driverAsks = 0;
  driverErrors = 0;
  driverMs = 0;
  /** Quotes and invoices that peers asked for in vain, by why. */
  readonly refusals: Record<Refusal, number> = {
    ...{ none: 0, busy: 0, stale: 0, refused: 0, failed: 0, rank: 0 },
  };

  /** @param code of PAY_CODE. */
  noteRefused(code: number): void {
    for (const [name, value] of Object.entries(PAY_CODE)) {
      if (value === code && name !== "ok") this.refusals[name as Refusal]++;
    }
  }

  noteCredited({ cb, amount, createdMs }: Invoice, nowMs: number): void {
    this.credited++;
    this.creditedCb += cb;
    this.creditedUnits += amount;
    this.creditedMs += Math.max(0, nowMs - createdMs); // a clock may be set back meanwhile
  }

  /** The same driver, whose answers are counted and timed. */
  over(driver: PaymentDriver, clock: Pick<Clock, "now">): PaymentDriver {
    const timed = async <T>(answer: Promise<T>): Promise<T> => {
      const startedAt = clock.now();
      this.driverAsks++;
      try {
        return await answer;
      } catch (error) {
        this.driverErrors++;
        throw error;
      } finally {
        this.driverMs += clock.now() - startedAt;
      }
    };
    return {
      looksItself: driver.looksItself,
      quote: (cb: bigint) => timed(driver.quote(cb)),
      invoice: (quote: PayQuote, id: Uint8Array, peer: PublicKey): Promise<PayTerms> =>
        timed(driver.invoice(quote, id, peer)),
      settled: (invoice: Invoice) => timed(driver.settled(invoice)),
      redeem: (invoice: Invoice) => timed(driver.redeem(invoice)),
    };
  }
}
