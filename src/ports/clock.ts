import type { Instant, UnixMs } from "../lib/mod.ts";

/** Time comes in by this door. `now` never goes back; `unixMs` may. */
export interface Clock {
  now(): Instant;
  unixMs(): UnixMs;
  /** Runs `task` once, `delayMs` (≥ 0) from now, never before this call returns.
   * @returns a function that calls it off; calling that late or twice does nothing. */
  schedule(delayMs: number, task: () => void): () => void;
}
