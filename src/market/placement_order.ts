import { type Address, type ChunkId, type PublicKey, toHex, type UnixMs } from "../lib/mod.ts";
import { WEEK_MS } from "./keep_score.ts";

/** What a publisher has ordered for one publication. */
export interface PlacementTerms {
  /** How many hosts are to hold each object, 1 … HOSTS_MAX. */
  readonly hosts: number;
  readonly weeks: number;
  /** Credit bytes that may be spent in all: on places, on renewing them, on looking after them. */
  readonly budgetCb: bigint;
}

/** More hosts of one object than the DHT names for it cannot be found (k = 16). */
export const HOSTS_MAX = 16;
/** A place is paid for anew so long before it ends, at most half its time before. */
const RENEW_BEFORE_MS = WEEK_MS / 7;

/** One host that is paid to keep an object. */
export interface Copy {
  readonly publicKey: PublicKey;
  readonly address: Address;
  readonly priceCb: bigint;
  readonly untilMs: UnixMs;
  /** When it last showed a slice of it. */
  readonly provenMs: UnixMs | undefined;
}

export interface PlacedObject {
  readonly id: ChunkId;
  readonly bytes: number;
  /** By the host's key in hex. BOUNDED by HOSTS_MAX and those that were lost and came back. */
  readonly copies: Map<string, Copy>;
}

/** One publication at its hosts: what is spent, what is missing, what ends soon. */
export class PlacementOrder {
  readonly meta: ChunkId;
  readonly terms: PlacementTerms;
  readonly createdMs: UnixMs;
  readonly objects: readonly PlacedObject[];
  #spentCb: bigint;
  /** In offers that are not answered yet. */
  #promisedCb = 0n;
  /** A later order for the same publication has taken its place: it buys nothing any more. */
  isReplaced = false;

  constructor(
    { meta, hosts, weeks, budgetCb, spentCb, createdMs }: PlacementTerms & {
      readonly meta: ChunkId;
      readonly spentCb: bigint;
      readonly createdMs: UnixMs;
    },
    objects: readonly PlacedObject[],
  ) {
    this.meta = meta;
    this.terms = { hosts, weeks, budgetCb };
    this.createdMs = createdMs;
    this.objects = objects;
    this.#spentCb = spentCb;
  }

  get spentCb(): bigint {
    return this.#spentCb;
  }

  get leftCb(): bigint {
    return this.terms.budgetCb - this.#spentCb - this.#promisedCb;
  }

  /** Sets so much aside. @returns false, with nothing changed, if that would go beyond the budget:
   * it is never exceeded. Nor does an order promise anything once it is replaced. */
  promise(cb: bigint): boolean {
    if (this.isReplaced || cb > this.leftCb) return false;
    this.#promisedCb += cb;
    return true;
  }

  /** What was promised has been paid, or called off. */
  settle(cb: bigint, isPaid: boolean): void {
    this.#promisedCb -= cb;
    if (isPaid) this.#spentCb += cb;
  }

  /** Hosts that hold the object now, as far as is known. @param isLost hosts that do not answer. */
  holders(
    { copies }: PlacedObject,
    nowMs: UnixMs,
    isLost: (publicKey: PublicKey) => boolean,
  ): Copy[] {
    return [...copies.values()].filter(({ publicKey, untilMs }) =>
      untilMs > nowMs && !isLost(publicKey)
    );
  }

  /** How many copies are missing over all objects, and of which objects. */
  lacking(nowMs: UnixMs, isLost: (publicKey: PublicKey) => boolean) {
    const objects: PlacedObject[] = [];
    let copies = 0;
    for (const object of this.objects) {
      const missing = this.terms.hosts - this.holders(object, nowMs, isLost).length;
      if (missing <= 0) continue;
      objects.push(object);
      copies += missing;
    }
    return { objects, copies };
  }

  /** Copies to be paid for again, by object, and how many. Who is lost is replaced instead. */
  due(nowMs: UnixMs, isLost: (publicKey: PublicKey) => boolean) {
    const objects: (readonly [PlacedObject, readonly Copy[]])[] = [];
    let copies = 0;
    for (const object of this.objects) {
      const due = this.holders(object, nowMs, isLost).filter((copy) => this.isDue(copy, nowMs));
      copies += due.length;
      if (due.length > 0) objects.push([object, due]);
    }
    return { objects, copies };
  }

  /** The most that one of so many copies that are missing or due may cost: who asks more would
   * leave others without. */
  shareCb(copies: number): bigint {
    return this.leftCb / BigInt(Math.max(copies, 1));
  }

  /** Whether it is time to pay for this place again. */
  isDue({ untilMs }: Copy, nowMs: UnixMs): boolean {
    const beforeMs = Math.min(RENEW_BEFORE_MS, this.terms.weeks * WEEK_MS / 2);
    return untilMs > nowMs && untilMs - nowMs <= beforeMs;
  }
}

export const hostKeyOf = ({ publicKey }: Pick<Copy, "publicKey">): string => toHex(publicKey);
