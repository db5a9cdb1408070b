import { after, assert, BoundedMap, type ChunkId, type Instant, toHex } from "../lib/mod.ts";
import { CHUNK_BYTES_MAX, SLICES_PER_CHUNK } from "../wire/mod.ts";
import type { KeepClock, KeepTime } from "./keep_clock.ts";
import { REQUEST_FEE_CB } from "./price.ts";
import { raiseScore, returnOf } from "./keep_score.ts";
import { hashBytes, hashText } from "./seeded_hash.ts";
import type { ServingTerms } from "./serving_terms.ts";
import type { VoteBook } from "./vote_book.ts";
import { RAW_BYTE_WORTH, worthOf } from "./worth.ts";

/** Nothing is fetched for others below so many paid queries, from two networks or more (§6.3). */
export const QUERIES_MIN = 3;
/** What it costs to learn that nobody has a chunk: 20 hops of 2,048 bytes (S2-21), at factor 1. */
export const SEARCH_COST_CB = 40_960;
/** A chunk is asked for slice by slice at worst, and each request has its fee. */
const FETCH_FEES_CB = SLICES_PER_CHUNK * Number(REQUEST_FEE_CB);
/** Of what is sold, the share that may be spent on chunks that nobody has paid for yet. Who asks
 * for chunks that he sells to us himself, and leaves us with them, gets no more than that. */
const VENTURE_SHARE = 1 / 4;
/** What may be spent before anything was sold, and what is saved up at most: 64 chunks, 1,024. */
const BUDGET_START_CB = 64 * CHUNK_BYTES_MAX;
const BUDGET_MAX_CB = 1024 * CHUNK_BYTES_MAX;
/** Ids asked for more than once that are remembered: 1 MiB. */
const WANTED_MAX = 4096;
/** Of that many a new one makes the least worthwhile give way. */
const SAMPLE = 8;
/** First queries that are remembered, in 512 KiB that are never more. */
const FIRST_QUERIES = 2 ** 16;
/** Fetches for others under way at once: they must not crowd out what somebody waits for. */
export const SOUGHT_MAX = 8;
/** A fetch that nobody has told the end of for so long has found nothing. */
const SOUGHT_MS = 600_000;

/** A query that we could not serve. */
export interface Miss {
  readonly id: ChunkId;
  /** Leading bits that it shares with this node's id, 0 … 160: by them it is in range. */
  readonly factor: number;
  /** The asker's network (prefixOf), or its key where addresses tell nothing. */
  readonly voter: string;
}

/** A chunk that is not here and would pay. */
export interface Opportunity {
  readonly id: ChunkId;
  readonly factor: number;
  readonly queries: number;
  /** What its missed reads were worth, those of long ago less (KeepClock). */
  readonly worth: number;
}

interface Wanted {
  readonly id: ChunkId;
  readonly factor: number;
  readonly firstVoter: number;
  hasOtherVoters: boolean;
  queries: number;
  worth: number;
  /** When that was reckoned. */
  at: KeepTime;
}

interface Sought {
  readonly wanted: Wanted;
  readonly setAsideCb: number;
  readonly expiresAt: Instant;
}

/** What decides whether a chunk is worth getting: what is served near enough and read often enough
 * (as for all that is kept), and what it takes. */
export interface GetTerms extends ServingTerms {
  /** Price factor that getting it is likely to cost. */
  readonly costFactor: number;
  /** What a byte of disk is worth already (worthPerByte of who would have to go); 0 with room. */
  readonly leastWorthPerByte: number;
}

/** What reads are worth. */
export interface Pricing {
  /** Default: RAW_BYTE_WORTH; others are for replays. */
  readonly rawByteWorth?: number;
  /** The operator's --price-floor: what is far from here sells at no less. */
  readonly priceFloor?: number;
}

/** Which missing chunks are wanted, and whether they would pay. Only queries that were paid for are
 * to be told it. The first query for an id leaves 8 bytes in a table of fixed size, so that a
 * million made-up ids take no memory and lead to nothing. What is spent on chunks that are not
 * there, or that nobody buys, is at most the fees of all queries, VENTURE_SHARE of all sales and
 * BUDGET_START_CB. */
export class DemandBook {
  readonly #votes: VoteBook;
  readonly #clock: KeepClock;
  readonly #seed: number;
  readonly #rawByteWorth: number;
  readonly #priceFloor: number;
  /** By place: mark of the id and of the voter of its first query. */
  readonly #firstIds = new Uint32Array(FIRST_QUERIES);
  readonly #firstVoters = new Uint32Array(FIRST_QUERIES);
  readonly #wanted = new BoundedMap<string, Wanted>(WANTED_MAX);
  /** BOUNDED by SOUGHT_MAX. */
  readonly #sought = new Map<string, Sought>();
  #budgetCb = BUDGET_START_CB;

