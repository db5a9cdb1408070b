import type { Instant } from "../lib/mod.ts";
import { RecentMax } from "./recent_max.ts";

/** protocol.md §2.4. */
const ROUNDS = 10;

/** How much more than the path's rate lets expect comes acknowledged at once, because a receiver,
 * or something on the way, tells of many packets together. So much more must be in flight to keep
 * the path busy meanwhile. */
export class AckAggregation {
  readonly #extra = new RecentMax(ROUNDS);
  #epochStart: Instant | undefined;
  #epochBytes = 0;

  /** The most of the last ten round trips. */
  get extraBytes(): number {
    return this.#extra.value;
  }

  /** @param bytesPerMs of the path. @param extraBytesMax no more than the window is of use. */
  onAck(
    ackedBytes: number,
    bytesPerMs: number,
    extraBytesMax: number,
    isRoundStart: boolean,
    now: Instant,
  ): void {
    if (isRoundStart) this.#extra.advance();
    let expected = bytesPerMs * (now - (this.#epochStart ?? now));
    if (this.#epochStart === undefined || this.#epochBytes <= expected) {
      this.#epochStart = now;
      this.#epochBytes = 0;
      expected = 0;
    }
    this.#epochBytes += ackedBytes;
    this.#extra.update(Math.min(this.#epochBytes - expected, extraBytesMax));
  }

  /** Forgets: another path, or a pause. */
  restart(): void {
    this.#extra.clear();
    this.#epochStart = undefined;
  }
}
