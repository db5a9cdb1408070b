/** What CoDel tolerates of a queue that never empties (RFC 8289 §4.4), and on a short path the part
 * of a round trip by which HyStart++ tells a queue (RFC 9406 §4.2). */
const TARGET_MS = 5;
const RTT_DIVISOR = 8;

/** Whether a path's queue has been empty now and then. Where even the quickest packet of a whole
 * round trip waited, the queue stands; where that goes on for a cycle of probing, in which we let
 * ours drain, it is not ours alone. */
export class StandingQueue {
  #roundMinMs = Infinity;
  #cycleMinMs = Infinity;

  /** @param rttMs without the peer's delay. */
  onSample(rttMs: number): void {
    this.#roundMinMs = Math.min(this.#roundMinMs, rttMs);
    this.#cycleMinMs = Math.min(this.#cycleMinMs, rttMs);
  }

  /** Never empty in this round trip. @param minRttMs of the path without a queue. */
  isThroughRound(minRttMs: number): boolean {
    return isQueue(this.#roundMinMs, minRttMs);
  }

  /** Never empty since beginCycle(). */
  isThroughCycle(minRttMs: number): boolean {
    return isQueue(this.#cycleMinMs, minRttMs);
  }

  beginRound(): void {
    this.#roundMinMs = Infinity;
  }

  beginCycle(): void {
    this.#cycleMinMs = Infinity;
  }
}

function isQueue(quickestMs: number, minRttMs: number): boolean {
  if (quickestMs === Infinity) return false;
  return quickestMs > minRttMs + Math.min(minRttMs / RTT_DIVISOR, TARGET_MS);
}