  /** @param votes the one that reads are counted in too. @param seed as VoteBook's. */
  constructor(votes: VoteBook, clock: KeepClock, seed: number, pricing: Pricing = {}) {
    const { rawByteWorth = RAW_BYTE_WORTH, priceFloor = 0 } = pricing;
    this.#rawByteWorth = rawByteWorth;
    this.#priceFloor = priceFloor;
    this.#votes = votes;
    this.#clock = clock;
    this.#seed = seed;
  }

  /** Ids that were asked for more than once, missing and not being fetched. */
  get size(): number {
    return this.#wanted.size;
  }

  /** Credit bytes that may be spent on missing chunks. */
  get budgetCb(): number {
    return this.#budgetCb;
  }

  /** Credit bytes were earned, by whatever was sold. */
  noteSold(cb: number): void {
    this.#earn(cb * VENTURE_SHARE);
  }

  /** A paid query for what is not here. */
  noteMissed({ id, factor, voter }: Miss, now: Instant): void {
    this.#earn(Number(REQUEST_FEE_CB));
    this.#clock.noteAsked(CHUNK_BYTES_MAX, now);
    const key = toHex(id);
    const voterHash = hashText(voter, this.#seed);
    const wanted = this.#find(key);
    if (wanted !== undefined) {
      wanted.queries++;
      wanted.hasOtherVoters ||= wanted.firstVoter !== voterHash;
      return this.#addWorth(wanted, voter, now);
    }
    const firstVoter = this.#firstQuery(id, voterHash);
    if (firstVoter === undefined) return;
    this.#makeRoom();
    const hasOtherVoters = firstVoter !== voterHash;
    const kept = id.slice() as ChunkId; // borrowed bytes, perhaps
    const at = this.#clock.time;
    // Of the first query there are 8 bytes: it counts as one, and its worth is not reckoned.
    const fresh = { id: kept, factor, firstVoter, hasOtherVoters, queries: 2, worth: 0, at };
    this.#addWorth(fresh, voter, now);
    this.#wanted.set(key, fresh);
  }

  /** What the missed reads of an id were worth; 0 if nobody has asked twice. Tells also whether
   * a chunk that is stored and not served is wanted. */
  missedWorth(id: ChunkId): number {
    const wanted = this.#find(toHex(id));
    return wanted === undefined ? 0 : this.#worthOf(wanted);
  }

  /** Missing chunks that would pay and lie within the terms, the most worthwhile first; at most
   * SOUGHT_MAX less those under way, and what the budget is good for. Looks through all that are
   * wanted: for a control tick, not for every query. */
  opportunities(now: Instant, terms: GetTerms): Opportunity[] {
    this.#expire(now);
    const affordable = Math.floor(this.#budgetCb / getCost(terms.costFactor));
    const room = Math.min(SOUGHT_MAX - this.#sought.size, affordable);
    if (room <= 0) return [];
    const worthwhile: Opportunity[] = [];
    for (const wanted of this.#wanted.values()) {
      const { id, factor, queries } = wanted;
      const worth = this.#worthOf(wanted);
      if (!isWorthGetting(wanted, worth, terms)) continue;
      if (this.#isWithin(factor, worth, terms, now)) {
        worthwhile.push({ id, factor, queries, worth });
      }
    }
    return worthwhile.sort((a, b) => b.worth - a.worth).slice(0, room);
  }

  /** Its fetch begins; what that is likely to cost is set aside. To be followed by `found` or
   * `notFound`. @returns false if it is not wanted any more, or nothing more may be sought now. */
  seek(id: ChunkId, costFactor: number, now: Instant): boolean {
    this.#expire(now);
    const key = toHex(id);
    const wanted = this.#wanted.get(key);
    const setAsideCb = getCost(costFactor);
    const isAllowed = this.#sought.size < SOUGHT_MAX && this.#budgetCb >= setAsideCb;
    if (wanted === undefined || !isAllowed) return false;
    this.#wanted.delete(key);
    this.#sought.set(key, { wanted, setAsideCb, expiresAt: after(now, SOUGHT_MS) });
    this.#budgetCb -= setAsideCb;
    return true;
  }

  /** The chunk is here now, sought or not. @param paidCb for it, if it was sought,
   * fees too: at most fetchBudgetCb.
   * @returns what its missed reads were worth; 0 if it was not wanted. */
  found(id: ChunkId, paidCb: number): number {
    const key = toHex(id);
    const sought = this.#sought.get(key);
    const worth = this.missedWorth(id);
    this.#settle(sought, paidCb);
    this.#forget(key, id);
    return worth;
  }

  /** Nobody has it, or it could not be had: the search is lost, and its queries count from nothing
   * again (S2-20). @param paidCb for what came in vain, and fees: at most fetchBudgetCb. */
  notFound(id: ChunkId, paidCb: number): void {
    const key = toHex(id);
    this.#settle(this.#sought.get(key), paidCb);
    this.#forget(key, id);
  }

  /** The search and what was paid are spent of what was set aside; the rest comes back. */
  #settle(sought: Sought | undefined, paidCb: number): void {
    if (sought !== undefined) this.#earn(sought.setAsideCb - SEARCH_COST_CB - paidCb);
  }

  #find(key: string): Wanted | undefined {
    return this.#sought.get(key)?.wanted ?? this.#wanted.get(key);
  }

  #earn(cb: number): void {
    this.#budgetCb = Math.max(0, Math.min(this.#budgetCb + cb, BUDGET_MAX_CB));
  }

