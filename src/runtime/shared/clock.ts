import { clearTimeout, setTimeout } from "node:timers";
import type { Instant, UnixMs } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";

/** Longer delays overflow the runtimes' 32-bit timers, which then fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's clocks: performance.now (monotonic) and Date.now (the wall). */
export const systemClock: Clock = {
  now: () => performance.now() as Instant,
  unixMs: () => Date.now() as UnixMs,
  schedule(delayMs, task) {
    const due = performance.now() + Math.max(0, delayMs);
    let timer: ReturnType<typeof setTimeout>;
    const arm = (): void => {
      const left = Math.ceil(due - performance.now());
      timer = setTimeout(fire, Math.min(Math.max(left, 0), TIMER_MS_MAX));
    };
    // A timer may come a fraction of a millisecond early, and a long one comes in parts.
    const fire = (): void => performance.now() < due ? arm() : task();
    arm();
    return () => clearTimeout(timer);
  },
};
