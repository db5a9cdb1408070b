import type { MiningProgress } from "../../ports/mod.ts";
import type { Solution } from "./work_messages.ts";

/** Adds up what the workers of one search report. Worker i of n tries start + i, start + i + n, …;
 * so every nonce below the least "next" of all workers has been tried. */
export class MiningTally {
  readonly #startedAt: number;
  readonly #next: bigint[];
  readonly #tries: number[];
  #best: Solution | undefined;

  /** @param startedAt monotonic ms. */
  constructor(startNonce: bigint, workers: number, startedAt: number) {
    this.#startedAt = startedAt;
    this.#next = Array.from({ length: workers }, (_, index) => startNonce + BigInt(index));
    this.#tries = Array.from({ length: workers }, () => 0);
  }

  /** @param report totals of one worker since the search began, not since its last report. */
  add(
    worker: number,
    report: { tries: number; nextNonce: bigint; best: Solution | undefined },
  ): void {
    this.#next[worker] = report.nextNonce;
    this.#tries[worker] = report.tries;
    const { best } = report;
    if (best !== undefined && (this.#best === undefined || best.bits > this.#best.bits)) {
      this.#best = best;
    }
  }

  progress(now: number): MiningProgress {
    const tries = this.#tries.reduce((sum, count) => sum + count, 0);
    const seconds = Math.max(now - this.#startedAt, 1) / 1000;
    const nextNonce = this.#next.reduce((least, next) => next < least ? next : least);
    return { tries, triesPerSecond: tries / seconds, nextNonce, best: this.#best };
  }
}
