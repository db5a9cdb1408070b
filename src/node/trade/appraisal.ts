import {
  type ChunkId,
  type Instant,
  type NodeId,
  prefixOf,
  randomBelow,
  toHex,
} from "../../lib/mod.ts";
import {
  Appraiser,
  bumpPrice,
  fetchBudgetCb,
  type KeepScore,
  PRICE_FACTOR_MAX,
  priceFactor,
  returnOf,
  type ScoredObject,
  type ServingTerms,
  WEEK_MS,
  worthPerByte,
} from "../../market/mod.ts";
import type { Counters, ScoredRow } from "../../store/mod.ts";
import type { NodeOptions } from "../contract/node_options.ts";
import type { StoreEarner } from "../contract/operator_api.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { KeepScores } from "../keep/keep_scores.ts";
import { diskBytesOf } from "../keep/store_quota.ts";

/** A store counts as full from here on: eviction makes room for a thirty-second part at once. */
const FULL_SHARE = 15 / 16;
/** Objects that may have to go for one: more than it takes where they are chunks. */
const BUMPED_MAX = 64;
/** What a missing chunk is taken to cost: half of all holders ask nothing for it, a quarter 1. */
const COST_FACTOR = 2;
/** Of how many objects with the greatest scores revenue is told. It goes with the score, by size
 * and but for what bytes are worth that cost nothing. More would be a longer walk of the index: for
 * so many of a million 15 ms. */
const EARNERS_LOOKED_AT = 1_024;
const DAY_MS = 86_400_000;
/** Looking at what goes next walks a sixteenth of the index. */
const LOOK_MS = 30_000;

/** Somebody who buys. */
export interface Buyer {
  readonly publicKey: Uint8Array;
  /** Undefined where addresses tell nothing. */
  readonly ip: string | undefined;
}

/** A missing chunk that is to be fetched for sale. */
export interface Venture {
  readonly id: ChunkId;
  /** What its fetch may cost, credit bytes. */
  readonly budgetCb: number;
}

export interface AppraisalDoors {
  readonly appraiser: Appraiser;
  readonly scores: KeepScores;
  readonly store: Pick<ChunkStore, "lengthOf" | "namesOf" | "usage" | "writeRows">;
  readonly counters: Pick<Counters, "add" | "flush" | "get">;
  readonly nodeId: NodeId;
  /** The operator's --price-floor: what is sold for more than its distance asks returns more. */
  readonly priceFloor: number;
}

/** Where the clock stood: a counter of the index database. */
const CLOCK_COUNTER = "keep_clock";

/** Begins to appraise what is in a store. */
export function openAppraisal(
  { config, identity: { nodeId }, ports: { clock, random } }: NodeOptions,
  { scores, store, counters }: Pick<AppraisalDoors, "counters" | "scores" | "store">,
): Appraisal {
  const { priceFloor } = config;
  const appraiser = new Appraiser({
    capacityBytes: config.sellDisk ?? config.storeBytes,
    storedClock: counters.get(CLOCK_COUNTER),
    seed: randomBelow(random, 2 ** 32),
    now: clock.now(),
    priceFloor,
  });
  scores.begin(appraiser.clock);
  return new Appraisal({ appraiser, scores, store, counters, nodeId, priceFloor });
}

/** Tells the store what its content has earned, and books what was asked for and is missing. */
export class Appraisal {
  readonly #doors: AppraisalDoors;
  #least: { readonly row: ScoredRow | undefined; readonly at: Instant } | undefined;

  constructor(doors: AppraisalDoors) {
    this.#doors = doors;
  }

  /** Bytes of an object were acknowledged and paid for. */
  sold(id: Uint8Array, bytes: number, factor: number, buyer: Buyer, now: Instant): void {
    const { appraiser, scores, store } = this.#doors;
    const [name] = store.namesOf(id as ChunkId);
    const objectBytes = store.lengthOf(id as ChunkId);
    if (name === undefined || objectBytes === undefined) return;
    const use = { id: name, bytes: Math.min(bytes, objectBytes), objectBytes };
    const worth = appraiser.sold({ ...use, voter: voterOf(buyer) }, factor, now);
    if (worth > 0) scores.noteWorth(name, worth);
  }

  /** A question was paid for. What is not here, somebody wants. */
  asked(id: Uint8Array, buyer: Buyer, now: Instant): void {
    const { appraiser, store, nodeId } = this.#doors;
    if (store.lengthOf(id as ChunkId) !== undefined) return;
    const factor = priceFactor(nodeId, id);
    appraiser.missed({ id: id as ChunkId, factor, voter: voterOf(buyer) }, now);
  }

