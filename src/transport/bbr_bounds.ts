/** protocol.md §2.4: what is left after too much loss. */
const BETA = 0.7;
/** Packets more per round trip, doubled each round: near what overflowed last, steps are small. */
const RAISE_PACKETS = 1;
const RAISE_DOUBLINGS_MAX = 20;

interface Bounds {
  readonly inFlightBytesMax: number;
  readonly bytesPerMsMax: number;
}

/** What losses have taught: how much in flight was too much, and which rate is safe for now. */
export class BbrBounds {
  #inFlightBytesMax = Infinity;
  #bytesPerMsMax = Infinity;
  /** Before the last loss, in case it was none. */
  #before: Bounds | undefined;

  /** inflight_hi: more in flight has overflowed a queue. */
  get inFlightBytesMax(): number {
    return this.#inFlightBytesMax;
  }

  /** bw_lo: of this cycle, to be forgotten by the next probe. */
  get bytesPerMsMax(): number {
    return this.#bytesPerMsMax;
  }

  /** A queue has overflowed. @param inFlightBytes when it did. @param leastBytes what keeps the
   * path busy all the same. */
  onOverflow(inFlightBytes: number, leastBytes: number): void {
    this.#remember();
    this.#inFlightBytesMax = Math.max(inFlightBytes * BETA, leastBytes);
  }

  /** Startup has filled a queue by having this much in flight. */
  setInFlight(bytes: number): void {
    this.#inFlightBytesMax = bytes;
  }

  /** Too much was lost. @param latestRate delivered meanwhile. @param maxRate of the path. */
  limitRate(latestRate: number, maxRate: number): void {
    this.#remember();
    const rate = Math.min(this.#bytesPerMsMax, maxRate);
    this.#bytesPerMsMax = Math.max(latestRate, BETA * rate);
  }

  /** Nothing came through for long: half the rate, until the next probe. */
  halveRate(maxRate: number): void {
    if (maxRate > 0) this.#bytesPerMsMax = maxRate / 2;
    this.#before = undefined;
  }

  /** That loss was none. */
  undo(): void {
    const before = this.#before;
    if (before === undefined) return;
    this.#inFlightBytesMax = Math.max(this.#inFlightBytesMax, before.inFlightBytesMax);
    this.#bytesPerMsMax = Math.max(this.#bytesPerMsMax, before.bytesPerMsMax);
    this.#before = undefined;
  }

  /** As much in flight as may be arrives well. @param share of the window that has arrived.
   * @param rounds since the probe for more began. */
  raise(share: number, rounds: number, datagramBytes: number): void {
    const packets = RAISE_PACKETS * 2 ** Math.min(rounds, RAISE_DOUBLINGS_MAX);
    this.#inFlightBytesMax += Math.min(share, 1) * packets * datagramBytes;
  }

  /** The path is about to be probed: only a trial tells whether the rate may rise again. */
  forgetRate(): void {
    this.#bytesPerMsMax = Infinity;
    this.#before = undefined;
  }

  #remember(): void {
    const { inFlightBytesMax, bytesPerMsMax } = this;
    this.#before = { inFlightBytesMax, bytesPerMsMax };
  }
}
