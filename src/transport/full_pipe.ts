/** protocol.md §2.4. */
const GROWTH = 1.25;
const ROUNDS = 3;

/** Tells when startup has found the path's rate: three round trips in which it grew by less than a
 * quarter. */
export class FullPipe {
  #best = 0;
  #rounds = 0;
  #isFull = false;

  get isFull(): boolean {
    return this.#isFull;
  }

  /** A round trip is over that the path, not the sender, has limited. */
  onRound(bytesPerMs: number): void {
    if (bytesPerMs >= this.#best * GROWTH) {
      this.#best = bytesPerMs;
      this.#rounds = 0;
    } else if (++this.#rounds >= ROUNDS) this.#isFull = true;
  }

  /** Losses have told it. */
  fill(): void {
    this.#isFull = true;
  }
}
