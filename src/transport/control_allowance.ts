import type { Instant } from "../lib/mod.ts";

/** What a peer's control may take before others' bulk: thirty of the largest answers a second, many
 * times what lookups, fetches and a download's requests need. */
const BYTES_PER_MS = 32;
/** A publisher's or a reader's burst. */
const BURST_BYTES = 65_536;

/** How much control of one peer goes before everybody's bulk. Somebody who asks for more answers
 * than that gets the rest of them in its own turns, at the cost of its own bulk: questions are
 * short and answers long, so control without a bound would be a way to the whole line. */
export class ControlAllowance {
  #bytes = BURST_BYTES;
  #at = 0 as Instant;

  /** True while more may be sent at once. */
  isOpen(now: Instant): boolean {
    this.#refill(now);
    return this.#bytes > 0;
  }

  /** `bytes` of control have gone first, perhaps more than was left. */
  spend(bytes: number, now: Instant): void {
    this.#refill(now);
    this.#bytes -= bytes;
  }

  #refill(now: Instant): void {
    const earned = Math.max(0, now - this.#at) * BYTES_PER_MS;
    this.#bytes = Math.min(BURST_BYTES, this.#bytes + earned);
    this.#at = now;
  }
}
