import { SLICE_BYTES } from "../../content/mod.ts";
import { after, counted, type Instant } from "../../lib/mod.ts";
import { Payers, type ReadTerms, REQUEST_FEE_CB, type Spending } from "../../market/mod.ts";
import type { ShoppingTerms } from "../../swarm/mod.ts";

/** A reader who minds the price waits this long for holders that are being reached, which may be
 * cheaper, or for this part of the time that is left. */
const WAIT_MS = 250;
const WAIT_PART = 8;

/** A reader who minds the price pays twice for a slice only this long before it is late. */
const HURRY_MS = 500;

/** How one chunk is to be bought at the moment. */
export interface Shopping {
  readonly spending: Spending | undefined;
  /** Undefined: nobody minds the price more than the time. */
  readonly terms: ShoppingTerms | undefined;
  /** A slice that is late may be bought a second time. */
  readonly mayDouble: boolean;
}

/** On whose budget and by when one chunk is bought, while readers come and go. */
export class ChunkShopping {
  readonly #payers = new Payers();
  readonly #sliceBytes: number;
  #waitsUntil: Instant | undefined;
  #mindsPrice = false;

  /** @param length the chunk's, 1 … 1 MiB. */
  constructor(length: number) {
    this.#sliceBytes = Math.min(length, SLICE_BYTES);
  }

  /** A reader joins. @returns a function for when it leaves. */
  join(terms: ReadTerms): () => void {
    return this.#payers.add(terms);
  }

  /** Whether a reader does, by what `at` said last. */
  get mindsPrice(): boolean {
    return this.#mindsPrice;
  }

  at(now: Instant): Shopping {
    const shopping = this.#plan(now);
    this.#mindsPrice = shopping.terms !== undefined;
    return shopping;
  }

  #plan(now: Instant): Shopping {
    const payer = this.#payers.payer();
    if (payer === undefined) return { spending: undefined, terms: undefined, mayDouble: true };
    const { spending, dueAt, fundsCb, shareCb } = payer;
    if (dueAt === undefined && fundsCb === Infinity) {
      return { spending, terms: undefined, mayDouble: true };
    }
    const dueMs = dueAt === undefined ? undefined : dueAt - now;
    const feeCb = Number(REQUEST_FEE_CB);
    const terms = { dueMs, fundsCb, shareCb, feeCb };
    return { spending, terms, mayDouble: dueMs !== undefined && dueMs < HURRY_MS };
  }

  /** More holders may be reached soon, and the reader would rather wait than pay more. */
  waits({ terms }: Shopping, mayComeMore: boolean, now: Instant): boolean {
    if (terms === undefined || !mayComeMore) {
      this.#waitsUntil = undefined;
      return false;
    }
    const { dueMs = Infinity } = terms;
    this.#waitsUntil ??= after(now, Math.max(0, Math.min(WAIT_MS, dueMs / WAIT_PART)));
    if (now < this.#waitsUntil) return true;
    return false;
  }

  /** When waits() has an end. */
  nextTimeout(now: Instant): Instant | undefined {
    return this.#waitsUntil !== undefined && this.#waitsUntil > now ? this.#waitsUntil : undefined;
  }

  /** Price of a slice at this factor, credit bytes. */
  sliceCb(factor: number): number {
    return factor * this.#sliceBytes;
  }

  /** Slices that so many bytes are room for. */
  slicesIn(bytes: number): number {
    return Math.floor(bytes / this.#sliceBytes);
  }

  /** Why nothing more can be bought of any of these; undefined while something may be. */
  exhaustion(factors: readonly number[]): string | undefined {
    const payer = this.#payers.payer();
    const { spending } = payer ?? {};
    if (spending === undefined || factors.length === 0 || !this.#payers.isAllSpent) {
      return undefined;
    }
    const factor = Math.min(...factors);
    if (spending.roomFor(factor) >= this.#sliceBytes) return undefined;
    return beyondBudget(spending, factor, this.#sliceBytes, factors.length);
  }
}

/** What was spent, what the cheapest asks, and what helps. */
export function beyondBudget(
  { budgetCb, spentCb, leftCb }: Spending,
  factor: number,
  bytes: number,
  holders: number,
): string {
  const price = Number(REQUEST_FEE_CB) + factor * bytes;
  return `of the budget of ${budgetCb} cb ${spentCb} are spent and ${leftCb} left, and the ` +
    `cheapest of ${
      counted(holders, "holder")
    } asks ${factor} cb a byte, ${price} cb for the next ` +
    `${bytes} bytes. A higher --budget helps, or a later try: what was bought is kept, ` +
    "and copies farther " +
    "from its id are cheaper";
}
