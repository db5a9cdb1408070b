import {
  type AnnounceOutcome,
  AnnouncePlan,
  compareDistance,
  Dht,
  type DhtConfig,
  dhtConfig,
  type DhtEffect,
  type DhtTarget,
  type FoundProvider,
  type KnownNode,
  type LookupOutcome,
  type PutOutcome,
} from "../../src/dht/mod.ts";
import {
  type Address,
  formatAddress,
  type Instant,
  ipFromBytes,
  type NodeId,
  type PublicKey,
  SeededRandom,
  toHex,
} from "../../src/lib/mod.ts";
import type { Verified } from "../../src/records/mod.ts";
import { decodeMessage, encodeMessage, isDrop, type Message } from "../../src/wire/mod.ts";
import { mintIdentity, nodeIdOfClaim } from "./minted_identity.ts";
import { NETWORK } from "./record_fixture.ts";

export interface BusOptions {
  readonly seed: number;
  /** Of all transmissions; the session sends a lost one again after its PTO, as the transport does
   * with MSG frames, so a message is late rather than lost. Default 0. */
  readonly lossRatio?: number;
  /** One way, least and most, ms. Default 5 … 45. */
  readonly delayMs?: readonly [number, number];
  /** What the check of a claim takes, ms. Default 3. */
  readonly checkMs?: number;
  readonly config?: DhtConfig;
}

/** Called with every message that leaves a node; a returned message goes out instead, null drops
 * it. For liars and for counting. */
export type Tamper = (message: Message, to: BusNode | undefined, now: Instant) => Message | null;

export class BusNode {
  readonly bus: DhtBus;
  readonly name: string;
  readonly identity: { publicKey: PublicKey; idNonce: bigint; nodeId: NodeId };
  readonly address: Address;
  dht: Dht;
  readonly plan: AnnouncePlan;
  readonly held = new Set<string>();
  isUp = true;
  /** The nonce it shows in sessions, if not its true one. */
  shownNonce: bigint | undefined;
  tamper: Tamper | undefined;
  /** Called with every effect, before it is performed. */
  onEffect: ((effect: DhtEffect) => void) | undefined;
  readonly effects: DhtEffect[] = [];
  readonly outcomes = new Map<number, LookupOutcome>();
  readonly providers = new Map<number, FoundProvider[]>();
  readonly announced = new Map<number, AnnounceOutcome>();
  readonly found = new Map<number, Extract<DhtEffect, { kind: "record_finished" }>>();
  readonly put = new Map<number, PutOutcome>();
  sent = 0;
  #armed: Instant | undefined;
  readonly #taskOf = new Map<number, number>();

  constructor(bus: DhtBus, name: string, identity: BusNode["identity"], address: Address) {
    this.bus = bus;
    this.name = name;
    this.identity = identity;
    this.address = address;
    this.dht = this.#freshDht();
    this.plan = new AnnouncePlan(bus.random.split(`plan ${name}`));
  }

  get target(): DhtTarget {
    return { publicKey: this.identity.publicKey, address: this.address };
  }

  /** Begins anew with empty tables. */
  restart(): void {
    this.dht = this.#freshDht();
    this.isUp = true;
  }

  join(...seeds: BusNode[]): void {
    this.dht.handleInput({ kind: "wall_clock", unixMs: WALL_MS + this.bus.now }, this.bus.now);
    this.dht.join(seeds.map((seed) => seed.target), [], this.bus.now);
    this.turn();
  }

  /** Publishes: holds the key and has it announced. */
  publish(...keys: Uint8Array[]): void {
    for (const key of keys) {
      this.held.add(toHex(key));
      this.plan.add(key, this.bus.now, { isUrgent: keys.length === 1 });
    }
    this.turn();
  }

  /** Puts a record and runs the bus until that is over. */
  putRecord(record: Verified, cas?: bigint): PutOutcome {
    const id = this.dht.putRecord(record, this.bus.now, cas) as number;
    this.turn();
    this.bus.runUntil(() => this.put.has(id), 60_000);
    const outcome = this.put.get(id);
    if (outcome === undefined) throw new Error("the put never ended");
    return outcome;
  }

  /** Looks a record up and runs the bus until that is over. */
  findRecord(key: Uint8Array, known?: Verified): Extract<DhtEffect, { kind: "record_finished" }> {
    const id = this.dht.findRecord(key, this.bus.now, { known }) as number;
    this.turn();
    this.bus.runUntil(() => this.found.has(id), 60_000);
    const found = this.found.get(id);
    if (found === undefined) throw new Error("the lookup never ended");
    return found;
  }

