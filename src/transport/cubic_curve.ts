import type { Instant } from "../lib/mod.ts";

/** RFC 9438 §4.1, §4.6: how steep the curve is, and the cut that it recovers from. */
const C = 0.4;
const BETA = 0.7;
/** RFC 9438 §4.3: makes the Reno-friendly estimate as aggressive as Reno halving by 0.5. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/** The window over time between two cuts (RFC 9438 §4.2 to §4.5, §4.7). Windows in bytes. */
export class CubicCurve {
  // The epoch: one growth along the curve, from a cut (or the end of slow start) to the next.
  #epochStart: Instant | undefined;
  #lastAckAt: Instant | undefined;
  /** W_max: where the last cut was. */
  #maxBytes = 0;
  #maxBytesBefore = 0;
  /** W_est: the window Reno would have. */
  #renoBytes = 0;
  /** cwnd_prior: the window before the cut. */
  #priorBytes = 0;
  /** K: seconds from the epoch's start until the curve is back at W_max. */
  #k = 0;

  /** The window is about to be cut from `windowBytes`. */
  onCut(windowBytes: number): void {
    this.#maxBytesBefore = this.#maxBytes;
    this.#priorBytes = windowBytes;
    // fast convergence (RFC 9438 §4.7): below the last maximum, leave room for a newcomer
    this.#maxBytes = windowBytes < this.#maxBytes ? (windowBytes * (1 + BETA)) / 2 : windowBytes;
    this.#epochStart = undefined;
  }

  /** The last cut was for losses that were none. */
  undoCut(): void {
    this.#maxBytes = this.#maxBytesBefore;
    this.#epochStart = undefined;
  }

  /** The next growth begins another epoch. */
  restart(): void {
    this.#epochStart = undefined;
  }

  /** Call for every ACK: time without use of the window does not move along the curve (§5.8). */
  onAck(isInUse: boolean, now: Instant): void {
    const sinceLastMs = this.#lastAckAt === undefined ? 0 : now - this.#lastAckAt;
    this.#lastAckAt = now;
    if (isInUse || this.#epochStart === undefined) return;
    this.#epochStart = Math.min(now, this.#epochStart + sinceLastMs) as Instant;
  }

  /** The window after `ackedBytes` more have arrived. */
  grown(
    windowBytes: number,
    ackedBytes: number,
    datagramBytes: number,
    smoothedRttMs: number,
    now: Instant,
  ): number {
    const size = datagramBytes;
    this.#epochStart ??= this.#startEpoch(windowBytes, size, now);
    const acked = ackedBytes / size;
    const window = windowBytes / size;
    const seconds = (now - this.#epochStart + smoothedRttMs) / 1_000;
    const alpha = this.#renoBytes < this.#priorBytes ? ALPHA : 1;
    this.#renoBytes += (alpha * acked / window) * size;
    const fromK = seconds - this.#k;
    const curve = C * fromK * fromK * fromK + this.#maxBytes / size;
    const target = Math.min(Math.max(curve, window), 1.5 * window);
    const cubicBytes = windowBytes + ((target - window) / window) * acked * size;
    return Math.max(cubicBytes, this.#renoBytes);
  }

  #startEpoch(windowBytes: number, size: number, now: Instant): Instant {
    this.#maxBytes = Math.max(this.#maxBytes, windowBytes);
    this.#k = cubeRoot((this.#maxBytes - windowBytes) / size / C);
    this.#renoBytes = windowBytes;
    return now;
  }
}

/** Cube root of `x` ≥ 0 by Newton's method. Not Math.cbrt: engines differ in its last bit, and a
 * simulated run must be the same on all of them. */
export function cubeRoot(x: number): number {
  if (x === 0) return 0;
  let root = Math.max(x, 1);
  for (let previous = Infinity; root < previous;) {
    previous = root;
    root -= (root - x / (root * root)) / 3;
  }
  return root;
}
