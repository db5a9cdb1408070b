import type { Instant } from "../lib/mod.ts";

/** Rates are measured over this long: shorter ones are bursts. */
const SAMPLE_MS = 10_000;
/** What was carried once in this time can be carried again. */
const PEAK_MS = 86_400_000;
/** Nobody's uplink counts as slower before it has been seen: 8 Mbit/s. */
export const UPLINK_LEAST = 2 ** 20;

/** How much the uplink carries, and how idle it is: as the operator has told, else from what was
 * sent. */
export class Uplink {
  #sampleAt: Instant;
  #sampleBytes: number;
  #bytesPerSecond = 0;
  #peak: { bytesPerSecond: number; at: Instant };

  readonly #toldBytesPerSecond: number | undefined;

  /** @param sentBytes in all, until `now`. @param toldBytesPerSecond what of it is sold. */
  constructor(sentBytes: number, now: Instant, toldBytesPerSecond?: number) {
    this.#toldBytesPerSecond = toldBytesPerSecond;
    this.#sampleAt = now;
    this.#sampleBytes = sentBytes;
    this.#peak = { bytesPerSecond: UPLINK_LEAST, at: now };
  }

  /** @returns how long the sample took that this ends, ms; 0 while it goes on. */
  note(sentBytes: number, now: Instant): number {
    const elapsedMs = now - this.#sampleAt;
    if (elapsedMs < SAMPLE_MS) return 0;
    this.#bytesPerSecond = (sentBytes - this.#sampleBytes) * 1000 / elapsedMs;
    this.#sampleAt = now;
    this.#sampleBytes = sentBytes;
    const isStale = now - this.#peak.at > PEAK_MS;
    if (isStale || this.#bytesPerSecond >= this.#peak.bytesPerSecond) {
      const bytesPerSecond = Math.max(this.#bytesPerSecond, UPLINK_LEAST);
      this.#peak = { bytesPerSecond, at: now };
    }
    return elapsedMs;
  }

  /** What is sold of it, else the most that it has carried in a day, at least UPLINK_LEAST. */
  get capacityBytesPerSecond(): number {
    return this.#toldBytesPerSecond ?? this.#peak.bytesPerSecond;
  }

  /** 0 … 1 of it, over the last sample. */
  get idleShare(): number {
    return Math.max(0, 1 - this.#bytesPerSecond / this.capacityBytesPerSecond);
  }
}
