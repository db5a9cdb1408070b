/** One node of which many ask for chunks, on virtual time: the product's control loop, ceiling,
 * appraiser and keep scores; buyers, their paths and where missing chunks come from are a model. */
import { type ChunkId, type Instant, type NodeId, SeededRandom } from "../../src/lib/mod.ts";
import {
  Appraiser,
  firstScore,
  isServed,
  type KeepScore,
  priceFactor,
  raiseScore,
  returnOf,
  SERVING_TICK_MS,
  ServingLoop,
  worthPerByte,
} from "../../src/market/mod.ts";
import { ServingCeiling } from "../../src/transport/serving_ceiling.ts";

const CHUNK_BYTES = 2 ** 20;
const STEP_MS = 20;
/** A train as the transport sends it: 44 packets of 1,452 bytes; so many make a chunk. */
const TRAIN = { to: { ip: "192.0.2.1", port: 1 }, bytes: 44 * 1452, segmentBytes: 1452 };
const TRAINS_PER_CHUNK = Math.round(CHUNK_BYTES / (44 * 1400));
const CHUNK_WIRE_BYTES = TRAINS_PER_CHUNK * 44 * (1452 + 28);
/** Buyers that wait at once; more go elsewhere. */
const WAITING_MAX = 32;
/** A missing chunk is here after so long, one at a time, at this price. */
const GETTING_MS = 2_000;
const COST_FACTOR = 2;
const NETWORKS = 4_000;

export interface SellingOptions {
  readonly seed: number;
  readonly chunks: number;
  /** The rank r of popularity is asked for in proportion to r^-exponent. */
  readonly exponent: number;
  readonly asksPerSecond: number;
  readonly sellBytesPerSecond: number;
  /** Chunks that the disk holds. */
  readonly diskChunks: number;
  /** All that fits lies there from the start: the node has cached it before it began to sell. */
  readonly isStocked: boolean;
  /** The range stays what it is at the start. */
  readonly isRangeFixed?: boolean;
}

interface Stored {
  score: KeepScore;
}

export class SellingWorld {
  readonly #options: SellingOptions;
  readonly #random: SeededRandom;
  readonly #nodeId: NodeId;
  readonly #ids: ChunkId[] = [];
  readonly #factors: number[] = [];
  readonly #asksUpTo: number[] = [];
  readonly #appraiser: Appraiser;
  readonly #ceiling: ServingCeiling;
  readonly #stored = new Map<number, Stored>();
  readonly #byId = new Map<string, number>();
  readonly #waiting: { chunk: number; voter: string; trains: number }[] = [];
  #getting: { chunk: number; doneAt: number } | undefined;
  #now = 0;
  #dueAsks = 0;
  readonly loop: ServingLoop;
  /** After each tick: the range, what was on the wire in it, and what all asks would have been. */
  readonly ticks: { atMs: number; rangeBits: number; soldBytes: number; askedBytes: number }[] = [];
  /** The most that any span of time had on the wire beyond the ceiling, bytes. */
  excessBytes = 0;
  #level = 0;
  #lowest = 0;
  #askedBytes = 0;
  #soldAtTick = 0;

  constructor(options: SellingOptions) {
    const { seed, chunks, exponent, diskChunks, isStocked, sellBytesPerSecond } = options;
    this.#options = options;
    this.#random = new SeededRandom(seed);
    this.#nodeId = this.#draw() as Uint8Array as NodeId;
    const now = 0 as Instant;
    this.loop = new ServingLoop({
      sellBytesPerSecond,
      rangeBits: options.isRangeFixed === true ? 152 : undefined,
      now,
    });
    this.#ceiling = new ServingCeiling(sellBytesPerSecond, now);
    const capacityBytes = diskChunks * CHUNK_BYTES;
    this.#appraiser = new Appraiser({ capacityBytes, storedClock: 0, seed, now });
    let sum = 0;
    for (let n = 0; n < chunks; n++) {
      const id = this.#draw();
      this.#ids.push(id);
      this.#byId.set(id.join(), n);
      this.#factors.push(priceFactor(this.#nodeId, id));
      this.#asksUpTo.push(sum += (n + 1) ** -exponent);
      if (isStocked && n < diskChunks) this.#store(n, CHUNK_BYTES);
    }
  }

  get storedChunks(): number {
    return this.#stored.size;
  }

