/** RFC 9406 §4.3. */
const RTT_THRESHOLD_MS_MIN = 4;
const RTT_THRESHOLD_MS_MAX = 16;
const RTT_DIVISOR = 8;
const SAMPLES_MIN = 8;
const GROWTH_DIVISOR = 4;
const CAUTIOUS_ROUNDS = 5;

/** Ends the first slow start before it overflows the path's queue (HyStart++, RFC 9406): when a
 * round's best round trip has grown, growth is a quarter for five rounds, and then over, unless the
 * round trip has come down again meanwhile. Packets are paced, so there is no limit per ACK. */
export class HyStart {
  #state: "growing" | "cautious" | "done" = "growing";
  #lastRoundMinMs = Infinity;
  #roundMinMs = Infinity;
  #samples = 0;
  /** Of the round that made it cautious. */
  #baselineMs = Infinity;
  #cautiousRounds = 0;

  /** Slow start is to end. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  get isCautious(): boolean {
    return this.#state === "cautious";
  }

  /** What part of the acknowledged bytes the window grows by. */
  get growth(): number {
    return this.#state === "cautious" ? 1 / GROWTH_DIVISOR : 1;
  }

  /** @param rttMs without the peer's delay; undefined if the ACK showed none. */
  onAck(rttMs: number | undefined, isRoundStart: boolean): void {
    if (this.#state === "done") return;
    if (isRoundStart) this.#beginRound();
    if (rttMs === undefined) return;
    this.#roundMinMs = Math.min(this.#roundMinMs, rttMs);
    if (++this.#samples < SAMPLES_MIN) return;
    if (this.#state === "growing") this.#becomeCautiousIfSlower();
    else if (this.#roundMinMs < this.#baselineMs) {
      this.#state = "growing"; // the delay was a passing one
      this.#baselineMs = Infinity;
    }
  }

  #beginRound(): void {
    if (this.#state === "cautious" && ++this.#cautiousRounds >= CAUTIOUS_ROUNDS) {
      this.#state = "done";
    }
    this.#lastRoundMinMs = this.#roundMinMs;
    this.#roundMinMs = Infinity;
    this.#samples = 0;
  }

  #becomeCautiousIfSlower(): void {
    if (this.#lastRoundMinMs === Infinity) return;
    const eighth = this.#lastRoundMinMs / RTT_DIVISOR;
    const threshold = Math.max(RTT_THRESHOLD_MS_MIN, Math.min(eighth, RTT_THRESHOLD_MS_MAX));
    if (this.#roundMinMs < this.#lastRoundMinMs + threshold) return;
    this.#state = "cautious";
    this.#baselineMs = this.#roundMinMs;
    this.#cautiousRounds = 0;
  }
}
