import { type Instant, TokenBucket, TokenBuckets } from "../lib/mod.ts";

/** Handshakes a second that are answered without asking for a cookie first: ~4 % of a core. */
export const INITS_PER_SECOND = 200;
/** The same from one address. */
export const INITS_PER_ADDRESS_PER_SECOND = 20;
export const INITS_PER_ADDRESS_BURST = 5;
/** Half-open sessions above which everybody proves an address first. */
export const HALF_OPEN_BEFORE_COOKIES = 1024;
/** Handshakes a second for one address that has proven itself: one host costs ≤ 2 % of a core. */
export const PROVEN_PER_ADDRESS_PER_SECOND = 100;
/** Addresses counted at once. A flood from more is caught by the count over all. */
const ADDRESSES_MAX = 4096;

/** When a responder asks for a cookie before it spends DH on an INIT (protocol.md §1). */
export class InitLimits {
  readonly #all: TokenBucket;
  readonly #unproven = new TokenBuckets(
    INITS_PER_ADDRESS_PER_SECOND,
    INITS_PER_ADDRESS_BURST,
    ADDRESSES_MAX,
  );
  readonly #proven = new TokenBuckets(
    PROVEN_PER_ADDRESS_PER_SECOND,
    PROVEN_PER_ADDRESS_PER_SECOND,
    ADDRESSES_MAX,
  );

  constructor(now: Instant) {
    this.#all = new TokenBucket(INITS_PER_SECOND, INITS_PER_SECOND, now);
  }

  /** What to do with an INIT from `ip`. @param isProven whether a cookie or token has shown that
   * its sender receives there. @param isExempt an address that is not counted (private, on dev).
   * @param halfOpen sessions with unproven addresses that wait for their first DATA. */
  admit(
    ip: string,
    isProven: boolean,
    isExempt: boolean,
    halfOpen: number,
    now: Instant,
  ): "answer" | "cookie" | "drop" {
    if (isExempt) return "answer";
    const isCalm = this.#all.take(now);
    if (isProven) return this.#proven.take(ip, now) ? "answer" : "drop";
    const isModest = this.#unproven.take(ip, now);
    return isCalm && isModest && halfOpen <= HALF_OPEN_BEFORE_COOKIES ? "answer" : "cookie";
  }
}
