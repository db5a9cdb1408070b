import type { DhtConfig } from "../../src/dht/mod.ts";
import {
  commonPrefixLength,
  ID_BITS,
  type Instant,
  type NodeId,
  randomBelow,
  randomUnit,
  SeededRandom,
} from "../../src/lib/mod.ts";
import type { Message } from "../../src/wire/mod.ts";
import { LabNode, type Surroundings } from "./lab_node.ts";
import { oneWayMs } from "./latency.ts";
import { type LabLookup, LookupWatch } from "./lookup_watch.ts";
import type { ModelNetwork } from "./model_network.ts";
import { indexOf, peerOf } from "./places.ts";
import { Schedule } from "./schedule.ts";

/** Answers that come after a lookup's end are still its cost. */
const AFTERMATH_MS = 3000;
const LOOKUP_MS_MAX = 60_000;

export interface LookupTask {
  readonly node: LabNode;
  readonly key: Uint8Array;
}

/** Real Dht cores over a virtual internet: thousands of them, or a few in a network that is a model
 * otherwise. Messages are handed over as they are, not encoded; all else is the product's:
 * timeouts, retries, claims, tables, records. */
export class LabWorld implements Surroundings {
  readonly config: DhtConfig;
  readonly random: SeededRandom;
  readonly nodes: LabNode[] = [];
  /** Messages sent so far. */
  carried = 0;
  readonly #model: ModelNetwork | undefined;
  readonly #dice: SeededRandom;
  readonly #schedule = new Schedule(1000);

  constructor(seed: number, config: DhtConfig, model?: ModelNetwork) {
    this.config = config;
    this.random = new SeededRandom(seed);
    this.#dice = this.random.split("network");
    this.#model = model;
  }

  get now(): Instant {
    return this.#schedule.nowMs as Instant;
  }

  /** One more node, which joins by a random one that is up. */
  add(): LabNode {
    const node = new LabNode(this, this.#base + this.nodes.length);
    const model = this.#model?.anyUp(this.#dice);
    const seed = this.nodes.length === 0 ? undefined : this.anyUp().peer;
    this.nodes.push(node);
    node.start([model ?? seed].filter((one) => one !== undefined));
    return node;
  }

  anyUp(suits: (node: LabNode) => boolean = () => true): LabNode {
    for (;;) {
      const node = this.nodes[randomBelow(this.#dice, this.nodes.length)];
      if (node !== undefined && node.isUp && suits(node)) return node;
    }
  }

  nodeIdOf(index: number): NodeId | undefined {
    return index < this.#base ? this.#model?.nodeId(index) : this.nodes[index - this.#base]?.nodeId;
  }

  isUp(publicKey: Uint8Array): boolean {
    const index = indexOf(publicKey);
    if (index < this.#base) return this.#model?.isUp(index) ?? false;
    return this.nodes[index - this.#base]?.isUp ?? false;
  }

  at(when: number, task: () => void): void {
    this.#schedule.at(when, task);
  }

  carry(from: LabNode, index: number, message: Message): void {
    this.carried++;
    if (index < this.#base) return this.#askModel(from, index, message);
    const to = this.nodes[index - this.#base];
    if (to === undefined || !to.isUp) return;
    this.at(this.#arrival(from, index), () => to.receive(from.peer, message));
  }

  #askModel(from: LabNode, index: number, message: Message): void {
    const model = this.#model;
    if (!model?.isUp(index)) return;
    this.at(this.#arrival(from, index), () => {
      const answer = model.answer(index, from.index, message, this.now);
      if (answer === undefined) return;
      const peer = peerOf(index);
      this.at(this.#arrival(from, index), () => from.receive(peer, answer));
    });
  }

  /** When a packet between these two that is sent now arrives. */
  #arrival(from: LabNode, index: number): number {
    return this.now + oneWayMs(from.index, index, randomUnit(this.#dice));
  }

  runFor(ms: number): void {
    this.#schedule.runUntil(() => false, ms);
  }

  /** Looks for providers of each key from the node beside it, all at their time, to the end.
   * @param gapMs from the start of one lookup to that of the next; a node's next lookup must not
   * begin before its last has ended. */
  lookUp(tasks: readonly LookupTask[], gapMs: number, providersWanted: number): LabLookup[] {
    const watches = tasks.map(({ node, key }, i) => {
      const at = this.now + Math.round(i * gapMs);
      const watch = new LookupWatch(at, (provider) => {
        const nodeId = this.nodeIdOf(indexOf(provider));
        return nodeId === undefined ? ID_BITS : commonPrefixLength(nodeId, key);
      });
      this.at(at, () => {
        node.watch = watch;
        node.dht.findProviders(key, this.now, { providersWanted });
        node.turn();
      });
      return watch;
    });
    this.runFor(tasks.length * gapMs);
    this.#schedule.runUntil(() => watches.every(({ isDone }) => isDone), LOOKUP_MS_MAX);
    this.runFor(AFTERMATH_MS);
    return watches.map((watch) => watch.result());
  }

  /** Numbers below this are the model's. */
  get #base(): number {
    return this.#model?.size ?? 0;
  }
}
