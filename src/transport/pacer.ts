import type { Instant } from "../lib/mod.ts";

/** A late timer banks no more than this at the pacing rate, 4 ms from 500 Mbit/s on, where a
 * millisecond of timer slack is many packets (protocol.md §2.5). */
const BURST_MS = 2;
const BURST_MS_FAST = 4;
const FAST_BYTES_PER_MS = 62_500;
const BURST_PACKETS = 10;

/** Token bucket that spreads a window over its round trip (RFC 9002 §7.7). */
export class Pacer {
  #tokens = Infinity; // cut to one burst by the first refill
  #refilledAt: Instant | undefined;
  #rate = 0;

  /** Brings the bucket up to `now`. @param rate bytes per ms, > 0. */
  refill(rate: number, datagramBytes: number, now: Instant): void {
    const elapsedMs = this.#refilledAt === undefined ? 0 : Math.max(0, now - this.#refilledAt);
    const burstMs = rate > FAST_BYTES_PER_MS ? BURST_MS_FAST : BURST_MS;
    const burstBytes = Math.max(BURST_PACKETS * datagramBytes, rate * burstMs);
    this.#tokens = Math.min(this.#tokens + elapsedMs * rate, burstBytes);
    this.#refilledAt = now;
    this.#rate = rate;
  }

  /** Whether a datagram of `bytes` may leave now. A byte may be owed: at readyAt() rounding must
   * not ask for one more wake-up at the same instant. */
  allows(bytes: number): boolean {
    return this.#tokens >= bytes - 1;
  }

  /** A paced datagram left. */
  spend(bytes: number): void {
    this.#tokens -= bytes;
  }

  /** When a datagram of `bytes` may leave, as of the last refill. */
  readyAt(bytes: number): Instant {
    const missing = Math.max(0, bytes - this.#tokens);
    return ((this.#refilledAt ?? 0) + missing / this.#rate) as Instant;
  }
}
