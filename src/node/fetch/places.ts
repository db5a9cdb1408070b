import { assert } from "../../lib/mod.ts";

/** A number of places. Who finds them taken waits for one, first come first served. */
export class Places {
  readonly #max: number;
  #taken = 0;
  /** BOUNDED by those who ask, which is the asker's duty. */
  readonly #waiting = new Set<() => void>();

  constructor(max: number) {
    assert(Number.isInteger(max) && max > 0, `${max} places`);
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Runs `work` once there is a place for it. @throws the signal's reason if that comes first. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#max) await this.#turn(signal);
    else this.#taken++;
    try {
      signal.throwIfAborted(); // it may have been aborted since its turn came
      return await work();
    } finally {
      this.#giveBack();
    }
  }

  /** A place that is given back goes to the next in line directly: nobody can come between. */
  #giveBack(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      next();
      return;
    }
    this.#taken--;
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(enter);
    });
  }
}
