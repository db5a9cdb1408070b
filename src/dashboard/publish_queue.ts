/** Files that wait at once: a whole directory of them is a job for `skerry publish`. */
export const QUEUE_MAX = 100;

/** Does one thing after the other. */
export class PublishQueue<T> {
  readonly #publish: (item: T) => Promise<void>;
  readonly #waiting: T[] = [];
  #isRunning = false;

  /** @param publish must not reject: what came of it is for it to tell. */
  constructor(publish: (item: T) => Promise<void>) {
    this.#publish = publish;
  }

  /** Takes `items` in order. @returns how many there was room for. */
  add(items: readonly T[]): number {
    const taken = items.slice(0, Math.max(0, QUEUE_MAX - this.#waiting.length));
    this.#waiting.push(...taken);
    if (!this.#isRunning) void this.#run();
    return taken.length;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#publish(next);
    }
    this.#isRunning = false;
  }
}
