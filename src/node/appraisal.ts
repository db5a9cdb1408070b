import {
  type ChunkId,
  type Instant,
  type NodeId,
  prefixOf,
  randomBelow,
  toHex,
} from "../lib/mod.ts";
import { Appraiser, type KeepScore, priceFactor, returnOf } from "../market/mod.ts";
import type { Counters } from "../store/mod.ts";
import type { ChunkStore } from "./chunk_store.ts";
import type { KeepScores } from "./keep_scores.ts";
import type { NodeOptions } from "./node_options.ts";
import { diskBytesOf } from "./store_quota.ts";

/** A store counts as full from here on: eviction makes room for a thirty-second part at once. */
const FULL_SHARE = 15 / 16;
/** Looking at what goes next walks a sixteenth of the index. */
const LOOK_MS = 30_000;

/** Somebody who buys. */
export interface Buyer {
  readonly publicKey: Uint8Array;
  /** Undefined where addresses tell nothing. */
  readonly ip: string | undefined;
}

export interface AppraisalDoors {
  readonly appraiser: Appraiser;
  readonly scores: KeepScores;
  readonly store: Pick<ChunkStore, "lengthOf" | "namesOf" | "usage" | "writeRows">;
  readonly counters: Pick<Counters, "add" | "flush" | "get">;
  readonly nodeId: NodeId;
}

/** Where the clock stood: a counter of the index database. */
const CLOCK_COUNTER = "keep_clock";

/** Begins to appraise what is in a store. */
export function openAppraisal(
  { config, identity: { nodeId }, ports: { clock, random } }: NodeOptions,
  { scores, store, counters }: Pick<AppraisalDoors, "counters" | "scores" | "store">,
): Appraisal {
  const appraiser = new Appraiser({
    capacityBytes: config.sellDisk ?? config.storeBytes,
    storedClock: counters.get(CLOCK_COUNTER),
    seed: randomBelow(random, 2 ** 32),
    now: clock.now(),
  });
  scores.begin(appraiser.clock);
  return new Appraisal({ appraiser, scores, store, counters, nodeId });
}

/** Tells the store what its content has earned, and books what was asked for and is missing. */
export class Appraisal {
  readonly #doors: AppraisalDoors;
  #least: { readonly intervalMs: number | undefined; readonly at: Instant } | undefined;

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
    const { appraiser, scores, store, counters, nodeId } = this.#doors;
    if (this.#least !== undefined && now - this.#least.at < LOOK_MS) return this.#least.intervalMs;
    const { soldDiskBytes, sellDiskBytes } = store.usage();
    const row = scores.look(soldDiskBytes >= FULL_SHARE * sellDiskBytes);
    const { clock } = appraiser;
    const intervalMs = row && returnOf(
      {
        score: row.score as KeepScore,
        factor: priceFactor(nodeId, row.id),
        bytes: row.length,
        diskBytes: diskBytesOf(row.length),
      },
      clock.time,
      clock.halfLifeMs(now),
    ).queryIntervalMs;
    this.#least = { intervalMs, at: now };
    if (this.noteClock()) void store.writeRows(() => counters.flush()).catch(() => {}); // next time
    return intervalMs;
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

function voterOf({ publicKey, ip }: Buyer): string {
  return ip === undefined ? toHex(publicKey) : prefixOf(ip);
}
