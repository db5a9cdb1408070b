import { after, type Instant, type NodeId } from "../../lib/mod.ts";
import {
  AskBook,
  isServed,
  priceFactor,
  SERVING_TICK_MS,
  ServingLoop,
  type ServingTerms,
} from "../../market/mod.ts";
import type { OfferStatus } from "../contract/operator_api.ts";
import type { LoopPart } from "../loop/driver.ts";

export interface OfferDoors {
  readonly nodeId: NodeId;
  readonly sellUp: number | undefined;
  /** The operator's own words. */
  readonly sellRange: number | undefined;
  readonly minPopularity: number | undefined;
  /** Bytes on the wire to those who buy, so far. */
  readonly soldBytes: () => number;
  /** Mean time between two reads of the chunk that would have to go for another; undefined while
   * the disk has room. */
  readonly leastIntervalMs: () => number | undefined;
  /** 32 bits that strangers do not know. */
  readonly seed: number;
  readonly now: Instant;
}

/** Which cached chunks this node serves, and keeps for sale: the control loop with its doors. */
export class Offer implements LoopPart {
  readonly #doors: OfferDoors;
  readonly #loop: ServingLoop;
  /** Undefined where no demand moves the range. */
  readonly #asks: AskBook | undefined;
  #soldBytes = 0;
  #dueAt: Instant;

  constructor(doors: OfferDoors) {
    const { sellUp, sellRange, minPopularity, seed, now } = doors;
    this.#doors = doors;
    this.#loop = new ServingLoop({
      sellBytesPerSecond: sellUp,
      rangeBits: sellRange,
      minReadsPerDay: minPopularity,
      now,
    });
    const isMoved = sellUp !== undefined && sellRange === undefined;
    this.#asks = isMoved ? new AskBook(seed) : undefined;
    this.#dueAt = after(now, SERVING_TICK_MS);
  }

  /** Whether a cached chunk is served to somebody who may buy and asks for `bytes` of it. What
   * nobody pays for moves no range, nor what is asked for far beyond what is then taken: a stranger
   * would else move it by asking. @param payer whose demand it is (voterOf). */
  isServed(id: Uint8Array, bytes: number, payer: string | undefined, now: Instant): boolean {
    const factor = priceFactor(this.#doors.nodeId, id);
    if (payer !== undefined && this.#asks !== undefined) {
      this.#loop.noteAsked(factor, this.#asks.count(payer, bytes, now));
    }
    return this.isInRange(factor);
  }

  /** Somebody has acknowledged bytes that it owes for. */
  noteTaken(payer: string, bytes: number, now: Instant): void {
    this.#asks?.noteTaken(payer, bytes, now);
  }

  /** Whether cached chunks at this price factor are served now. */
  isInRange(factor: number): boolean {
    return isServed({ factor, queryIntervalMs: 0 }, this.#loop.served);
  }

  /** What is worth fetching for others. */
  get kept(): ServingTerms {
    return this.#loop.kept;
  }

  get status(): Omit<OfferStatus, "diskBytes" | "diskQuotaBytes"> {
    const { sellUp, soldBytes } = this.#doors;
    const { rangeBits, minReadsPerDay } = this.#loop;
    const sentBytes = soldBytes();
    const ceiling = sellUp === undefined ? {} : { upBytesPerSecond: sellUp };
    return { ...ceiling, sentBytes, rangeBits, minReadsPerDay };
  }

  turn(now: Instant): void {
    if (now < this.#dueAt) return;
    this.#dueAt = after(now, SERVING_TICK_MS);
    const { soldBytes, leastIntervalMs } = this.#doors;
    const before = this.#soldBytes;
    this.#soldBytes = soldBytes();
    const sample = { soldBytes: this.#soldBytes - before, leastIntervalMs: leastIntervalMs() };
    this.#loop.tick(sample, now);
  }

  nextTimeout(): Instant {
    return this.#dueAt;
  }
}
