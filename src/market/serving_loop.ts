import { assert, type Instant } from "../lib/mod.ts";
import { PRICE_FACTOR_MAX } from "./price.ts";
import type { ServingTerms } from "./serving_terms.ts";

/** How often the loop looks: a stored chunk that is asked for in vain waits so long (S2-12). */
export const SERVING_TICK_MS = 5_000;
/** A fresh node serves chunks that share a byte with its id, until it has seen who asks for what:
 * one in 256, and the range is never narrower. */
const RANGE_BITS_START = PRICE_FACTOR_MAX - 8;
/** What is sold counts as consumed from here on. */
const USED_SHARE = 0.97;
/** A range is wide enough if so much of what is sold is asked for there, since not all that is
 * asked for is taken; and it narrows where so much is asked for nearer by: more by far than what a
 * few seconds may have told too little of. */
const ENOUGH_SHARE = 1.1;
const PLENTY_SHARE = 1.5;
/** Of what was asked, a tick ago counts half as much after this. */
const ASKED_HALF_LIFE_MS = 60_000;
/** How long a range must have stood before it is narrowed. Each time that was wrong, that is, the
 * nearer demand did not take what is sold, twice as long, up to a day. */
const NARROW_AFTER_MS = 600_000;
const NARROW_AFTER_MS_MAX = 86_400_000;
/** More is stored than served (S2-12): one bit farther, that is, up to twice as many chunks. */
const STORED_BITS_AHEAD = 1;
const DAY_MS = 86_400_000;

export interface ServingLoopOptions {
  /** What is sold; undefined without a ceiling, where everything is in range. */
  readonly sellBytesPerSecond: number | undefined;
  /** The operator's own words, kept to whatever is measured. */
  readonly rangeBits?: number | undefined;
  readonly minReadsPerDay?: number | undefined;
  readonly now: Instant;
}

/** What has come to pass since the last tick. */
export interface ServingSample {
  /** Bytes on the wire to those who buy. */
  readonly soldBytes: number;
  /** Mean time between two reads of the chunk that would have to go for another; undefined while
   * the disk has room. */
  readonly leastIntervalMs: number | undefined;
}

/** Which chunks are kept and served for sale: those within a range around our id, and, once the
 * disk is full, asked for at least so often (S2-05, S2-06, S2-11). The range grows until what is
 * sold is consumed, at once to where enough is asked for, else bit by bit. It narrows when nearer
 * chunks, which are dearer, would take all of it. So under constant demand it grows and stands. */
export class ServingLoop {
  readonly #options: ServingLoopOptions;
  /** By price factor: bytes asked for, whether they were served or not, older ones less. */
  readonly #asked = new Float64Array(PRICE_FACTOR_MAX + 1);
  #askedMs = 0;
  #rangeBits: number;
  #queryIntervalMsMax = Infinity;
  #tickedAt: Instant;
  #movedAt: Instant;
  #narrowAfterMs = NARROW_AFTER_MS;
  #hasNarrowed = false;

  constructor(options: ServingLoopOptions) {
    const { sellBytesPerSecond, rangeBits, now } = options;
    assert(sellBytesPerSecond === undefined || sellBytesPerSecond > 0, "something is sold");
    this.#options = options;
    this.#rangeBits = rangeBits ??
      (sellBytesPerSecond === undefined ? PRICE_FACTOR_MAX : RANGE_BITS_START);
    this.#tickedAt = now;
    this.#movedAt = now;
  }

  /** The greatest distance (bits, 0 … 160) at which chunks are served. */
  get rangeBits(): number {
    return this.#rangeBits;
  }

  /** How often a chunk must be asked for to be kept for sale; 0 while there is room for all. */
  get minReadsPerDay(): number {
    return this.#options.minReadsPerDay ?? DAY_MS / this.#queryIntervalMsMax;
  }

