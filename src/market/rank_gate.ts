import { after, type Instant } from "../lib/mod.ts";

/** Of the free pool, in use: from here on a rank is asked for (protocol.md §5, Gates). */
const SCARCE_USE = 0.9;
/** And below this, less and less. */
const PLENTY_USE = 0.5;
/** What is asked for first: 256 tries, a few seconds of any machine. */
const FIRST_RANK = 8;
const STEP_MS = 600_000;
/** What a laptop finds in a month of background search: to ask for more would refuse everybody. */
const RANK_BY_LOAD_MAX = 24;

/** Which rank a stranger needs to be served: nothing while there is enough for everybody, more with
 * every ten minutes in which the free pool is nearly used up, so that throw-away identities have to
 * be dearer than what they get. As Tor's suggested effort (proposal 327). */
export class RankGate {
  #byLoad = 0;
  /** Since when the pool is used as much as it is; undefined in between the two marks. */
  #band: { readonly isScarce: boolean; since: Instant } | undefined;

  /** For who has not repaid what it had: 0, or 8 … 24. */
  get byLoad(): number {
    return this.#byLoad;
  }

  /** To be told every few seconds. @param use of the free pool, 0 … 1. */
  note(use: number, now: Instant): void {
    if (use < SCARCE_USE && use >= PLENTY_USE) {
      this.#band = undefined;
      return;
    }
    const isScarce = use >= SCARCE_USE;
    if (this.#band?.isScarce !== isScarce) this.#band = { isScarce, since: now };
    if (isScarce && this.#byLoad === 0) this.#byLoad = FIRST_RANK;
    while (after(this.#band.since, STEP_MS) <= now) {
      this.#band.since = after(this.#band.since, STEP_MS);
      this.#step(isScarce);
    }
  }

  #step(isScarce: boolean): void {
    if (isScarce) this.#byLoad = Math.min(this.#byLoad + 1, RANK_BY_LOAD_MAX);
    else this.#byLoad = this.#byLoad > FIRST_RANK ? this.#byLoad - 1 : 0;
  }
}
