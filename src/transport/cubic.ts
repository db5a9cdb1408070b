import type { Instant } from "../lib/mod.ts";
import type { CongestionController } from "./congestion.ts";

/** protocol.md §2.1: one flight of 32 packets. */
export const INITIAL_WINDOW_PACKETS = 32;
/** testing.md §3: below four packets a single loss cannot be told from silence. */
export const MIN_WINDOW_PACKETS = 4;
/** RFC 9438 §4.6 and §4.1: the cut, and how steep the curve is. */
const BETA = 0.7;
const C = 0.4;
/** RFC 9438 §4.3: makes the Reno-friendly estimate as aggressive as Reno halving by 0.5. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);
/** RFC 9002 §7.7: a little above the window's own rate, so that pacing never holds it back. */
const PACING_GAIN = 1.25;
/** In slow start the window doubles per round trip: its last packet needs the room now. */
const PACING_GAIN_SLOW_START = 2;

/** What a cut replaced, to be restored if the losses that caused it were none (RFC 9438 §4.9).
 * Losses told later, in the same recovery, do not count: where packets are always reordered some
 * are always missing, and a cut would never be undone. */
interface Cut {
  /** Of the losses that caused it; packets sent later are not among them. */
  readonly newestSentAt: Instant;
  readonly losses: number;
  readonly windowBytes: number;
  readonly thresholdBytes: number;
  readonly maxBytes: number;
  spurious: number;
}

/** CUBIC (RFC 9438). One cut per round trip, of 0.7. Windows in bytes of datagrams. */
export class Cubic implements CongestionController {
  readonly #windowBytesMax: number;
  #datagramBytes: number;
  #windowBytes: number;
  #thresholdBytes = Infinity;
  #recoveryStartedAt: Instant | undefined;
  #cut: Cut | undefined;

  // The epoch: one growth along the curve, from a cut (or the end of slow start) to the next.
  #epochStart: Instant | undefined;
  #lastAckAt: Instant | undefined;
  /** W_max: where the last cut was. */
  #maxBytes = 0;
  /** W_est: the window Reno would have. */
  #renoBytes = 0;
  /** cwnd_prior: the window before the cut. */
  #priorBytes = 0;
  /** K: seconds from the epoch's start until the curve is back at W_max. */
  #k = 0;

  constructor(datagramBytes: number, windowBytesMax: number) {
    this.#datagramBytes = datagramBytes;
    this.#windowBytesMax = windowBytesMax;
    this.#windowBytes = INITIAL_WINDOW_PACKETS * datagramBytes;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  get isInSlowStart(): boolean {
    return this.#windowBytes < this.#thresholdBytes;
  }

  get recoveryStartedAt(): Instant | undefined {
    return this.#recoveryStartedAt;
  }

  onAcked(bytes: number, smoothedRttMs: number, isWindowLimited: boolean, now: Instant): void {
    const sinceLastMs = this.#lastAckAt === undefined ? 0 : now - this.#lastAckAt;
    this.#lastAckAt = now;
    if (!isWindowLimited) {
      // time without use of the window does not move along the curve (RFC 9438 §5.8)
      if (this.#epochStart !== undefined) {
        this.#epochStart = Math.min(now, this.#epochStart + sinceLastMs) as Instant;
      }
      return;
    }
    if (this.isInSlowStart) this.#set(this.#windowBytes + bytes);
    else this.#avoidCongestion(bytes, smoothedRttMs, now);
  }

  #avoidCongestion(bytes: number, smoothedRttMs: number, now: Instant): void {
    this.#epochStart ??= this.#startEpoch(now);
    const size = this.#datagramBytes;
    const acked = bytes / size;
    const window = this.#windowBytes / size;
    const seconds = (now - this.#epochStart + smoothedRttMs) / 1_000;
    const alpha = this.#renoBytes < this.#priorBytes ? ALPHA : 1;
    this.#renoBytes += (alpha * acked / window) * size;
    const fromK = seconds - this.#k;
    const curve = C * fromK * fromK * fromK + this.#maxBytes / size;
    const target = Math.min(Math.max(curve, window), 1.5 * window);
    const cubicBytes = this.#windowBytes + ((target - window) / window) * acked * size;
    this.#set(Math.max(cubicBytes, this.#renoBytes));
  }

  #startEpoch(now: Instant): Instant {
    const size = this.#datagramBytes;
    this.#maxBytes = Math.max(this.#maxBytes, this.#windowBytes);
    this.#k = cubeRoot((this.#maxBytes - this.#windowBytes) / size / C);
    this.#renoBytes = this.#windowBytes;
    return now;
  }

  onLost(packets: number, newestSentAt: Instant, now: Instant): void {
    if (this.#recoveryStartedAt !== undefined && newestSentAt <= this.#recoveryStartedAt) return;
    this.#cut = {
      newestSentAt,
      losses: packets,
      windowBytes: this.#windowBytes,
      thresholdBytes: this.#thresholdBytes,
      maxBytes: this.#maxBytes,
      spurious: 0,
    };
    this.#recoveryStartedAt = now;
    this.#priorBytes = this.#windowBytes;
    // fast convergence (RFC 9438 §4.7): below the last maximum, leave room for a newcomer
    this.#maxBytes = this.#windowBytes < this.#maxBytes
      ? (this.#windowBytes * (1 + BETA)) / 2
      : this.#windowBytes;
    this.#set(this.#windowBytes * BETA);
    this.#thresholdBytes = this.#windowBytes;
    this.#epochStart = undefined;
  }

  onSpuriousLoss(sentAt: Instant): void {
    const cut = this.#cut;
    if (cut === undefined || sentAt > cut.newestSentAt || ++cut.spurious < cut.losses) return;
    this.#set(Math.max(this.#windowBytes, cut.windowBytes));
    this.#thresholdBytes = cut.thresholdBytes;
    this.#maxBytes = cut.maxBytes;
    this.#epochStart = undefined;
    this.#recoveryStartedAt = undefined;
    this.#cut = undefined;
  }

  onPersistentCongestion(): void {
    this.#set(0);
    this.#epochStart = undefined;
    this.#recoveryStartedAt = undefined;
    this.#cut = undefined;
  }

  restart(): void {
    this.#set(INITIAL_WINDOW_PACKETS * this.#datagramBytes);
    this.#thresholdBytes = Infinity;
    this.#maxBytes = 0;
    this.#epochStart = undefined;
    this.#recoveryStartedAt = undefined;
    this.#cut = undefined;
  }

  pacingRate(smoothedRttMs: number): number {
    const gain = this.isInSlowStart ? PACING_GAIN_SLOW_START : PACING_GAIN;
    return (gain * this.#windowBytes) / smoothedRttMs;
  }

  setDatagramBytes(bytes: number): void {
    this.#datagramBytes = bytes;
    this.#set(this.#windowBytes);
  }

  #set(bytes: number): void {
    const least = MIN_WINDOW_PACKETS * this.#datagramBytes;
    this.#windowBytes = Math.min(Math.max(bytes, least), this.#windowBytesMax);
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
