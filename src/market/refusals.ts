import { after, BoundedMap, type Instant } from "../lib/mod.ts";

/** Keys whose refusal is remembered: as many as sessions, ~150 bytes each. The oldest gives way,
 * and is told once more. */
const REFUSED_MAX = 16_384;
/** What is required changes no faster than that (rank_gate.ts); until then nothing new is to be
 * said, nor to be asked. */
export const REFUSAL_MS = 600_000;

/** Who has been told which rank it takes: one answer, then silence (S2-18). */
export class Refusals {
  /** By key. BOUNDED by REFUSED_MAX. */
  readonly #toldAt = new BoundedMap<string, Instant>(REFUSED_MAX);

  /** A peer is refused. @returns whether it is to be told, as it has not been lately. */
  note(key: string, now: Instant): boolean {
    const toldAt = this.#toldAt.get(key);
    if (toldAt !== undefined && now < after(toldAt, REFUSAL_MS)) return false;
    this.#toldAt.delete(key); // so that it is young again
    this.#toldAt.set(key, now);
    return true;
  }

  /** It was served since: should it be refused again, that is news. */
  forget(key: string): void {
    this.#toldAt.delete(key);
  }
}
