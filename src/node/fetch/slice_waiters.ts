import type { SkerryError } from "../../lib/mod.ts";

interface Waiter {
  readonly bitmap: number;
  readonly resolve: () => void;
  readonly reject: (error: SkerryError) => void;
}

/** Readers that wait for slices of one chunk; bit i = slice i. BOUNDED by the readers there are. */
export class SliceWaiters {
  #waiters: Waiter[] = [];

  /** Resolves once every slice of `bitmap` has been settled. */
  wait(bitmap: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ bitmap, resolve, reject }));
  }

  /** @param verified all slices that are proven. */
  settle(verified: number): void {
    this.#waiters = this.#waiters.filter(({ bitmap, resolve }) => {
      if ((verified & bitmap) !== bitmap) return true;
      resolve();
      return false;
    });
  }

  fail(error: SkerryError): void {
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}
