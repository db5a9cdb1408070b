import { BoundedMap } from "./bounded_map.ts";
import type { Instant } from "./instant.ts";

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

/** A bucket for each key. BOUNDED by `keysMax`: the one that was idle longest gives way, and its
 * key begins with a full bucket again; a flood from more keys needs a count over all besides. */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets: BoundedMap<string, TokenBucket>;

  constructor(perSecond: number, burst: number, keysMax: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#buckets = new BoundedMap(keysMax);
  }

  /** Takes one token of `key`; false if there is none. */
  take(key: string, now: Instant): boolean {
    let bucket = this.#buckets.touch(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#perSecond, this.#burst, now);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(now);
  }
}