  /** Takes effects, plans announces and arms the timer, as the shell does after each input. */
  turn(): void {
    if (!this.isUp) return;
    for (;;) {
      const effect = this.dht.pollEffect();
      if (effect === undefined) break;
      this.#perform(effect);
    }
    const task = this.plan.next(this.bus.now);
    if (task !== undefined) {
      const id = this.dht.announce(task.keys, this.bus.now, { flags: task.flags });
      if (id === undefined) this.plan.handleOutcome(task.id, undefined, this.bus.now);
      else this.#taskOf.set(id, task.id);
      this.turn();
      return;
    }
    this.#arm();
  }

  receive(from: BusNode, message: Message): void {
    const { publicKey, idNonce } = from.identity;
    const peer = { publicKey, address: from.address, idNonce: from.shownNonce ?? idNonce, rank: 0 };
    this.dht.handleInput({ kind: "message", from: peer, message }, this.bus.now);
    this.turn();
  }

  #perform(effect: DhtEffect): void {
    const { bus } = this;
    this.effects.push(effect);
    this.onEffect?.(effect);
    if (this.effects.length > 10_000) this.effects.splice(0, 5000);
    switch (effect.kind) {
      case "send":
      case "reply":
        return bus.carry(this, effect.to, effect.message);
      case "verify_work":
        return bus.later(bus.options.checkMs ?? 3, () => {
          const { publicKey, idNonce } = effect;
          const nodeId = nodeIdOfClaim(publicKey, idNonce);
          this.dht.handleInput({ kind: "work_verified", publicKey, idNonce, nodeId }, bus.now);
          this.turn();
        });
      case "contact_added":
        return this.plan.handleContact(effect.contact.nodeId, bus.now);
      case "contact_removed":
        return this.plan.handleLoss(effect.contact.nodeId);
      case "providers_found":
        this.providers.set(effect.lookupId, [
          ...this.providers.get(effect.lookupId) ?? [],
          ...effect.providers,
        ]);
        return;
      case "lookup_finished":
        this.outcomes.set(effect.lookupId, effect.outcome);
        return;
      case "record_finished":
        this.found.set(effect.lookupId, effect);
        return;
      case "put_finished":
        this.put.set(effect.putId, effect.outcome);
        return;
      case "announce_finished": {
        this.announced.set(effect.announceId, effect.outcome);
        const task = this.#taskOf.get(effect.announceId);
        if (task !== undefined) this.plan.handleOutcome(task, effect.outcome, bus.now);
        return;
      }
    }
  }

  #arm(): void {
    const due = [this.dht.nextTimeout(), this.plan.nextTimeout()]
      .filter((at) => at !== undefined).sort((a, b) => a - b)[0];
    if (due === undefined || (this.#armed !== undefined && this.#armed <= due)) return;
    this.#armed = due;
    this.bus.later(due - this.bus.now, () => {
      this.#armed = undefined;
      if (!this.isUp) return;
      this.dht.handleTimeout(this.bus.now);
      this.turn();
    });
  }

  #freshDht(): Dht {
    const { random, options } = this.bus;
    return new Dht({
      self: { ...this.identity, networkId: NETWORK },
      random: random.split(`${this.name} ${this.bus.now}`),
      config: options.config ?? dhtConfig(false),
      isHeld: (key) => this.held.has(toHex(key)),
    });
  }
}

const TRANSMISSIONS_MAX = 6;

/** 2026-01-01, to tell wall clock times from monotonic ones. */
export const WALL_MS = 1_767_225_600_000;

/** Real Dht cores over a virtual message bus: delay, loss and dead nodes; one seed, one trace. Time
 * jumps from event to event. Messages cross as bytes. */
export class DhtBus {
  readonly options: BusOptions;
  readonly random: SeededRandom;
  readonly nodes: BusNode[] = [];
  now = 1000 as Instant;
  carried = 0;
  /** A line per message, for golden transcripts; undefined = not kept. */
  onMessage: ((from: BusNode, to: BusNode | undefined, message: Message) => void) | undefined;
  readonly #byAddress = new Map<string, BusNode>();
  readonly #heap: { at: number; order: number; run: () => void }[] = [];
  readonly #dice: SeededRandom;
  #order = 0;

  constructor(options: BusOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.#dice = this.random.split("bus");
  }

