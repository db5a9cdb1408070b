import type { Instant } from "../lib/mod.ts";
import type { Spending } from "./spending.ts";

/** How one reader wants to buy what it reads. */
export interface ReadTerms {
  /** What pays; undefined: nobody counts it. */
  readonly spending: Spending | undefined;
  /** When what is read next should be here; undefined: as soon as it can be had. */
  readonly dueAt: Instant | undefined;
  /** Of what its budget has left, the part that this may cost, 0 … 1: as much as it is of all that
   * is still to be read. */
  readonly share: number;
}

/** Who pays at the moment, and by when it should be here. */
export interface Payer {
  readonly spending: Spending | undefined;
  readonly dueAt: Instant | undefined;
  /** Credit bytes that may be spent, and that should be at most; Infinity without a budget. */
  readonly fundsCb: number;
  readonly shareCb: number;
}

/** Nobody's money and no hurry: what work without a reader of its own is bought on. */
export const NO_TERMS: ReadTerms = { spending: undefined, dueAt: undefined, share: 1 };

/** The readers who wait for the same bytes, which are bought once. Who has no budget pays; where
 * all have one, the one with most left, so that none is kept from what another one can pay. */
export class Payers {
  /** BOUNDED by the readers of one fetch. */
  readonly #terms = new Set<ReadTerms>();

  /** @returns a function that takes the reader out. */
  add(terms: ReadTerms): () => void {
    const own = { ...terms }; // two readers may have the same
    this.#terms.add(own);
    return () => void this.#terms.delete(own);
  }

  /** Undefined if there is no reader. */
  payer(): Payer | undefined {
    let richest: ReadTerms | undefined;
    for (const terms of this.#terms) {
      if (richest === undefined || leftOf(terms) > leftOf(richest)) richest = terms;
    }
    if (richest === undefined) return undefined;
    const fundsCb = leftOf(richest);
    const shareCb = fundsCb === Infinity ? Infinity : fundsCb * Math.min(1, richest.share);
    return { spending: richest.spending, dueAt: this.#dueAt(), fundsCb, shareCb };
  }

  /** Nothing that is asked for may still come cheaper and leave something over. */
  get isAllSpent(): boolean {
    for (const { spending } of this.#terms) {
      if (spending === undefined || !spending.hasBudget || spending.reservedCb > 0) return false;
    }
    return true;
  }

  /** By the most hurried; none while somebody wants it as soon as it can be had. */
  #dueAt(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const { dueAt } of this.#terms) {
      if (dueAt === undefined) return undefined;
      if (earliest === undefined || dueAt < earliest) earliest = dueAt;
    }
    return earliest;
  }
}

function leftOf({ spending }: ReadTerms): number {
  return spending === undefined ? Infinity : spending.leftCb;
}
