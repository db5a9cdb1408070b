/** RFC 9002 §6.1.2: timers and clocks are no finer than this. */
export const GRANULARITY_MS = 1;
/** A sample of 0 would make rates infinite; no path is faster than this. */
const RTT_MS_MIN = 0.02;

/** Smoothed round-trip time of one path (RFC 9002 §5). All in ms. */
export class RttEstimator {
  #latest: number;
  #adjusted: number;
  #smoothed: number;
  #variation: number;
  #min = Infinity;

  /** @param initialRttMs > 0, believed until the first sample. */
  constructor(initialRttMs: number) {
    this.#latest = initialRttMs;
    this.#adjusted = initialRttMs;
    this.#smoothed = initialRttMs;
    this.#variation = initialRttMs / 2;
  }

  get hasSample(): boolean {
    return this.#min !== Infinity;
  }

  get latestMs(): number {
    return this.#latest;
  }

  /** The latest sample without the peer's delay. */
  get adjustedMs(): number {
    return this.#adjusted;
  }

  get smoothedMs(): number {
    return this.#smoothed;
  }

  get variationMs(): number {
    return this.#variation;
  }

  /** The smallest sample; the initial value before there is one. */
  get minMs(): number {
    return this.hasSample ? this.#min : this.#smoothed;
  }

  /** Folds one sample in (RFC 9002 §5.3).
   * @param sampleMs sending of the newest acknowledged packet → now.
   * @param ackDelayMs ≥ 0, the peer's own claim, already capped by the caller. It is subtracted
   * only if the result stays ≥ minMs, so that no peer can fake a faster path than measured. */
  update(sampleMs: number, ackDelayMs: number): void {
    const sample = Math.max(sampleMs, RTT_MS_MIN);
    this.#latest = sample;
    this.#adjusted = sample;
    if (!this.hasSample) {
      this.#min = sample;
      this.#smoothed = sample;
      this.#variation = sample / 2;
      return;
    }
    this.#min = Math.min(this.#min, sample);
    const adjusted = sample >= this.#min + ackDelayMs ? sample - ackDelayMs : sample;
    this.#adjusted = adjusted;
    this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - adjusted);
    this.#smoothed = 0.875 * this.#smoothed + 0.125 * adjusted;
  }

  /** Another path: the next sample is the first; until then the old time is the best guess. */
  restart(): void {
    this.#min = Infinity;
  }

  /** After persistent congestion the path may be another one (RFC 9002 §5.2). */
  restartMin(): void {
    if (this.hasSample) this.#min = this.#latest;
  }

  /** Probe timeout without backoff (RFC 9002 §6.2.1). */
  ptoMs(maxAckDelayMs: number): number {
    return this.#smoothed + Math.max(4 * this.#variation, GRANULARITY_MS) + maxAckDelayMs;
  }
}
