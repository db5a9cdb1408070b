import type { Instant, UnixMs } from "../../src/lib/mod.ts";
import type { Clock } from "../../src/ports/mod.ts";
import type { VirtualClock } from "./virtual_clock.ts";

export interface NodeClockOptions {
  /** How much faster (or slower, < 0) this machine's clock runs, parts per million. */
  readonly skewPpm?: number;
  /** How far its wall clock is off, ms. */
  readonly wallOffsetMs?: number;
}

/** One simulated machine's own clock: skewed, wrong by the wall, paused (a garbage collection, a
 * laptop lid) or stopped for good (a crash: nothing it scheduled runs any more). */
export class NodeClock implements Clock {
  readonly #base: VirtualClock;
  readonly #startMs: number;
  readonly #speed: number;
  readonly #cancels = new Set<() => void>();
  #wallOffsetMs: number;
  #pausedUntilMs = 0;
  #floorMs = 0;
  #isStopped = false;

  constructor(base: VirtualClock, options: NodeClockOptions = {}) {
    this.#base = base;
    this.#startMs = base.now();
    this.#speed = 1 + (options.skewPpm ?? 0) / 1e6;
    this.#wallOffsetMs = options.wallOffsetMs ?? 0;
  }

  /** ms since this clock was made, as this machine counts them. */
  now(): Instant {
    const ms = (this.#base.now() - this.#startMs) * this.#speed;
    this.#floorMs = Math.max(this.#floorMs, ms);
    return this.#floorMs as Instant;
  }

  unixMs(): UnixMs {
    return (this.#base.unixMs() + this.#wallOffsetMs) as UnixMs;
  }

  stepWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Tasks still to run. */
  get pending(): number {
    return this.#cancels.size;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What falls due in the next `ms` runs only when they are over, in its old order. */
  pause(ms: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#base.now() + ms);
  }

  /** Calls everything off; later `schedule` calls do nothing. */
  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  schedule(delayMs: number, task: () => void): () => void {
    if (this.#isStopped) return () => {};
    const dueMs = this.now() + delayMs;
    let cancelBase = (): void => {};
    const cancel = (): void => {
      cancelBase();
      this.#cancels.delete(cancel);
    };
    const run = (): void => {
      const waitMs = this.#pausedUntilMs - this.#base.now();
      if (waitMs > 0) {
        cancelBase = this.#base.schedule(waitMs, run);
        return;
      }
      this.#cancels.delete(cancel);
      // Rounding of the skew must not make a timer fire before its own time: the task would
      // schedule a rest too small to move the clock, for ever.
      this.#floorMs = Math.max(this.#floorMs, dueMs);
      task();
    };
    cancelBase = this.#base.schedule(delayMs / this.#speed, run);
    this.#cancels.add(cancel);
    return cancel;
  }
}