  /** What is served of what is here, whatever its popularity: the disk is what is short then. */
  get served(): ServingTerms {
    return { factorMin: PRICE_FACTOR_MAX - this.#rangeBits, queryIntervalMsMax: Infinity };
  }

  /** What is worth fetching and keeping. */
  get kept(): ServingTerms {
    const bits = Math.min(PRICE_FACTOR_MAX, this.#rangeBits + STORED_BITS_AHEAD);
    const { minReadsPerDay } = this.#options;
    const queryIntervalMsMax = minReadsPerDay === undefined
      ? this.#queryIntervalMsMax
      : DAY_MS / minReadsPerDay;
    return { factorMin: PRICE_FACTOR_MAX - bits, queryIntervalMsMax };
  }

  /** Somebody who may buy asks for bytes of a chunk that is here, in range or not. */
  noteAsked(factor: number, bytes: number): void {
    this.#asked[factor] = (this.#asked[factor] ?? 0) + bytes;
  }

  /** Moves range and popularity; every SERVING_TICK_MS. */
  tick({ soldBytes, leastIntervalMs }: ServingSample, now: Instant): void {
    const elapsedMs = now - this.#tickedAt;
    if (elapsedMs <= 0) return;
    this.#tickedAt = now;
    this.#askedMs += elapsedMs;
    this.#queryIntervalMsMax = leastIntervalMs ?? Infinity;
    const { sellBytesPerSecond, rangeBits } = this.#options;
    if (sellBytesPerSecond !== undefined && rangeBits === undefined) {
      const isConsumed = soldBytes * 1000 / elapsedMs >= USED_SHARE * sellBytesPerSecond;
      if (!isConsumed) this.#widen(sellBytesPerSecond, now);
      else this.#narrow(sellBytesPerSecond, now);
    }
    this.#fade(elapsedMs);
  }

  #widen(sellBytesPerSecond: number, now: Instant): void {
    if (this.#rangeBits === PRICE_FACTOR_MAX) return;
    const wanted = PRICE_FACTOR_MAX - this.#enoughFrom(sellBytesPerSecond);
    this.#rangeBits = Math.max(this.#rangeBits + 1, wanted);
    if (this.#hasNarrowed) {
      this.#narrowAfterMs = Math.min(2 * this.#narrowAfterMs, NARROW_AFTER_MS_MAX);
    }
    this.#hasNarrowed = false;
    this.#movedAt = now;
  }

  #narrow(sellBytesPerSecond: number, now: Instant): void {
    if (this.#rangeBits <= RANGE_BITS_START) return;
    if (now - this.#movedAt < this.#narrowAfterMs) return;
    const nearer = PRICE_FACTOR_MAX - this.#rangeBits + 1;
    if (this.#askedWithin(nearer) < PLENTY_SHARE * sellBytesPerSecond) return;
    this.#rangeBits--;
    this.#hasNarrowed = true;
    this.#movedAt = now;
  }

  /** The greatest factor from which on enough is asked for, or else anything. */
  #enoughFrom(sellBytesPerSecond: number): number {
    const enough = ENOUGH_SHARE * sellBytesPerSecond * this.#askedMs / 1000;
    let least = PRICE_FACTOR_MAX;
    let within = 0;
    for (let factor = PRICE_FACTOR_MAX; factor >= 0 && within < enough; factor--) {
      const asked = this.#asked[factor] ?? 0;
      within += asked;
      if (asked > 0) least = factor;
    }
    return least;
  }

  /** Bytes per second of chunks at least so near. */
  #askedWithin(factorMin: number): number {
    const bytes = this.#asked.subarray(factorMin).reduce((sum, some) => sum + some, 0);
    return bytes * 1000 / this.#askedMs;
  }

  #fade(elapsedMs: number): void {
    const left = 0.5 ** (elapsedMs / ASKED_HALF_LIFE_MS);
    this.#askedMs *= left;
    for (let factor = 0; factor <= PRICE_FACTOR_MAX; factor++) {
      this.#asked[factor] = (this.#asked[factor] ?? 0) * left;
    }
  }
}
