import { type Instant, toHex } from "../../../src/lib/mod.ts";
import {
  Appraiser,
  boundScore,
  firstScore,
  type KeepScore,
  NEWCOMER_SHARE,
  raiseScore,
  RAW_BYTE_WORTH,
  worthPerByte,
} from "../../../src/market/mod.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Policy, Query } from "./policy.ts";
import { ScoreHeap } from "./score_heap.ts";

const SEED = 0x5eed;
const TICK_MS = 10_000;
const CHUNK_BYTES = 2 ** 20;
/** What a cheap copy costs, per byte. */
const COST_FACTOR = 1;

/** What is tried besides the product's own rules. */
export interface Variant {
  /** Instead of RAW_BYTE_WORTH, in scores. */
  readonly rawByteWorth?: number;
  /** The half-life, in that of the product. */
  readonly halfLifeTimes?: number;
}

/** The product's rules: its scores of what it has, its book of what it has not, and at each control
 * tick its choice of what to fetch. */
export class RevenuePolicy implements Policy {
  readonly #catalogue: Catalogue;
  readonly #capacityBytes: number;
  readonly #appraiser: Appraiser;
  /** Stands for the index on the store's table. */
  readonly #heap: ScoreHeap;
  readonly #chunkById: ReadonlyMap<string, number>;
  #tickAtMs = 0;
  usedBytes = 0;
  fetched = 0;

  constructor(catalogue: Catalogue, capacityBytes: number, variant: Variant = {}) {
    const { rawByteWorth = RAW_BYTE_WORTH, halfLifeTimes = 1 } = variant;
    this.#catalogue = catalogue;
    this.#capacityBytes = capacityBytes;
    this.#heap = new ScoreHeap(catalogue.ids.length);
    this.#chunkById = new Map(catalogue.ids.map((id, chunk) => [toHex(id), chunk]));
    this.#appraiser = new Appraiser({
      capacityBytes: capacityBytes * halfLifeTimes,
      storedClock: 0,
      seed: SEED,
      now: 0 as Instant,
      rawByteWorth,
    });
  }

  ask({ chunk, voter, nowMs }: Query): boolean {
    const now = nowMs as Instant;
    if (nowMs >= this.#tickAtMs) this.#tick(now);
    const { ids, factors, bytes: lengths } = this.#catalogue;
    const id = ids[chunk] as Catalogue["ids"][number];
    const factor = factors[chunk] ?? 0;
    const bytes = lengths[chunk] ?? 0;
    const name = `${voter}`;
    if (!this.#heap.has(chunk)) {
      this.#appraiser.missed({ id, factor, voter: name }, now);
      return false;
    }
    const use = { id, bytes, objectBytes: bytes, voter: name };
    const worth = this.#appraiser.sold(use, factor, now);
    if (worth > 0) {
      const former = this.#heap.scoreOf(chunk) as KeepScore;
      const raised = raiseScore(former, worth, bytes, this.#appraiser.clock.time);
      this.#heap.set(chunk, boundScore(raised, former, this.#leastScore()));
    }
    return true;
  }

  #tick(now: Instant): void {
    this.#tickAtMs = now + TICK_MS;
    const { demand, clock } = this.#appraiser;
    const least = this.#leastScore();
    const newcomerScore = least === undefined ? undefined : this.#newcomerScore();
    const leastWorthPerByte = least === undefined ? 0 : worthPerByte(least, clock.time);
    const all = { factorMin: 0, queryIntervalMsMax: Infinity };
    const terms = { ...all, costFactor: COST_FACTOR, leastWorthPerByte };
    for (const { id } of demand.opportunities(now, terms)) {
      if (!demand.seek(id, COST_FACTOR, now)) continue;
      const chunk = this.#chunkById.get(toHex(id)) ?? 0;
      const bytes = this.#catalogue.bytes[chunk] ?? 0;
      const worth = demand.found(id, bytes * COST_FACTOR);
      this.#makeRoom(bytes);
      this.fetched++;
      this.usedBytes += bytes;
      this.#heap.set(chunk, firstScore(worth, bytes, newcomerScore, clock.time));
    }
  }

  /** Of who would have to go for a chunk; undefined while there is room. */
  #leastScore(): KeepScore | undefined {
    const least = this.#heap.least();
    if (least === undefined || this.usedBytes + CHUNK_BYTES <= this.#capacityBytes) {
      return undefined;
    }
    return this.#heap.scoreOf(least) as KeepScore;
  }

  #newcomerScore(): KeepScore | undefined {
    const scores = Float64Array.from(this.#heap.chunks(), (chunk) => this.#heap.scoreOf(chunk));
    scores.sort();
    return scores[Math.floor(scores.length * NEWCOMER_SHARE)] as KeepScore | undefined;
  }

  #makeRoom(bytes: number): void {
    while (this.usedBytes + bytes > this.#capacityBytes) {
      const least = this.#heap.least();
      if (least === undefined) return;
      this.#heap.remove(least);
      this.usedBytes -= this.#catalogue.bytes[least] ?? 0;
    }
  }
}
