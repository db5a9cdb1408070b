import { assert } from "../lib/mod.ts";
import { REQUEST_FEE_CB } from "./price.ts";

const FEE_CB = Number(REQUEST_FEE_CB);
/** Holders whose part is told apart; what others are paid is in the sum alone. */
const HOLDERS_MAX = 64;

/** What one holder was paid by one reader. */
export interface HolderSpending {
  /** In hex. */
  readonly publicKey: string;
  bytes: number;
  cb: number;
  /** The least and the greatest price factor that it was paid. */
  factorMin: number;
  factorMax: number;
}

/** What a reader pays for all that it reads, in credit bytes, and how much it may. Safe integers:
 * 2^53 cb are 400 TiB at factor 20. */
export class Spending {
  /** Infinity: it is counted, and nothing refused. */
  readonly budgetCb: number;
  #spentCb = 0;
  #reservedCb = 0;
  /** BOUNDED by HOLDERS_MAX. */
  readonly #holders = new Map<string, HolderSpending>();

  constructor(budgetCb = Infinity) {
    assert(budgetCb >= 0, `a budget of ${budgetCb} cb`);
    this.budgetCb = budgetCb;
  }

  /** For what came, and for questions. */
  get spentCb(): number {
    return this.#spentCb;
  }

  /** For what is asked and has not come. */
  get reservedCb(): number {
    return this.#reservedCb;
  }

  get leftCb(): number {
    return this.budgetCb - this.#spentCb - this.#reservedCb;
  }

  get hasBudget(): boolean {
    return this.budgetCb !== Infinity;
  }

  /** Those paid most first. */
  holders(): HolderSpending[] {
    return [...this.#holders.values()].sort((a, b) => b.cb - a.cb || b.bytes - a.bytes);
  }

  /** Bytes at this factor that one more request may ask for. */
  roomFor(factor: number): number {
    const left = this.leftCb - FEE_CB;
    if (left < 0) return 0;
    return factor === 0 ? Infinity : Math.floor(left / factor);
  }

  /** Reserves the price of one FETCH. @param publicKey the holder's, in hex.
   * @returns undefined if that is more than is left. */
  open(publicKey: string, bytes: number, factor: number): Expense | undefined {
    const cb = FEE_CB + bytes * factor;
    if (cb > this.leftCb) return undefined;
    this.#reservedCb += cb;
    return new Expense(bytes, factor, {
      reserve: (more) => {
        if (more > this.leftCb) return false;
        this.#reservedCb += more;
        return true;
      },
      release: (less) => void (this.#reservedCb -= less),
      spend: (paidCb, paidBytes, at) => this.#spend(publicKey, paidCb, paidBytes, at),
    });
  }

  /** Bytes that were paid for have proved wrong, or cannot be proven: their price comes back. */
  refund(publicKey: string, bytes: number, factor: number): void {
    this.#spend(publicKey, -bytes * factor, -bytes, factor);
  }

  #spend(publicKey: string, cb: number, bytes: number, factor: number): void {
    this.#spentCb += cb;
    const known = this.#holders.get(publicKey);
    if (known !== undefined) {
      known.cb += cb;
      known.bytes += bytes;
      known.factorMin = Math.min(known.factorMin, factor);
      known.factorMax = Math.max(known.factorMax, factor);
    } else if (this.#holders.size < HOLDERS_MAX) {
      this.#holders.set(publicKey, { publicKey, bytes, cb, factorMin: factor, factorMax: factor });
    }
  }
}

interface Till {
  reserve(cb: number): boolean;
  release(cb: number): void;
  spend(cb: number, bytes: number, factor: number): void;
}

/** One FETCH on a reader's account: reserved, then spent byte for byte or given back. */
export class Expense {
  readonly #till: Till;
  #factor: number;
  #openBytes: number;
  #isOpen = true;

  /** The fee and the price of `bytes` are reserved. */
  constructor(bytes: number, factor: number, till: Till) {
    this.#openBytes = bytes;
    this.#factor = factor;
    this.#till = till;
  }

  /** The holder has answered: so many bytes come, at this factor.
   * @returns false if that is more than is left, or it has ended; nothing changes then. */
  answered(bytes: number, factor: number): boolean {
    if (!this.#isOpen) return false;
    const more = bytes * factor - this.#openBytes * this.#factor;
    if (more > 0 && !this.#till.reserve(more)) return false;
    if (more < 0) this.#till.release(-more);
    this.#openBytes = bytes;
    this.#factor = factor;
    return true;
  }

  arrived(bytes: number): void {
    const paid = Math.min(bytes, this.#openBytes);
    this.#openBytes -= paid;
    this.#till.release(paid * this.#factor);
    this.#till.spend(paid * this.#factor, paid, this.#factor);
  }

  /** Bytes will not come. */
  released(bytes: number): void {
    const released = Math.min(bytes, this.#openBytes);
    this.#openBytes -= released;
    this.#till.release(released * this.#factor);
  }

  /** @param isCharged the fee is owed. */
  ended(isCharged: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.released(this.#openBytes);
    this.#till.release(FEE_CB);
    if (isCharged) this.#till.spend(FEE_CB, 0, this.#factor);
  }
}
