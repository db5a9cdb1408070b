import type { DhtConfig } from "../../src/dht/mod.ts";
import { randomBelow, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import type { LabNode } from "./lab_node.ts";
import { LabWorld, type LookupTask } from "./lab_world.ts";
import type { LabLookup } from "./lookup_watch.ts";
import { ModelNetwork, type ModelOptions } from "./model_network.ts";
import { mean } from "./summary.ts";

/** Real cores that ask. A lookup ends after 20 s at the latest, so no node has two at a time. */
const ASKERS = 50;
const GAP_MS = 400;
/** How long they are there before they are measured: their buckets have been refreshed once. */
const SETTLE_MS = 16 * 60_000;

/** A model with real cores in it that ask. */
export class ModelWorld {
  readonly model: ModelNetwork;
  readonly world: LabWorld;
  readonly #random: SeededRandom;

  constructor(options: ModelOptions, config: DhtConfig, seed: number, askers = ASKERS) {
    this.#random = new SeededRandom(seed).split("model");
    this.model = new ModelNetwork(options, this.#random);
    this.world = new LabWorld(seed, config, this.model);
    for (let i = 0; i < askers; i++) this.world.add();
    this.world.runFor(SETTLE_MS);
  }

  /** Lookups for keys that one node provides, spread over the askers. @param holderShare of all
   * nodes that have the bytes too. */
  lookUp(lookups: number, wanted: number, holderShare = 0): LabLookup[] {
    const tasks = Array.from({ length: lookups }, (_, i): LookupTask => {
      return { node: this.#asker(i), key: this.#publish(holderShare) };
    });
    return this.world.lookUp(tasks, GAP_MS, wanted);
  }

  /** Lookups for keys that nobody has. */
  lookUpNothing(lookups: number, wanted: number): LabLookup[] {
    const tasks = Array.from({ length: lookups }, (_, i): LookupTask => {
      return { node: this.#asker(i), key: randomBytes(this.#random, 20) };
    });
    return this.world.lookUp(tasks, GAP_MS, wanted);
  }

  /** One key that one asker after the other asks for, and announces once it has it.
   * @returns lookup by lookup. */
  askFor(wanted: number): LabLookup[] {
    const key = this.#publish(0);
    return this.world.nodes.flatMap((node) => {
      const lookups = this.world.lookUp([{ node, key }], GAP_MS, wanted);
      node.watch = undefined; // what it asks from now on is no cost of the lookup
      node.dht.announce([key], this.world.now);
      node.turn();
      return lookups;
    });
  }

  #publish(holderShare: number): Uint8Array {
    const key = randomBytes(this.#random, 20);
    this.model.publish(key, [randomBelow(this.#random, this.model.size)], holderShare);
    return key;
  }

  #asker(i: number): LabNode {
    const node = this.world.nodes[i % this.world.nodes.length];
    if (node === undefined) throw new RangeError("no askers");
    return node;
  }
}

/** Means over the 1st, the 2nd and 3rd, the 4th to 7th … request for each key: of how many requests
 * the first, and the mean. */
export function byDoubling(runs: readonly (readonly number[])[]): [number, number][] {
  const points: [number, number][] = [];
  const requests = Math.min(...runs.map(({ length }) => length));
  for (let from = 1; 2 * from - 1 <= requests; from *= 2) {
    points.push([from, mean(runs.flatMap((hops) => hops.slice(from - 1, 2 * from - 1)))]);
  }
  return points;
}
