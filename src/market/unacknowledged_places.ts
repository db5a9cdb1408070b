import { after, type ChunkId, type Instant, type PublicKey } from "../lib/mod.ts";

/** A place that its publisher has not said to owe within this is let go of. It says so a second
 * after it has the answer, or as soon as it is connected again: a day is longer than most are away,
 * and less than any place is paid for. */
export const ACKNOWLEDGE_MS = 86_400_000;
/** Places waited for, some 300 bytes each; beyond it the oldest is kept for its weeks. */
const PLACES_MAX = 4_096;

/** A place that was agreed to. */
export interface AgreedPlace {
  readonly id: ChunkId;
  readonly publisher: PublicKey;
  readonly weeks: number;
  readonly priceCb: bigint;
  /** What the publisher had said to owe for places, in all, when this one was agreed to. */
  readonly hostedCb: bigint;
}

/** Which places their publishers never said to owe, as an answer that got lost leaves them. Known
 * by sums: who has owed more for places since by less than a place's price does not owe that one.
 * Who has owed more by at least so much may owe for it or for others, and keeps it; so does one
 * whose sum begins anew. Those of earlier runs are not known, and kept too. */
export class UnacknowledgedPlaces {
  /** The oldest first. BOUNDED by PLACES_MAX. */
  #waiting: { readonly place: AgreedPlace; readonly until: Instant }[] = [];

  get count(): number {
    return this.#waiting.length;
  }

  note(place: AgreedPlace, now: Instant): void {
    if (this.#waiting.length >= PLACES_MAX) this.#waiting.shift();
    this.#waiting.push({ place, until: after(now, ACKNOWLEDGE_MS) });
  }

  /** Those that are waited for no longer, and forgotten: to be let go of. To be called now and
   * then, as a sum that begins anew is not seen else.
   * @param hostedCbOf what a publisher has said to owe by now; undefined without an account. */
  over(hostedCbOf: (publisher: PublicKey) => bigint | undefined, now: Instant): AgreedPlace[] {
    const over: AgreedPlace[] = [];
    this.#waiting = this.#waiting.filter(({ place, until }) => {
      const hostedCb = hostedCbOf(place.publisher);
      if (hostedCb === undefined) return false;
      const owedCb = hostedCb - place.hostedCb;
      if (owedCb < 0n || owedCb >= place.priceCb) return false;
      if (now >= until) over.push(place);
      return now < until;
    });
    return over;
  }
}
