import type { ChunkId, Instant } from "../lib/mod.ts";
import { DemandBook, type Miss, type Pricing } from "./demand_book.ts";
import { KeepClock } from "./keep_clock.ts";
import { VoteBook } from "./vote_book.ts";
import { RAW_BYTE_WORTH, worthOf } from "./worth.ts";

/** A sale of something stored. */
export interface Use {
  readonly id: ChunkId;
  /** Bytes of it. */
  readonly bytes: number;
  /** Length of the whole object. */
  readonly objectBytes: number;
  /** The reader's network (prefixOf), or its key where addresses tell nothing. */
  readonly voter: string;
}

export interface AppraiserOptions extends Pricing {
  /** Room of the store. */
  readonly capacityBytes: number;
  /** What `clock.stored` said when the node stopped; 0 for a new one. */
  readonly storedClock: number;
  /** 32 bits that strangers do not know. */
  readonly seed: number;
  readonly now: Instant;
}

/** Tells what each use of the store was worth, and keeps the books of it. The owner adds the worth
 * to the object's score (raiseScore at `clock.time`). */
export class Appraiser {
  readonly clock: KeepClock;
  /** What is asked for and missing. */
  readonly demand: DemandBook;
  readonly #votes: VoteBook;
  readonly #rawByteWorth: number;

  constructor(options: AppraiserOptions) {
    const { capacityBytes, storedClock, seed, now } = options;
    this.#rawByteWorth = options.rawByteWorth ?? RAW_BYTE_WORTH;
    this.clock = new KeepClock(capacityBytes, storedClock, now);
    this.#votes = new VoteBook(seed);
    this.demand = new DemandBook(this.#votes, this.clock, seed, options);
  }

  /** Bytes were sold: acknowledged, and charged to the buyer's line or paid. What went out of the
   * free pool is not sold, and not to be told. @param factor it was sold at.
   * @returns what that counts for the object, ≥ 0. */
  sold(use: Use, factor: number, now: Instant): number {
    const { id, bytes, objectBytes, voter } = use;
    this.demand.noteSold(bytes * factor);
    const counted = this.#votes.count(id, voter, bytes, objectBytes, now);
    this.clock.noteAsked(counted, now); // one reader alone does not make time pass for all
    return worthOf(counted, factor, this.#rawByteWorth);
  }

  /** A paid query for what is not here, or here and not served. */
  missed(miss: Miss, now: Instant): void {
    this.demand.noteMissed(miss, now);
  }
}
