import { BoundedMap, type Instant } from "../lib/mod.ts";

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

/** A token bucket (RFC 2698 without colours). */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: Instant;

  constructor(perSecond: number, burst: number, now: Instant) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes one token; false if there is none. */
  take(now: Instant): boolean {
    const earned = Math.max(0, now - this.#at) * this.#perMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** When a responder asks for a cookie before it spends DH on an INIT (protocol.md §1). */
export class InitLimits {
  readonly #all: TokenBucket;
  readonly #unproven = new BoundedMap<string, TokenBucket>(ADDRESSES_MAX);
  readonly #proven = new BoundedMap<string, TokenBucket>(ADDRESSES_MAX);

  constructor(now: Instant) {
    this.#all = new TokenBucket(INITS_PER_SECOND, INITS_PER_SECOND, now);
  }

  /** What to do with an INIT from `ip`. @param isProven whether a cookie or token has shown that
   * its sender receives there. @param isExempt an address that is not counted (private, on dev).
   * @param halfOpen sessions that wait for their first DATA. */
  admit(
    ip: string,
    isProven: boolean,
    isExempt: boolean,
    halfOpen: number,
    now: Instant,
  ): "answer" | "cookie" | "drop" {
    if (isExempt) return "answer";
    const isCalm = this.#all.take(now);
    if (isProven) {
      const perSecond = PROVEN_PER_ADDRESS_PER_SECOND;
      return take(this.#proven, ip, perSecond, perSecond, now) ? "answer" : "drop";
    }
    const rate = INITS_PER_ADDRESS_PER_SECOND;
    const isModest = take(this.#unproven, ip, rate, INITS_PER_ADDRESS_BURST, now);
    return isCalm && isModest && halfOpen <= HALF_OPEN_BEFORE_COOKIES ? "answer" : "cookie";
  }
}

function take(
  buckets: BoundedMap<string, TokenBucket>,
  ip: string,
  perSecond: number,
  burst: number,
  now: Instant,
): boolean {
  let bucket = buckets.touch(ip);
  if (bucket === undefined) {
    bucket = new TokenBucket(perSecond, burst, now);
    buckets.set(ip, bucket);
  }
  return bucket.take(now);
}
