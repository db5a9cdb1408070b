import { after, type Instant } from "../../lib/mod.ts";

/** For so long nobody looks again for room that another chunk of the file has not found, unless
 * some may have been made: it grows with credit too, of which nobody is told. */
const TAKEN_MS = 25;

/** Whether room with holders may have been made since somebody found none. What waits for room is
 * planned again only then: chunks ahead of a reader wait by the dozen, and to plan each at every
 * turn of the loop took a tenth of its time. */
export class HolderRoom {
  #changes = 0;
  /** When the holders found by these keys had no room for a chunk that all of them may have, and
   * after how many changes. A list of keys is its file's, and goes with it. */
  readonly #taken = new WeakMap<
    readonly Uint8Array[],
    { readonly changes: number; readonly until: Instant }
  >();

  /** How often room may have been made. */
  get changes(): number {
    return this.#changes;
  }

  /** Something that was asked for has come, or will not. */
  made(): void {
    this.#changes++;
  }

  /** None of the holders found by `keys` has room. */
  noteTaken(keys: readonly Uint8Array[], now: Instant): void {
    this.#taken.set(keys, { changes: this.#changes, until: after(now, TAKEN_MS) });
  }

  /** Whether somebody has just found that. */
  isTaken(keys: readonly Uint8Array[], now: Instant): boolean {
    const taken = this.#taken.get(keys);
    return taken !== undefined && taken.changes === this.#changes && now < taken.until;
  }
}
