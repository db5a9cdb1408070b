import { SeededRandom } from "../../../src/lib/mod.ts";
import { type Catalogue, drawCatalogue } from "./catalogue.ts";
import { Lfu, Lru } from "./lru_lfu.ts";
import type { Policy } from "./policy.ts";
import { bestFixedCb, type Replay, replay } from "./replay.ts";
import { RevenuePolicy, type Variant } from "./revenue_policy.ts";
import { S3Fifo } from "./s3_fifo.ts";
import { drawTrace, type TraceShape } from "./traces.ts";
import { WTinyLfu } from "./w_tiny_lfu.ts";

export const CHUNKS = 20_000;
export const QUERIES = 100_000;
/** Room of the store, as a share of all that is asked for. */
export const STORE_SHARE = 0.01;
/** Nodes, each with an id and chunks of its own: what they earn hangs on the price of the few most
 * popular ones. */
export const NODES = 3;

export const RIVALS = ["LRU", "LFU", "W-TinyLFU", "S3-FIFO"] as const;
export type PolicyName = (typeof RIVALS)[number] | "revenue";
export const POLICIES: readonly PolicyName[] = [...RIVALS, "revenue"];

export interface Setting {
  readonly shape: TraceShape;
  readonly storeShare: number;
  readonly variant?: Variant;
}

/** Means over the nodes. */
export interface Result {
  readonly hitRatio: number;
  /** By what LRU earned at the same node with the same trace. */
  readonly earnedByLru: number;
  readonly fetchedRatio: number;
  /** What the best fixed choice would have earned, by what LRU earned. */
  readonly bestByLru: number;
}

/** Replays one setting at every node, for some policies. */
export function runSetting(
  { shape, storeShare, variant }: Setting,
  names: readonly PolicyName[],
  seed: number,
): Map<PolicyName, Result> {
  const sums = new Map<PolicyName, Result>();
  for (let node = 0; node < NODES; node++) {
    const catalogue = drawCatalogue(CHUNKS, new SeededRandom(seed).split(`node ${node}`));
    const trace = drawTrace(shape, CHUNKS, QUERIES, seed + node);
    const capacity = catalogue.bytes.reduce((sum, bytes) => sum + bytes, 0) * storeShare;
    const run = (name: PolicyName): Replay =>
      replay(policyOf(name, catalogue, capacity, variant), trace, catalogue);
    const lru = run("LRU");
    const bestCb = bestFixedCb(trace, catalogue, capacity);
    for (const name of names) {
      const { hitRatio, earnedCb, fetchedRatio } = name === "LRU" ? lru : run(name);
      const before = sums.get(name) ?? NOTHING;
      sums.set(name, {
        hitRatio: before.hitRatio + hitRatio / NODES,
        earnedByLru: before.earnedByLru + earnedCb / lru.earnedCb / NODES,
        fetchedRatio: before.fetchedRatio + fetchedRatio / NODES,
        bestByLru: before.bestByLru + bestCb / lru.earnedCb / NODES,
      });
    }
  }
  return sums;
}

const NOTHING: Result = { hitRatio: 0, earnedByLru: 0, fetchedRatio: 0, bestByLru: 0 };

function policyOf(
  name: PolicyName,
  catalogue: Catalogue,
  capacityBytes: number,
  variant: Variant | undefined,
): Policy {
  switch (name) {
    case "LRU":
      return new Lru(catalogue.bytes, capacityBytes);
    case "LFU":
      return new Lfu(catalogue.bytes, capacityBytes);
    case "W-TinyLFU":
      return new WTinyLfu(catalogue.bytes, capacityBytes);
    case "S3-FIFO":
      return new S3Fifo(catalogue.bytes, capacityBytes);
    case "revenue":
      return new RevenuePolicy(catalogue, capacityBytes, variant);
  }
}
