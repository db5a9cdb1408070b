const NOTHING = new Float64Array(0);

/** The largest value of the last few spans: rounds, cycles, windows. A span begins with advance(),
 * which lets the oldest one go. Values are ≥ 0; 0 is what nothing was seen in. */
export class RecentMax {
  readonly #spans: number;
  /** Made with the first value. */
  #best = NOTHING;
  #span = 0;

  /** @param spans ≥ 1, the present one among them. */
  constructor(spans: number) {
    this.#spans = spans;
  }

  get value(): number {
    let best = 0;
    for (let i = 0; i < this.#best.length; i++) best = Math.max(best, this.#best[i] ?? 0);
    return best;
  }

  update(value: number): void {
    if (value > 0 && this.#best === NOTHING) this.#best = new Float64Array(this.#spans);
    if (value > (this.#best[this.#span] ?? 0)) this.#best[this.#span] = value;
  }

  advance(): void {
    this.#span = (this.#span + 1) % this.#spans;
    if (this.#best !== NOTHING) this.#best[this.#span] = 0;
  }

  clear(): void {
    this.#best.fill(0);
  }
}
