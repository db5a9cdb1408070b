import { after, type Instant } from "../lib/mod.ts";

/** protocol.md §2.4: how long the smallest sample is believed without being met again. */
const STALE_MS = 10_000;
/** A sample this little above it meets it: on a real path no two are the same. */
const TOLERANCE = 1 / 32;

/** The round trip without queues: the smallest of the last ten seconds, which takes an emptied
 * queue to see. It is never unknown: a worse value replaces it only when it is in hand. */
export class MinRtt {
  #ms: number;
  #hasSample = false;
  #metAt = 0 as Instant;
  /** The smallest sample of a probe under way. */
  #probedMs: number | undefined;

  /** @param initialMs believed until the first sample. */
  constructor(initialMs: number) {
    this.#ms = initialMs;
  }

  get ms(): number {
    return this.#ms;
  }

  /** @param rttMs a sample. @param adjustedMs the same without the peer's delay; that is its claim,
   * which may confirm the minimum and not lower it. @param isAppLimited we build no queue, so a
   * larger sample is the path's own. */
  update(rttMs: number, adjustedMs: number, isAppLimited: boolean, now: Instant): void {
    if (this.#probedMs !== undefined) this.#probedMs = Math.min(this.#probedMs, rttMs);
    const isReplaced = !this.#hasSample || rttMs <= this.#ms ||
      (isAppLimited && this.isStale(now));
    if (isReplaced) this.#ms = rttMs;
    if (isReplaced || adjustedMs <= this.#ms * (1 + TOLERANCE)) this.#metAt = now;
    this.#hasSample = true;
  }

  /** It has not been met for long: the queue should be emptied to look again. */
  isStale(now: Instant): boolean {
    return now > after(this.#metAt, STALE_MS);
  }

  /** Nothing was sent for a while: that it was not met means nothing. */
  rest(now: Instant): void {
    this.#metAt = now;
  }

  /** The queue is being emptied. */
  beginProbe(): void {
    this.#probedMs = Infinity;
  }

  /** What was seen meanwhile is the new minimum, be it larger. */
  endProbe(now: Instant): void {
    const probedMs = this.#probedMs ?? Infinity;
    if (probedMs !== Infinity) this.#ms = probedMs;
    this.#probedMs = undefined;
    this.#metAt = now;
  }

  /** Another path: the next sample is the first; until then the old value is the best guess. */
  restart(): void {
    this.#hasSample = false;
    this.#probedMs = undefined;
  }
}
