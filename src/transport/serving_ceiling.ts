import { after, type Instant } from "../lib/mod.ts";
import type { Train } from "./api.ts";

/** What a datagram has on the wire besides its payload: the heads of UDP, and of IPv4 or IPv6. */
const HEAD_BYTES_V4 = 28;
const HEAD_BYTES_V6 = 48;
/** What a pause lets be sent at once: as much as a busy machine's timers are late by. */
const BURST_MS = 100;
/** With the train that goes while a byte is left (65,000 bytes and 44 heads) less than a chunk, so
 * that over no time whatever more than a chunk is sent beyond the rate. */
const BURST_BYTES_MAX = 2 ** 19;

/** The operator's ceiling on what is sent to those who buy, in bytes on the wire with every head
 * (S2-04): a token bucket (RFC 2697) that may be overdrawn by the train that goes next. Control is
 * counted and never held up: what it takes, slices wait for. */
export class ServingCeiling {
  readonly bytesPerSecond: number;
  readonly #perMs: number;
  readonly #burstBytes: number;
  #tokens: number;
  #at: Instant;
  #spentBytes = 0;

  /** @param bytesPerSecond > 0. */
  constructor(bytesPerSecond: number, now: Instant) {
    this.bytesPerSecond = bytesPerSecond;
    this.#perMs = bytesPerSecond / 1000;
    this.#burstBytes = Math.min(BURST_BYTES_MAX, this.#perMs * BURST_MS);
    this.#tokens = this.#burstBytes;
    this.#at = now;
  }

  /** Bytes on the wire that were counted so far. */
  get spentBytes(): number {
    return this.#spentBytes;
  }

  /** Whether slices may be sent now. A byte may be owed: at `openAt` rounding must not ask for one
   * more wake-up at the same instant. */
  isOpen(now: Instant): boolean {
    this.#refill(now);
    return this.#tokens > -1;
  }

  /** When it opens; undefined if it was open at the last look. */
  get openAt(): Instant | undefined {
    return this.#tokens > -1 ? undefined : after(this.#at, -this.#tokens / this.#perMs);
  }

  /** A train to somebody who buys has left. */
  spend({ to, bytes, segmentBytes }: Train, now: Instant): void {
    this.#refill(now);
    const headBytes = to.ip.includes(":") ? HEAD_BYTES_V6 : HEAD_BYTES_V4;
    const wireBytes = bytes + Math.ceil(bytes / segmentBytes) * headBytes;
    this.#tokens -= wireBytes;
    this.#spentBytes += wireBytes;
  }

  #refill(now: Instant): void {
    const earned = Math.max(0, now - this.#at) * this.#perMs;
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + earned);
    this.#at = now;
  }
}