  /** @param ip default: a global address in a /24 of its own. */
  add(options: { ip?: string; port?: number; identity?: BusNode["identity"] } = {}): BusNode {
    const index = this.nodes.length;
    const ip = options.ip ?? ipFromBytes(Uint8Array.of(80 + (index >> 8), index & 255, 1, 7));
    const identity = options.identity ?? mintIdentity(this.random.split(`identity ${index}`));
    const address = { ip, port: options.port ?? 4001 };
    const node = new BusNode(this, `n${index}`, identity, address);
    this.nodes.push(node);
    this.#byAddress.set(formatAddress(address), node);
    return node;
  }

  /** `count` nodes; each joins by a random earlier one, `gapMs` apart. */
  grow(count: number, gapMs = 50): void {
    for (let i = 0; i < count; i++) {
      const seed = this.nodes[this.#dice.u32() % Math.max(this.nodes.length, 1)];
      const node = this.add();
      if (seed === undefined) node.join();
      else node.join(seed);
      this.run(gapMs);
    }
  }

  node(index: number): BusNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }

  find(target: DhtTarget): BusNode | undefined {
    const node = this.#byAddress.get(formatAddress(target.address));
    // A session is for a key: whoever else sits at the address cannot answer.
    return node !== undefined && toHex(node.identity.publicKey) === toHex(target.publicKey)
      ? node
      : undefined;
  }

  carry(from: BusNode, target: DhtTarget, original: Message): void {
    const to = this.find(target);
    const message = from.tamper === undefined ? original : from.tamper(original, to, this.now);
    if (message === null) return;
    this.carried++;
    from.sent++;
    this.onMessage?.(from, to, message);
    const bytes = encodeMessage(message);
    if (to === undefined) return;
    const [least, most] = this.options.delayMs ?? [5, 45];
    const recovery = this.#recoveryMs(3 * most);
    if (recovery === undefined) return;
    this.later(recovery + least + (most - least) * this.#dice.u32() / 2 ** 32, () => {
      const decoded = decodeMessage(bytes);
      if (isDrop(decoded)) throw new Error(`a node's own message was dropped: ${decoded.drop}`);
      if (to.isUp) to.receive(from, decoded);
    });
  }

  /** How long the session needs to get one message through; undefined = it gives up. */
  #recoveryMs(ptoMs: number): number | undefined {
    let total = 0;
    for (let attempt = 0; attempt < TRANSMISSIONS_MAX; attempt++) {
      if (this.#dice.u32() / 2 ** 32 >= (this.options.lossRatio ?? 0)) return total;
      total += ptoMs * 2 ** attempt;
    }
    return undefined;
  }

  later(ms: number, run: () => void): void {
    this.#push({ at: this.now + Math.max(ms, 0), order: this.#order++, run });
  }

  /** Lets `ms` of virtual time pass. */
  run(ms: number): void {
    this.runUntil(() => false, ms);
  }

  /** Runs until `isDone`, for at most `ms`. @returns whether it came to be. */
  runUntil(isDone: () => boolean, ms: number): boolean {
    const end = this.now + ms;
    for (;;) {
      if (isDone()) return true;
      const next = this.#heap[0];
      if (next === undefined || next.at > end) break;
      this.#pop();
      this.now = next.at as Instant;
      next.run();
    }
    this.now = end as Instant;
    return isDone();
  }

  /** Ids of the live nodes nearest to a target, by brute force: the dullest right code. */
  closest(target: Uint8Array, count: number, except?: BusNode): string[] {
    return this.nodes.filter((node) => node.isUp && node !== except)
      .map((node) => node.identity.nodeId)
      .sort((a, b) => compareDistance(target, a, b))
      .slice(0, count)
      .map((id) => toHex(id));
  }

  #push(event: { at: number; order: number; run: () => void }): void {
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(heap[i], heap[parent])) break;
      [heap[i], heap[parent]] = [heap[parent] as typeof event, heap[i] as typeof event];
      i = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let i = 0;;) {
      const left = 2 * i + 1;
      let least = i;
      if (isBefore(heap[left], heap[least])) least = left;
      if (isBefore(heap[left + 1], heap[least])) least = left + 1;
      if (least === i) return;
      [heap[i], heap[least]] = [heap[least] as typeof last, heap[i] as typeof last];
      i = least;
    }
  }
}

type Timed = { at: number; order: number } | undefined;

function isBefore(a: Timed, b: Timed): boolean {
  if (a === undefined || b === undefined) return false;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Ids of the nodes in a result, as hex. */
export function idsOf(nodes: readonly KnownNode[]): string[] {
  return nodes.map((node) => toHex(node.nodeId));
}
