import type { DhtConfig } from "../../src/dht/mod.ts";
import {
  BoundedMap,
  randomBytes,
  randomUnit,
  SeededRandom,
  shuffle,
  toHex,
} from "../../src/lib/mod.ts";
import type { Contact, Message } from "../../src/wire/mod.ts";
import { Churn } from "./churn.ts";
import type { LabNode } from "./lab_node.ts";
import { LabWorld, type LookupTask } from "./lab_world.ts";
import type { LabLookup } from "./lookup_watch.ts";
import { mean } from "./summary.ts";

/** Nodes that ask and provide, and stay, of all ages alike (the first ones are known to many, and
 * know twice as many as others): a lookup that ends for want of its asker, or finds a
 * record whose provider is gone, would say nothing about the DHT. A lookup takes 20 s at most, so
 * that no node has two at a time. */
const STAYING = 200;
const GAP_MS = 100;
const GROW_MS = 60_000;
const SETTLE_MS = 2 * 60_000;
const PUBLISH_MS = 20_000;
/** Keys for which the liars remember who of them is nearest. */
const TOLD_MAX = 4096;
export const CHURN_SHARE = 0.1;
export const CHURN_PER_MS = 10 * 60_000;

type Progress = (what: string) => void;

export interface AnnounceCount {
  readonly kept: number;
  readonly refused: number;
}

/** Real cores alone. */
export class RealNetwork {
  readonly world: LabWorld;
  readonly #random: SeededRandom;
  readonly #progress: Progress;
  readonly #staying: LabNode[];
  #churn: Churn | undefined;

  constructor(nodes: number, config: DhtConfig, seed: number, progress: Progress) {
    this.#random = new SeededRandom(seed).split("lab");
    this.#progress = progress;
    this.world = new LabWorld(seed, config);
    for (let i = 0; i < nodes; i++) {
      this.world.add();
      this.world.runFor((i + 1) * GROW_MS / nodes - i * GROW_MS / nodes);
      if ((i + 1) % (nodes / 10) === 0) progress(`${i + 1} nodes, ${this.world.carried} messages`);
    }
    this.world.runFor(SETTLE_MS);
    progress(`settled, ${this.world.carried} messages`);
    this.#staying = this.world.nodes.filter((_, i) => i % (nodes / STAYING) < 1);
  }

  /** Common prefix by common prefix: how many contacts nodes have, the mean. */
  bucketSizes(): number[] {
    const tables = this.#staying.map(({ dht }) => dht.stats().buckets);
    const deepest = Math.max(...tables.map(({ length }) => length));
    const sizes = Array.from({ length: deepest }, (_, cpl) => mean(tables.map((t) => t[cpl] ?? 0)));
    return sizes.slice(0, sizes.findIndex((size) => size < 12));
  }

  /** Share of the contacts of those that stay that are gone. */
  deadShare(): number {
    const contacts = this.#staying.flatMap(({ dht }) => dht.contacts());
    const dead = contacts.filter((contact) => !this.world.isUp(contact.publicKey));
    return dead.length / contacts.length;
  }

  /** Has keys announced, a different one of those who stay for each. */
  publish(count: number): Uint8Array[] {
    const keys = Array.from({ length: count }, (_, i) => {
      const key = randomBytes(this.#random, 20);
      const node = this.#staying[i % STAYING];
      node?.held.add(toHex(key));
      this.world.at(this.world.now + i * PUBLISH_MS / count, () => {
        node?.dht.announce([key], this.world.now);
        node?.turn();
      });
      return key;
    });
    this.world.runFor(2 * PUBLISH_MS);
    this.#progress(`${count} keys announced`);
    return keys;
  }

  /** Of the records that nodes were asked to keep so far. */
  announces(): AnnounceCount {
    const stats = this.world.nodes.map(({ dht }) => dht.stats());
    return {
      kept: stats.reduce((sum, { providerRecords }) => sum + providerRecords, 0),
      refused: stats.reduce((sum, { recordsRefused }) => sum + recordsRefused, 0),
    };
  }

  /** Nodes come and go from now on, for `ms` before this returns. */
  churn(ms: number): void {
    if (this.#churn === undefined) {
      const stays = (node: LabNode) => this.#staying.includes(node);
      this.#churn = new Churn(this.world, this.#random, CHURN_SHARE, CHURN_PER_MS, stays);
      this.#churn.start();
    }
    this.world.runFor(ms);
    this.#progress(`${this.#churn.left} nodes came and went, ${this.world.carried} messages`);
  }

  /** Nodes vanish until that share of all contacts is dead. */
  kill(share: number): void {
    const leaving = this.#upNodes();
    for (const node of shuffle(this.#random, leaving)) {
      // Every hundredth or so, for it means looking at all tables.
      if (randomUnit(this.#random) < 0.01 + 10 / leaving.length && this.deadShare() >= share) break;
      node.isUp = false;
    }
    this.#progress(`${(100 * this.deadShare()).toFixed(1)} % of all contacts are dead`);
  }

  /** That share of all nodes, none of those who stay, name only one another from now on, and nobody
   * who has the bytes of anything. */
  corrupt(share: number): void {
    const others = shuffle(this.#random, this.#upNodes());
    const liars = others.slice(0, Math.round(share * (others.length + STAYING)));
    const contacts = liars.map(({ contact }) => contact);
    const told = new BoundedMap<string, Contact[]>(TOLD_MAX);
    const nearest = (key: Uint8Array): Contact[] => {
      const known = told.get(toHex(key));
      if (known !== undefined) return known;
      const target = new DataView(key.buffer, key.byteOffset).getUint32(0);
      const found = contacts.map((contact) => ({
        contact,
        distance: (contact.idPrefix ^ target) >>> 0,
      })).sort((a, b) => a.distance - b.distance).slice(0, 16).map(({ contact }) => contact);
      told.set(toHex(key), found);
      return found;
    };
    for (const liar of liars) {
      liar.tamper = (answer, key): Message => {
        if (answer.type === "NODES") return { ...answer, contacts: nearest(key) };
        if (answer.type !== "PROVIDERS") return answer;
        return { ...answer, contacts: nearest(key), providers: [], estimate: 0 };
      };
    }
    this.#progress(`${liars.length} nodes lie`);
  }

  /** Those that are up and do not stay. */
  #upNodes(): LabNode[] {
    const staying = new Set(this.#staying);
    return this.world.nodes.filter((node) => node.isUp && !staying.has(node));
  }

  /** @returns lookups for these keys, each from one of those who stay and do not provide it. */
  lookUp(keys: readonly Uint8Array[], wanted: number): LabLookup[] {
    const tasks = keys.map((key, i): LookupTask => {
      const node = this.#staying[(i + STAYING / 2) % STAYING];
      if (node === undefined) throw new RangeError("too few nodes");
      return { node, key };
    });
    return this.world.lookUp(tasks, GAP_MS, wanted);
  }

  lookUpNothing(count: number, wanted: number): LabLookup[] {
    return this.lookUp(Array.from({ length: count }, () => randomBytes(this.#random, 20)), wanted);
  }
}
