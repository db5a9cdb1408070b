import type { Instant } from "../../lib/mod.ts";
import { type Clock, SEGMENT_SLOTS, SLOT_LOAN_MS, type SlotAddress } from "../../ports/mod.ts";
import type { Slots } from "../../store/mod.ts";

/** A timer may come a little early, and whoever counts the loan by a clock of its own began to
 * count when it asked. */
const MARGIN_MS = 100;
/** Slots lent at once. Each loan keeps one of 1 MiB from being used again, for a second: room that
 * is missing meanwhile is missing in the cache alone. */
const LOANS_MAX = 4_096;

interface Loan {
  readonly at: SlotAddress;
  readonly until: Instant;
}

/** Slots that another process reads. It says nothing when it is done: it must look at the clock
 * after each read, and a read that ends later than SLOT_LOAN_MS after it asked counts for nothing.
 * So nobody who dies or stands still keeps a slot, and nobody reads what has come in its place. */
export class SlotLoans {
  readonly #slots: Pick<Slots, "lease" | "release">;
  readonly #clock: Clock;
  readonly #onFree: () => void;
  /** By slot, those that end first in front: all run equally long, and one that is lent again goes
   * to the back. BOUNDED by LOANS_MAX. */
  readonly #loans = new Map<number, Loan>();
  #callOff: (() => void) | undefined;

  /** @param onFree told when the last reader of a slot that waits to be freed has left. */
  constructor(slots: Pick<Slots, "lease" | "release">, clock: Clock, onFree: () => void) {
    this.#slots = slots;
    this.#clock = clock;
    this.#onFree = onFree;
  }

  get size(): number {
    return this.#loans.size;
  }

  /** @returns false if too many are lent already. */
  lend(at: SlotAddress): boolean {
    const slot = at.segment * SEGMENT_SLOTS + at.slot;
    const isLent = this.#loans.delete(slot);
    if (this.#loans.size >= LOANS_MAX) return false;
    if (!isLent) this.#slots.lease(at);
    const until = (this.#clock.now() + SLOT_LOAN_MS + MARGIN_MS) as Instant;
    this.#loans.set(slot, { at, until });
    this.#callOff ??= this.#clock.schedule(SLOT_LOAN_MS + MARGIN_MS, () => this.#takeBack());
    return true;
  }

  /** The store closes: nothing is written into a slot any more. */
  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #takeBack(): void {
    this.#callOff = undefined;
    const now = this.#clock.now();
    let isAnyFree = false;
    for (const [slot, { at, until }] of this.#loans) {
      if (until > now) {
        this.#callOff = this.#clock.schedule(until - now, () => this.#takeBack());
        break;
      }
      this.#loans.delete(slot);
      isAnyFree = this.#slots.release(at) || isAnyFree;
    }
    if (isAnyFree) this.#onFree();
  }
}