  #addWorth(wanted: Wanted, voter: string, now: Instant): void {
    const bytes = this.#votes.count(wanted.id, voter, CHUNK_BYTES_MAX, CHUNK_BYTES_MAX, now);
    wanted.worth = this.#worthOf(wanted) +
      worthOf(bytes, this.#priceOf(wanted.factor), this.#rawByteWorth);
    wanted.at = this.#clock.time;
  }

  /** The factor that it would sell at. */
  #priceOf(factor: number): number {
    return Math.max(factor, this.#priceFloor);
  }

  #worthOf({ worth, at }: Wanted): number {
    return worth * 2 ** (at - this.#clock.time);
  }

  /** Near enough, and read at least so often by what its missed reads tell. */
  #isWithin(factor: number, worth: number, terms: ServingTerms, now: Instant): boolean {
    if (factor < terms.factorMin) return false;
    const { time } = this.#clock;
    const score = raiseScore(undefined, worth, CHUNK_BYTES_MAX, time);
    const [bytes, diskBytes] = [CHUNK_BYTES_MAX, CHUNK_BYTES_MAX];
    const chunk = { score, factor: this.#priceOf(factor), bytes, diskBytes };
    const { queryIntervalMs } = returnOf(chunk, time, this.#clock.halfLifeMs(now));
    return queryIntervalMs <= terms.queryIntervalMsMax;
  }

  /** Who asked for it the first time; undefined if that is now. */
  #firstQuery(id: ChunkId, voterHash: number): number | undefined {
    const hash = hashBytes(id, this.#seed);
    const place = hash % FIRST_QUERIES;
    const mark = hashBytes(id, ~this.#seed);
    if (this.#firstIds[place] === mark) return this.#firstVoters[place];
    this.#firstIds[place] = mark;
    this.#firstVoters[place] = voterHash;
    return undefined;
  }

  /** Of the SAMPLE that have waited longest the least worthwhile goes, and the others wait anew: so
   * who pays for many made-up ids drives out those of others at no less than their worth. */
  #makeRoom(): void {
    if (this.#wanted.size < WANTED_MAX) return;
    let leastKey: string | undefined;
    let leastWorth = Infinity;
    const sample = [...this.#wanted.entries().take(SAMPLE)];
    for (const [key, wanted] of sample) {
      const worth = this.#worthOf(wanted);
      if (worth < leastWorth) [leastKey, leastWorth] = [key, worth];
      this.#wanted.touch(key);
    }
    assert(leastKey !== undefined, "a full table has a first entry");
    this.#wanted.delete(leastKey);
  }

  #expire(now: Instant): void {
    for (const { wanted, setAsideCb, expiresAt } of this.#sought.values()) {
      // what it has paid nobody knows: all that it may
      if (expiresAt <= now) this.notFound(wanted.id, setAsideCb - SEARCH_COST_CB);
    }
  }

  #forget(key: string, id: ChunkId): void {
    this.#sought.delete(key);
    this.#wanted.delete(key);
    const place = hashBytes(id, this.#seed) % FIRST_QUERIES;
    if (this.#firstIds[place] === hashBytes(id, ~this.#seed)) this.#firstIds[place] = 0;
  }
}

function isWorthGetting(wanted: Wanted, worth: number, terms: GetTerms): boolean {
  if (wanted.queries < QUERIES_MIN || !wanted.hasOtherVoters) return false;
  if (worth / CHUNK_BYTES_MAX <= terms.leastWorthPerByte) return false;
  return worth > getCost(terms.costFactor);
}

/** Of a search and a chunk. */
function getCost(costFactor: number): number {
  return SEARCH_COST_CB + fetchBudgetCb(costFactor);
}

/** What the fetch of a chunk that was sought at this factor may pay, its fees too: that much is set
 * aside for it beside the search. */
export function fetchBudgetCb(costFactor: number): number {
  return FETCH_FEES_CB + CHUNK_BYTES_MAX * costFactor;
}