  run(ms: number): this {
    for (const end = this.#now + ms; this.#now < end;) {
      this.#now += STEP_MS;
      this.#dueAsks += this.#options.asksPerSecond * STEP_MS / 1000;
      // whole asks at random times: as many as are due, on average
      while (this.#dueAsks > this.#uniform()) {
        this.#dueAsks--;
        this.#ask();
      }
      this.#serve();
      this.#get();
      if (this.#now % SERVING_TICK_MS === 0) this.#tick();
    }
    return this;
  }

  /** Of the last `ms`: what was sold as a share of what could be: all that is for sale, or all that
   * was asked for. */
  usedShare(ms: number): number {
    const { sold, asked } = this.rates(ms);
    return sold / Math.min(asked, this.#options.sellBytesPerSecond);
  }

  /** Of the last `ms`: bytes on the wire, and bytes asked for, a second. */
  rates(ms: number): { sold: number; asked: number } {
    const last = this.ticks.slice(-ms / SERVING_TICK_MS);
    const sum = (of: (tick: (typeof last)[number]) => number) =>
      last.reduce((total, tick) => total + of(tick), 0) * 1000 / ms;
    return { sold: sum(({ soldBytes }) => soldBytes), asked: sum(({ askedBytes }) => askedBytes) };
  }

  #ask(): void {
    const chunk = this.#drawChunk();
    const voter = `net ${Math.floor(this.#uniform() * NETWORKS)}`;
    this.#askedBytes += CHUNK_WIRE_BYTES;
    const id = this.#ids[chunk] as ChunkId;
    const factor = this.#factors[chunk] ?? 0;
    if (!this.#stored.has(chunk)) {
      return this.#appraiser.missed({ id, factor, voter }, this.#instant);
    }
    this.loop.noteAsked(factor, CHUNK_BYTES);
    if (!isServed({ factor, queryIntervalMs: 0 }, this.loop.served)) return;
    if (this.#waiting.length < WAITING_MAX) {
      this.#waiting.push({ chunk, voter, trains: TRAINS_PER_CHUNK });
    }
  }

  #serve(): void {
    const { sellBytesPerSecond } = this.#options;
    this.#level -= sellBytesPerSecond * STEP_MS / 1000;
    this.#lowest = Math.min(this.#lowest, this.#level);
    for (let sale = this.#waiting[0]; sale !== undefined; sale = this.#waiting[0]) {
      if (!this.#ceiling.isOpen(this.#instant)) return;
      const before = this.#ceiling.spentBytes;
      this.#ceiling.spend(TRAIN, this.#instant);
      this.#level += this.#ceiling.spentBytes - before;
      this.excessBytes = Math.max(this.excessBytes, this.#level - this.#lowest);
      if (--sale.trains > 0) continue;
      this.#waiting.shift();
      this.#sold(sale.chunk, sale.voter);
    }
  }

  #sold(chunk: number, voter: string): void {
    const factor = this.#factors[chunk] ?? 0;
    const use = { id: this.#ids[chunk] as ChunkId, bytes: CHUNK_BYTES, objectBytes: CHUNK_BYTES };
    const worth = this.#appraiser.sold({ ...use, voter }, factor, this.#instant);
    const stored = this.#stored.get(chunk);
    if (stored === undefined || worth === 0) return;
    stored.score = raiseScore(stored.score, worth, CHUNK_BYTES, this.#appraiser.clock.time);
  }

  /** One missing chunk at a time, as the node does it. */
  #get(): void {
    if (this.#getting !== undefined) {
      if (this.#now < this.#getting.doneAt) return;
      const { chunk } = this.#getting;
      this.#getting = undefined;
      const paid = CHUNK_BYTES * COST_FACTOR;
      this.#store(chunk, this.#appraiser.demand.found(this.#ids[chunk] as ChunkId, paid));
    }
    if (this.#now % 1000 !== 0) return;
    const least = this.#isFull ? this.#inOrder()[0]?.[1].score : undefined;
    const time = this.#appraiser.clock.time;
    const leastWorthPerByte = least === undefined ? 0 : worthPerByte(least, time);
    const { factorMin } = this.loop.kept;
    const within = { factorMin, queryIntervalMsMax: Infinity };
    const terms = { ...within, costFactor: COST_FACTOR, leastWorthPerByte };
    const [found] = this.#appraiser.demand.opportunities(this.#instant, terms);
    if (found === undefined) return;
    if (!this.#appraiser.demand.seek(found.id, COST_FACTOR, this.#instant)) return;
    const chunk = this.#byId.get(found.id.join()) ?? 0;
    this.#getting = { chunk, doneAt: this.#now + GETTING_MS };
  }

  #store(chunk: number, worth: number): void {
    const order = this.#inOrder();
    const newcomer = this.#isFull ? order[Math.floor(order.length / 16)]?.[1].score : undefined;
    if (this.#isFull) this.#stored.delete(order[0]?.[0] ?? chunk);
    const { time } = this.#appraiser.clock;
    const score = firstScore(Math.max(worth, CHUNK_BYTES / 2), CHUNK_BYTES, newcomer, time);
    this.#stored.set(chunk, { score });
  }

  #tick(): void {
    const { clock } = this.#appraiser;
    const soldBefore = this.#soldAtTick;
    this.#soldAtTick = this.#ceiling.spentBytes;
    const [least] = this.#isFull ? this.#inOrder() : [];
    const leastIntervalMs = least && returnOf(
      {
        score: least[1].score,
        factor: this.#factors[least[0]] ?? 0,
        bytes: CHUNK_BYTES,
        diskBytes: CHUNK_BYTES,
      },
      clock.time,
      clock.halfLifeMs(this.#instant),
    ).queryIntervalMs;
    const soldBytes = this.#soldAtTick - soldBefore;
    this.loop.tick({ soldBytes, leastIntervalMs }, this.#instant);
    const { rangeBits } = this.loop;
    this.ticks.push({ atMs: this.#now, rangeBits, soldBytes, askedBytes: this.#askedBytes });
    this.#askedBytes = 0;
  }

  get #instant(): Instant {
    return this.#now as Instant;
  }

  get #isFull(): boolean {
    return this.#stored.size >= this.#options.diskChunks;
  }

  #inOrder(): [number, Stored][] {
    return [...this.#stored].sort(([, a], [, b]) => a.score - b.score);
  }

  #drawChunk(): number {
    const at = this.#uniform() * (this.#asksUpTo.at(-1) ?? 0);
    let low = 0, high = this.#asksUpTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#asksUpTo[middle] ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #draw(): ChunkId {
    const id = new Uint8Array(20);
    this.#random.fill(id);
    return id as Uint8Array as ChunkId;
  }

  #uniform(): number {
    return this.#random.u32() / 2 ** 32;
  }
}
