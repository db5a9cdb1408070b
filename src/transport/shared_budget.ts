import { assert } from "../lib/mod.ts";

/** An amount of memory that several connections share. */
export class SharedBudget {
  readonly limitBytes: number;
  #usedBytes = 0;

  /** @param limitBytes ≥ 0. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get freeBytes(): number {
    return this.limitBytes - this.#usedBytes;
  }

  /** @returns false, and takes nothing, if less than `bytes` are free. */
  take(bytes: number): boolean {
    if (bytes > this.freeBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  /** Gives back what was taken. */
  release(bytes: number): void {
    this.#usedBytes -= bytes;
    assert(this.#usedBytes >= 0, `${bytes} bytes given back that were never taken`);
  }
}
