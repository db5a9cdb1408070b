import { SkerryError } from "../../lib/mod.ts";

/** One waiter's part in a piece of work. Close it when done waiting, whatever came of it. */
export interface WorkShare<T> {
  readonly result: Promise<T>;
  close(): void;
}

/** Who waits for one piece of work: each holds a request open (gateway.md §9). */
export const WAITERS_MAX = 1_024;

interface Work {
  readonly result: Promise<unknown>;
  readonly stop: AbortController;
  waiters: number;
}

/** Work that many may wait for at once: it is done once, and called off when the last of them has
 * left (gateway.md §6). */
export class SharedWork {
  readonly #max: number;
  readonly #what: string;
  /** BOUNDED by #max. */
  readonly #running = new Map<string, Work>();
  #isStopped = false;

  /** @param max pieces of work at once. @param what they are, in the plural, for messages. */
  constructor(max: number, what: string) {
    this.#max = max;
    this.#what = what;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Joins the work called `key`, or begins it. @param begin ends soon after its signal aborts.
   * @throws {SkerryError} BUSY at either bound, DRAINING after stop(). */
  join<T>(key: string, begin: (signal: AbortSignal) => Promise<T>): WorkShare<T> {
    if (this.#isStopped) throw new SkerryError("DRAINING", `Cannot begin ${this.#what}: stopping`);
    const work = this.#running.get(key) ?? this.#begin(key, begin);
    if (work.waiters >= WAITERS_MAX) {
      throw new SkerryError(
        "BUSY",
        `${WAITERS_MAX} wait for the same one of ${this.#what} already`,
      );
    }
    work.waiters++;
    let isOpen = true;
    return {
      // The caller's key tells one kind of work from another.
      result: work.result as Promise<T>,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        work.waiters--;
        if (work.waiters > 0 || this.#running.get(key) !== work) return;
        this.#running.delete(key); // who comes now must not join what is being called off
        work.stop.abort(new SkerryError("CANCELLED", "Nobody waits for it any more"));
      },
    };
  }

  /** Calls everything off: the node is stopping. */
  stop(): void {
    this.#isStopped = true;
    for (const { stop } of this.#running.values()) {
      stop.abort(new SkerryError("DRAINING", `No more ${this.#what}: the node is stopping`));
    }
  }

  #begin<T>(key: string, begin: (signal: AbortSignal) => Promise<T>): Work {
    if (this.#running.size >= this.#max) {
      throw new SkerryError("BUSY", `Cannot begin more than ${this.#max} ${this.#what} at once`);
    }
    const stop = new AbortController();
    const result = begin(stop.signal).finally(() => {
      if (this.#running.get(key) === work) this.#running.delete(key);
    });
    result.catch(() => {}); // perhaps nobody is left to hear it
    const work: Work = { result, stop, waiters: 0 };
    this.#running.set(key, work);
    return work;
  }
}
