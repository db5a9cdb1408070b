import type { Instant } from "../lib/mod.ts";

/** The estimate is the best of this many windows. */
const WINDOWS = 8;
/** Shorter windows would measure how datagrams are batched, not how fast they come. */
const WINDOW_MS_MIN = 10;

/** How fast DATA comes in, bytes per ms: what a FETCH has to ask for ahead (protocol.md §2.3). */
export class ReceiveRate {
  readonly #bestOf = new Float64Array(WINDOWS);
  #slot = 0;
  #startedAt: Instant | undefined;
  #lastAt = 0 as Instant;
  #bytes = 0;

  get bytesPerMs(): number {
    let best = 0;
    for (const rate of this.#bestOf) if (rate > best) best = rate;
    return best;
  }

  /** @param bytes > 0 of DATA arrived. @param minRttMs a window lasts at least this long. */
  onData(bytes: number, minRttMs: number, now: Instant): void {
    const windowMs = Math.max(minRttMs, WINDOW_MS_MIN);
    if (this.#startedAt === undefined || now - this.#lastAt > 2 * windowMs) {
      // after a pause: the first bytes mark the start, they do not count
      this.#startedAt = now;
      this.#bytes = 0;
    } else {
      this.#bytes += bytes;
    }
    this.#lastAt = now;
    const elapsedMs = now - this.#startedAt;
    if (elapsedMs < windowMs) return;
    this.#slot = (this.#slot + 1) % WINDOWS;
    this.#bestOf[this.#slot] = this.#bytes / elapsedMs;
    this.#startedAt = now;
    this.#bytes = 0;
  }
}
