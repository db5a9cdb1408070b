import { assert } from "./assert.ts";

/** What a member is entitled to: members of a lower tier come first, always; within a tier each
 * gets in proportion to its weight. */
export interface Share {
  /** 0 … tiers - 1. */
  readonly tier: number;
  /** 1 … SHARE_WEIGHT_MAX. */
  readonly weight: number;
}

/** A heavier member would make the others wait too long for their turn, however much it is owed. */
export const SHARE_WEIGHT_MAX = 64;

interface Place {
  readonly weight: number;
  credit: number;
  /** It has got the quantum of its present turn. */
  hasBegun: boolean;
}

/** Whose turn it is: deficit round robin (Shreedhar, Varghese 1995) within strict tiers. A turn
 * earns `quantum` × weight of whatever is shared; it goes on until less than `least` of the credit
 * is left, which is carried to the next. Members that cannot use a turn leave, and enter again at
 * the end: waiting saves nothing up. Every operation takes the same time however many there are.
 * BOUNDED by the owner, who decides who enters. */
export class FairTurns<Member> {
  readonly #quantum: number;
  readonly #least: number;
  /** Map order is the order of turns. */
  readonly #tiers: readonly Map<Member, Place>[];
  readonly #tierOf = new Map<Member, Map<Member, Place>>();

  /** @param least ≤ quantum: a turn with less credit than this is over. */
  constructor(quantum: number, least: number, tiers: number) {
    assert(least > 0 && quantum >= least, `a turn of ${quantum} cannot carry ${least}`);
    this.#quantum = quantum;
    this.#least = least;
    this.#tiers = Array.from({ length: tiers }, () => new Map<Member, Place>());
  }

  get size(): number {
    return this.#tierOf.size;
  }

  has(member: Member): boolean {
    return this.#tierOf.has(member);
  }

  /** Enters at the end of its tier; who is there already keeps its place and its old share. */
  enter(member: Member, { tier, weight }: Share): void {
    if (this.#tierOf.has(member)) return;
    const places = this.#tiers[tier];
    assert(places !== undefined, `there is no tier ${tier}`);
    assert(weight >= 1 && weight <= SHARE_WEIGHT_MAX, `weight ${weight}`);
    places.set(member, { weight, credit: 0, hasBegun: false });
    this.#tierOf.set(member, places);
  }

  /** Gives up place and credit. */
  leave(member: Member): void {
    this.#tierOf.get(member)?.delete(member);
    this.#tierOf.delete(member);
  }

  /** The member whose turn it is; undefined if nobody waits for one. */
  next(): Member | undefined {
    for (const places of this.#tiers) {
      for (const [member, place] of places) {
        if (!place.hasBegun) place.credit += place.weight * this.#quantum;
        place.hasBegun = place.credit >= this.#least;
        if (place.hasBegun) return member;
        places.delete(member); // still in debt: the iteration meets it again behind the others
        places.set(member, place);
      }
    }
    return undefined;
  }

  /** What the member that next() has given may still use in its turn. */
  creditOf(member: Member): number {
    return this.#tierOf.get(member)?.get(member)?.credit ?? 0;
  }

  /** True if nobody else of the member's tier waits for a turn. */
  isAlone(member: Member): boolean {
    return this.#tierOf.get(member)?.size === 1;
  }

  /** The member has used `amount`, perhaps more than its credit: then it owes the rest. */
  spend(member: Member, amount: number): void {
    const places = this.#tierOf.get(member);
    const place = places?.get(member);
    if (places === undefined || place === undefined) return;
    place.credit -= amount;
    if (place.credit >= this.#least) return;
    place.hasBegun = false;
    places.delete(member);
    places.set(member, place);
  }
}
