import { assert, type Instant } from "../lib/mod.ts";

/** Time as scores tell it: the number of half-lives since the store began. */
export type KeepTime = number & { readonly unit: "half-lives" };

/** A half-life is the time in which a store is asked for so many times as many bytes as it has room
 * for. Hours would not do: what is asked for once a minute at a small node of much bandwidth is
 * asked for once a week at a large one of little, and either has seen each chunk at the verge of
 * going a few times in a half-life. Found by replay (ADR 0140). */
const HALF_LIFE_STORES = 10;
/** A new node is judged as if it had seen an hour at this pace: a month for a half-life. */
const PACE_BEFORE_MS = 3_600_000;
const PACE_BEFORE_HALF_LIVES = PACE_BEFORE_MS / (30 * 86_400_000);
/** Of the pace, an hour a day ago counts half. */
const PACE_HALF_LIFE_MS = 86_400_000;
/** What is kept on disk are thousandths. */
const STORED_UNIT = 1000;

/** Counts what a store is asked for, and tells scores how far their uses have faded. It stands
 * still while nobody asks: a node that was off for a month has forgotten nothing. */
export class KeepClock {
  readonly #halfLifeBytes: number;
  #time: number;
  #paceBytes = 0;
  #paceMs = 0;
  #pacedAt: Instant;

  /** @param capacityBytes room of the store, > 0. @param stored what `stored` said when the node
   * stopped; 0 for a new one. */
  constructor(capacityBytes: number, stored: number, now: Instant) {
    assert(capacityBytes > 0 && stored >= 0, `a store of ${capacityBytes} bytes at ${stored}`);
    this.#halfLifeBytes = HALF_LIFE_STORES * capacityBytes;
    this.#time = stored / STORED_UNIT;
    this.#pacedAt = now;
  }

  get time(): KeepTime {
    return this.#time as KeepTime;
  }

  /** To be kept on disk, a whole number. */
  get stored(): number {
    return Math.floor(this.#time * STORED_UNIT);
  }

  /** Bytes were asked for, here or not. */
  noteAsked(bytes: number, now: Instant): void {
    this.#time += bytes / this.#halfLifeBytes;
    this.#fadePace(now);
    this.#paceBytes += bytes;
  }

  /** How long a half-life takes as things went of late, ms. */
  halfLifeMs(now: Instant): number {
    this.#fadePace(now);
    const bytes = this.#paceBytes + PACE_BEFORE_HALF_LIVES * this.#halfLifeBytes;
    return this.#halfLifeBytes * (this.#paceMs + PACE_BEFORE_MS) / bytes;
  }

  #fadePace(now: Instant): void {
    const elapsedMs = Math.max(0, now - this.#pacedAt);
    const left = 2 ** (-elapsedMs / PACE_HALF_LIFE_MS);
    this.#paceBytes *= left;
    this.#paceMs = this.#paceMs * left + elapsedMs;
    this.#pacedAt = now;
  }
}
