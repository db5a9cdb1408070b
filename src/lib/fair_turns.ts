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

/** Accounts of members that are away are looked through when there are so many more of them. */
const AWAY_MIN = 64;

interface Account<Member> {
  readonly tier: Tier<Member>;
  /** What a round earns. */
  readonly income: number;
  /** What may still be used in `round`; a debt if negative. */
  credit: number;
  round: number;
}

/** Members of one tier that wait for a turn. Set order is the order of turns. */
interface Tier<Member> {
  /** Those with credit left in this round, and those without. */
  payers: Set<Member>;
  spent: Set<Member>;
  round: number;
}

/** Whose turn it is: deficit round robin (Shreedhar, Varghese 1995) within strict tiers. In a round
 * each member may use `quantum` × weight of whatever is shared, and what it took too much is taken
 * off the next. A turn is one use, however small, so that a member which can use little at a time
 * has its turns as often as it needs within the round (ADR 0085). Members that cannot use a turn
 * leave; they keep their account, so coming back earns nothing. Every operation takes the same time
 * however many there are. BOUNDED by the owner, who decides who enters. */
export class FairTurns<Member> {
  readonly #quantum: number;
  readonly #tiers: readonly Tier<Member>[];
  /** Of all who wait, and of those away whose account may still matter. */
  readonly #accounts = new Map<Member, Account<Member>>();
  #waiting = 0;

  constructor(quantum: number, tiers: number) {
    assert(quantum > 0, `a quantum of ${quantum}`);
    this.#quantum = quantum;
    this.#tiers = Array.from({ length: tiers }, () => {
      return { payers: new Set<Member>(), spent: new Set<Member>(), round: 0 };
    });
  }

  /** Members that wait for a turn. */
  get size(): number {
    return this.#waiting;
  }

  /** Accounts held: of all who wait, and of some that are away. */
  get accounts(): number {
    return this.#accounts.size;
  }

  has(member: Member): boolean {
    const tier = this.#accounts.get(member)?.tier;
    return tier !== undefined && (tier.payers.has(member) || tier.spent.has(member));
  }

  /** Enters at the end of its tier. Somebody new has credit from the next round on: however many
   * keep coming, those that wait have their turn. Who waits already keeps its place and share. */
  enter(member: Member, { tier: number, weight }: Share): void {
    if (this.has(member)) return;
    const tier = this.#tiers[number];
    assert(tier !== undefined, `there is no tier ${number}`);
    assert(weight >= 1 && weight <= SHARE_WEIGHT_MAX, `weight ${weight}`);
    const income = weight * this.#quantum;
    const known = this.#accounts.get(member);
    const credit = known?.tier === tier ? creditNow(known) : 0;
    this.#accounts.set(member, { tier, income, credit, round: tier.round });
    (credit > 0 ? tier.payers : tier.spent).add(member);
    this.#waiting++;
  }

  /** Gives up its place. */
  leave(member: Member): void {
    const tier = this.#accounts.get(member)?.tier;
    if (tier === undefined) return;
    if (tier.payers.delete(member) || tier.spent.delete(member)) this.#waiting--;
    if (this.#accounts.size > 2 * this.#waiting + AWAY_MIN) this.#forgetTheEven();
  }

  /** Gives up its place, and its account: it will not come back. */
  forget(member: Member): void {
    this.leave(member);
    this.#accounts.delete(member);
  }

  /** The member whose turn it is; undefined if nobody waits for one. */
  next(): Member | undefined {
    for (const tier of this.#tiers) {
      while (tier.payers.size > 0 || tier.spent.size > 0) {
        for (const member of tier.payers) return member;
        this.#beginRound(tier);
      }
    }
    return undefined;
  }

  /** The member has had its turn and used `amount`, perhaps more than it had. */
  spend(member: Member, amount: number): void {
    const account = this.#accounts.get(member);
    if (account === undefined) return;
    account.credit -= amount;
    const { payers, spent } = account.tier;
    if (!payers.delete(member)) return;
    (account.credit > 0 ? payers : spent).add(member);
  }

  #beginRound(tier: Tier<Member>): void {
    tier.round++;
    const { payers, spent } = tier;
    tier.payers = spent;
    tier.spent = payers; // empty
    for (const member of tier.payers) {
      const account = this.#accounts.get(member);
      if (account === undefined) continue;
      account.credit = creditNow(account);
      account.round = tier.round;
      if (account.credit > 0) continue;
      tier.payers.delete(member);
      tier.spent.add(member);
    }
  }

  /** Drops accounts of members away that a new one would not differ from. */
  #forgetTheEven(): void {
    for (const [member, account] of this.#accounts) {
      if (!this.has(member) && creditNow(account) >= account.income) this.#accounts.delete(member);
    }
  }
}

/** Each round since `account.round` pays its income; nothing is saved up. */
function creditNow({ tier, income, credit, round }: Account<unknown>): number {
  return Math.min(income, credit + (tier.round - round) * income);
}