  /** Mean time between two paid reads of what goes next; undefined while there is room. */
  leastIntervalMs(now: Instant): number | undefined {
    const row = this.#look(now);
    if (row === undefined) return undefined;
    const { clock } = this.#doors.appraiser;
    return returnOf(this.#scored(row), clock.time, clock.halfLifeMs(now)).queryIntervalMs;
  }

  /** The missing chunk that is worth most of those that would pay and lie within the terms: it is
   * to be fetched now, and then told by `found` or `notFound`. */
  seek(kept: ServingTerms, now: Instant): Venture | undefined {
    const { appraiser: { clock, demand }, store } = this.#doors;
    const least = this.#look(now);
    const leastWorthPerByte = least ? worthPerByte(least.score as KeepScore, clock.time) : 0;
    const terms = { ...kept, costFactor: COST_FACTOR, leastWorthPerByte };
    for (const { id } of demand.opportunities(now, terms)) {
      if (store.lengthOf(id) !== undefined) demand.found(id, 0); // it came by another way
      else if (demand.seek(id, COST_FACTOR, now)) {
        return { id, budgetCb: fetchBudgetCb(COST_FACTOR) };
      }
    }
    return undefined;
  }

  /** What was sought is here. @param paidCb for it, credit bytes. */
  found(id: ChunkId, paidCb: number): void {
    this.#doors.appraiser.demand.found(id, paidCb);
  }

  /** What was sought is not to be had. @param paidCb for what came of it. */
  notFound(id: ChunkId, paidCb: number): void {
    this.#doors.appraiser.demand.notFound(id, paidCb);
  }

  #look(now: Instant): ScoredRow | undefined {
    if (this.#least !== undefined && now - this.#least.at < LOOK_MS) return this.#least.row;
    const { scores, store, counters } = this.#doors;
    const { chunks, keptChunks, soldDiskBytes, sellDiskBytes } = store.usage();
    const isFull = soldDiskBytes >= FULL_SHARE * sellDiskBytes;
    const row = scores.look(isFull ? chunks - keptChunks : 0);
    this.#least = { row, at: now };
    if (this.noteClock()) void store.writeRows(() => counters.flush()).catch(() => {}); // next time
    return row;
  }

  /** What it costs to keep an object of so many bytes for so long: what those would earn that have
   * to go for it (S2-10), credit bytes. @returns undefined if no such room can be made. */
  roomPrice(bytes: number, periodMs: number, now: Instant): bigint | undefined {
    const { appraiser, scores, store } = this.#doors;
    const { soldDiskBytes, sellDiskBytes } = store.usage();
    // what eviction keeps free ahead of use is nobody's room
    const freeBytes = Math.max(0, FULL_SHARE * sellDiskBytes - soldDiskBytes);
    const candidates = scores.next(BUMPED_MAX).map((row) => this.#scored(row));
    const bump = { neededBytes: diskBytesOf(bytes), freeBytes, candidates, periodMs };
    return bumpPrice(bump, appraiser.clock, now)?.cb;
  }

  /** What the objects that are worth most return, at most `limit` of the EARNERS_LOOKED_AT with the
   * greatest scores, the highest revenue first. @param isServed whether a cached one is whose
   * id shares this many leading bits with the node's. */
  earners(limit: number, isServed: (factor: number) => boolean, now: Instant): StoreEarner[] {
    const { appraiser: { clock }, scores } = this.#doors;
    const { nodeId } = this.#doors;
    const [time, halfLifeMs] = [clock.time, clock.halfLifeMs(now)];
    const earners = scores.greatest(EARNERS_LOOKED_AT).map((row) => {
      const object = this.#scored(row);
      const { factor, bytes } = object;
      const nearness = priceFactor(nodeId, row.id); // the range knows no floor
      const { queryIntervalMs, cbPerWeek } = returnOf(object, time, halfLifeMs);
      return {
        id: toHex(row.id),
        bytes,
        pinned: row.isPinned,
        hosted: row.isHosted,
        lastUsedMs: row.usedMs,
        distanceBits: PRICE_FACTOR_MAX - nearness,
        priceCb: bytes * factor,
        readIntervalSeconds: queryIntervalMs / 1000,
        cbPerDay: cbPerWeek * DAY_MS / WEEK_MS,
        score: row.score - time,
        served: row.isPinned || row.isHosted || isServed(nearness),
      };
    });
    return earners.sort((a, b) => b.cbPerDay - a.cbPerDay).slice(0, limit);
  }

  #scored({ id, length, score }: ScoredRow): ScoredObject {
    const { nodeId, priceFloor } = this.#doors;
    const factor = priceFactor(nodeId, id, priceFloor);
    const diskBytes = diskBytesOf(length);
    return { score: score as KeepScore, factor, bytes: length, diskBytes };
  }

  /** Puts the clock among the counters, which are written when the store closes at the latest.
   * @returns false if it stood still. */
  noteClock(): boolean {
    const { appraiser: { clock }, counters } = this.#doors;
    const passed = clock.stored - counters.get(CLOCK_COUNTER);
    if (passed > 0) counters.add(CLOCK_COUNTER, passed);
    return passed > 0;
  }
}

/** In whose name demand is counted: its network's, or its key where addresses tell nothing. */
export function voterOf({ publicKey, ip }: Buyer): string {
  return ip === undefined ? toHex(publicKey) : prefixOf(ip);
}
