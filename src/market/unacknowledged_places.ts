import { after, type ChunkId, type Instant, type PublicKey } from "../lib/mod.ts";
import type { Account } from "./account.ts";
import { greatest } from "./amount.ts";

/** A place that its publisher has not said to owe within this is let go of. It says so a second
 * after it has the answer, or as soon as it is connected again: a day is longer than most are away,
 * and less than any place is paid for. */
export const ACKNOWLEDGE_MS = 86_400_000;
/** Places waited for, some 300 bytes each; beyond it the oldest is kept for its weeks. */
const PLACES_MAX = 4_096;

/** What a publisher has said to owe by some moment, credit bytes. */
export interface OwedByWord {
  /** For places; begins anew with a ledger of the publisher's. */
  readonly hostedCb: bigint;
  /** For all that it ever had: what its receipts come to. Never falls. */
  readonly signedCb: bigint;
}

/** Of a publisher's account, now. */
export function owedByWord({ state, receipted }: Account): OwedByWord {
  return { hostedCb: state.hostedCb, signedCb: receipted.cb };
}

/** A place that was agreed to. */
export interface AgreedPlace {
  readonly id: ChunkId;
  readonly publisher: PublicKey;
  readonly weeks: number;
  readonly priceCb: bigint;
  /** As it was when this one was agreed to. */
  readonly owed: OwedByWord;
}

/** Which places their publishers never said to owe, as an answer that got lost leaves them. Known
 * by sums: who has owed more since by less than a place's price, for places and in all, does not
 * owe that one. Who has owed more by at least so much may owe for it or for something else, and
 * keeps it: one whose ledger was put back counts a place as bought. So does one whose sum begins
 * anew. Those of earlier runs are not known, and kept too. */
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
   * @param accountOf a publisher's, if there is one still. */
  over(accountOf: (publisher: PublicKey) => Account | undefined, now: Instant): AgreedPlace[] {
    const over: AgreedPlace[] = [];
    this.#waiting = this.#waiting.filter(({ place, until }) => {
      const account = accountOf(place.publisher);
      if (account === undefined) return false;
      const owed = owedByWord(account);
      const hostedCb = owed.hostedCb - place.owed.hostedCb;
      const signedCb = owed.signedCb - place.owed.signedCb;
      if (hostedCb < 0n || greatest(hostedCb, signedCb) >= place.priceCb) return false;
      if (now >= until) over.push(place);
      return now < until;
    });
    return over;
  }
}
