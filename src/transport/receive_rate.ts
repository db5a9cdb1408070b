import type { Instant } from "../lib/mod.ts";
import { RecentMax } from "./recent_max.ts";

/** The estimate is the best of this many windows. */
const WINDOWS = 8;
/** Shorter windows would measure how datagrams are batched, not how fast they come. */
const WINDOW_MS_MIN = 10;

/** How fast DATA comes in, bytes per ms: what a FETCH has to ask for ahead (protocol.md §2.3). */
export class ReceiveRate {
  readonly #best = new RecentMax(WINDOWS);
  #startedAt: Instant | undefined;
  #lastAt = 0 as Instant;
  #bytes = 0;

  get bytesPerMs(): number {
    return this.#best.value;
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
    this.#best.advance();
    this.#best.update(this.#bytes / elapsedMs);
    this.#startedAt = now;
    this.#bytes = 0;
  }
}
