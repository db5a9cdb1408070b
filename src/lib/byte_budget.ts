import { after, type Instant } from "./instant.ts";

const HOUR_MS = 3_600_000;

/** So many bytes an hour, of which at most `burst` at once. What is spent beyond what is there is a
 * debt that the hours to come pay first: for things whose size is known only when they happen. */
export class ByteBudget {
  readonly #perMs: number;
  readonly #burst: number;
  #balance: number;
  #at: Instant;

  /** @param perHour, burst > 0. */
  constructor(perHour: number, burst: number, now: Instant) {
    this.#perMs = perHour / HOUR_MS;
    this.#burst = burst;
    this.#balance = burst;
    this.#at = now;
  }

  /** Bytes that may be spent now; ≤ 0: none. */
  balance(now: Instant): number {
    const earned = Math.max(0, now - this.#at) * this.#perMs;
    this.#balance = Math.min(this.#burst, this.#balance + earned);
    this.#at = now;
    return this.#balance;
  }

  spend(bytes: number, now: Instant): void {
    this.#balance = this.balance(now) - bytes;
  }

  /** When there is something to spend again; `now` if there is. */
  availableAt(now: Instant): Instant {
    const missing = 1 - this.balance(now);
    return missing <= 0 ? now : after(now, Math.ceil(missing / this.#perMs));
  }
}
