import {
  Dht,
  type DhtConfig,
  type DhtEffect,
  type DhtPeer,
  type DhtTarget,
} from "../../src/dht/mod.ts";
import { networkId } from "../../src/identity/mod.ts";
import { type Instant, type NodeId, type SeededRandom, toHex } from "../../src/lib/mod.ts";
import { type Contact, type Message, readU32 } from "../../src/wire/mod.ts";
import type { LookupWatch } from "./lookup_watch.ts";
import { indexOf, nodeIdOf, peerOf } from "./places.ts";

/** What the check of a claim costs, one at a time, ms (scrypt, measured on x86). */
const CHECK_MS = 3;
const NETWORK = networkId("dht lab");

/** What a node stands in. */
export interface Surroundings {
  readonly config: DhtConfig;
  readonly random: SeededRandom;
  readonly now: Instant;
  at(when: number, task: () => void): void;
  carry(from: LabNode, index: number, message: Message): void;
  nodeIdOf(index: number): NodeId | undefined;
}

/** Changes what a node answers about a key: for those that lie. */
export type Tamper = (answer: Message, key: Uint8Array) => Message;

/** One machine: the product's Dht core, and its place in the virtual network. */
export class LabNode {
  readonly world: Surroundings;
  readonly index: number;
  readonly peer: DhtPeer;
  readonly nodeId: NodeId;
  readonly dht: Dht;
  isUp = false;
  tamper: Tamper | undefined;
  /** Keys whose bytes it has, in hex. */
  readonly held = new Set<string>();
  /** The lookup that is being measured: one at a time. */
  watch: LookupWatch | undefined;
  #armed: Instant | undefined;
  /** When the core wants its time, as of its last turn. */
  #due: Instant | undefined;
  #checkerFreeAt = 0;
  #isTurning = false;

  constructor(world: Surroundings, index: number) {
    this.world = world;
    this.index = index;
    this.peer = peerOf(index);
    this.nodeId = nodeIdOf(world.random.u32(), index);
    const { publicKey, idNonce } = this.peer;
    this.dht = new Dht({
      self: { publicKey, nodeId: this.nodeId, idNonce, networkId: NETWORK },
      random: world.random.split(`node ${index}`),
      config: world.config,
      isHeld: (key) => this.held.size > 0 && this.held.has(toHex(key)),
    });
  }

  get contact(): Contact {
    const { publicKey, address, idNonce } = this.peer;
    return { publicKey, address, idNonce, idPrefix: readU32(this.nodeId, 0) };
  }

  start(seeds: readonly DhtTarget[]): void {
    this.isUp = true;
    const { now } = this.world;
    this.dht.handleInput({ kind: "wall_clock", unixMs: now }, now);
    this.dht.join(seeds, [], now);
    this.turn();
  }

  receive(from: DhtPeer, message: Message): void {
    if (!this.isUp) return;
    this.watch?.noteAnswer(indexOf(from.publicKey), message);
    const { tamper } = this;
    this.dht.handleInput({ kind: "message", from, message }, this.world.now);
    if (tamper === undefined) return this.turn();
    const key = "key" in message ? message.key : "target" in message ? message.target : undefined;
    this.turn(key === undefined ? undefined : (answer) => tamper(answer, key));
  }

  /** Carries out what the core asks for, and arms its timer. @param lie changes its answers. */
  turn(lie?: (answer: Message) => Message): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    for (let effect = this.dht.pollEffect(); effect !== undefined; effect = this.dht.pollEffect()) {
      this.#perform(effect, lie);
    }
    this.#isTurning = false;
    this.#due = this.dht.nextTimeout();
    this.#arm();
  }

  #arm(): void {
    const due = this.#due;
    if (due === undefined || (this.#armed !== undefined && this.#armed <= due)) return;
    this.#armed = due;
    this.world.at(Math.ceil(due), this.#wake);
  }

  readonly #wake = (): void => {
    if (this.#armed === undefined || this.#armed > this.world.now) return; // armed anew meanwhile
    this.#armed = undefined;
    if (!this.isUp) return;
    // What was awaited has mostly come: then only the timer is armed anew, and the core, which lies
    // far apart in memory, is not looked into.
    if (this.#due === undefined || this.#due > this.world.now) return this.#arm();
    this.dht.handleTimeout(this.world.now);
    this.turn();
  };

  #perform(effect: DhtEffect, lie: ((answer: Message) => Message) | undefined): void {
    const { world } = this;
    switch (effect.kind) {
      case "send": {
        const to = indexOf(effect.to.publicKey);
        this.watch?.noteQuestion(to, effect.message);
        world.carry(this, to, effect.message);
        break;
      }
      case "reply": {
        const answer = lie === undefined ? effect.message : lie(effect.message);
        world.carry(this, indexOf(effect.to.publicKey), answer);
        break;
      }
      case "verify_work": {
        const { publicKey, idNonce } = effect;
        this.#checkerFreeAt = Math.max(this.#checkerFreeAt, world.now) + CHECK_MS;
        world.at(this.#checkerFreeAt, () => {
          if (!this.isUp) return;
          const nodeId = world.nodeIdOf(indexOf(publicKey));
          this.dht.handleInput({ kind: "work_verified", publicKey, idNonce, nodeId }, world.now);
          this.turn();
        });
        break;
      }
      case "providers_found":
        this.watch?.noteFound(world.now, effect.providers);
        break;
      case "lookup_finished":
        this.watch?.finish(effect.outcome, world.now);
        break;
    }
  }
}
