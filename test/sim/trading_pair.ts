import { randomBelow, SeededRandom } from "../../src/lib/mod.ts";
import type { LedgerRow } from "../../src/ports/mod.ts";
import type { ConnectionHandle } from "../../src/transport/mod.ts";
import { keyOf } from "../support/market_parts.ts";
import type { DiskKind } from "./slow_ledger_disk.ts";
import { TradingNode } from "./trading_node.ts";
import { VirtualClock } from "./virtual_clock.ts";

const PATH_MS = 50;
/** Effects that a machine lives for at most once its end is decided: some 100 slices, so a window
 * at one of the smaller lines. */
const LIFE_EFFECTS = 400;
const RESTART_MS = 4_000;
const NOTICE_MS = 6_000;
/** Of what a dead machine has sent, what still arrives. */
const ARRIVES = 0.7;
const RANKS = [1, 2, 4, 12];

export interface Drift {
  /** |A's view + B's view| of what one sells the other, the greatest seen. */
  oneWayBytes: bigint;
  oneWayCb: bigint;
  /** The same of both trades together, each of which has a window of its own. */
  bytes: bigint;
  /** The most that a host has asked for places beyond what its client says to owe. */
  unaskedCb: bigint;
}

/** Two machines that buy from each other, each of which dies again and again. */
export class TradingPair {
  readonly world = new VirtualClock();
  readonly #random: SeededRandom;
  readonly nodes: readonly [TradingNode, TradingNode];
  readonly drift: Drift = { oneWayBytes: 0n, oneWayCb: 0n, bytes: 0n, unaskedCb: 0n };
  crashes = 0;
  #connections = 0;
  #isCalm = false;

  constructor(seed: number, disk: DiskKind) {
    this.#random = new SeededRandom(seed);
    const [a, b] = [keyOf(2 * seed), keyOf(2 * seed + 1)];
    const of = (key: typeof a, peerKey: typeof a) =>
      new TradingNode({
        key,
        peerKey,
        world: this.world,
        random: this.#random,
        rank: RANKS[seed % RANKS.length] ?? 1,
        disk,
        carry: (from, deliver) => this.#carry(from, deliver),
      });
    this.nodes = [of(a, b), of(b, a)];
  }

  async start(): Promise<void> {
    for (const node of this.nodes) await node.start();
    this.#connect();
    this.#doom();
  }

  /** Plays until so many machines have died. */
  async play(crashes: number): Promise<void> {
    while (this.crashes < crashes) await this.#step();
  }

  /** Nobody dies by chance any more. */
  calm(): void {
    this.#isCalm = true;
    for (const node of this.nodes) node.light(Infinity);
  }

  /** Plays until it is so, for ten minutes at most. @returns whether it came to be so. */
  async playUntil(isSo: () => boolean): Promise<boolean> {
    const until = this.world.now() + 600_000;
    while (!isSo() && this.world.now() < until) await this.#step();
    return isSo();
  }

  /** This machine dies, and comes back with a copy of its disk that was made earlier. */
  putBack(node: TradingNode, copy: ReadonlyMap<string, LedgerRow>): void {
    this.#bury(node);
    node.disk.rows.clear();
    for (const [key, row] of copy) node.disk.rows.set(key, row);
  }

  /** Nobody dies any more: they trade for a while, then what is on its way arrives and is signed.
   */
  async tradeInPeace(): Promise<void> {
    this.calm();
    await this.#playFor(15_000);
    for (const node of this.nodes) node.isTrading = false;
    await this.#playFor(10_000);
  }

  /** A's view + B's view of both directions, now. */
  get views(): { readonly bytes: readonly bigint[]; readonly cb: readonly bigint[] } {
    const [a, b] = [this.nodes[0].state, this.nodes[1].state];
    return {
      bytes: [a.sold.bytes - b.bought.bytes, b.sold.bytes - a.bought.bytes],
      cb: [a.sold.cb - b.bought.cb, b.sold.cb - a.bought.cb],
    };
  }

  /** What each says to owe for places, less what the other asks for them. */
  get placesOwed(): readonly bigint[] {
    const [a, b] = [this.nodes[0].state, this.nodes[1].state];
    return [a.placedCb - b.hostedCb, b.placedCb - a.hostedCb];
  }

  get windowMax(): bigint {
    const [a, b] = this.nodes;
    return a.windowMax > b.windowMax ? a.windowMax : b.windowMax;
  }

  async #playFor(ms: number): Promise<void> {
    const until = this.world.now() + ms;
    while (this.world.now() < until) await this.#step();
  }

  async #step(): Promise<void> {
    this.world.step();
    await this.world.settle();
    for (const node of this.nodes) if (node.isAlive && node.isDoomed) this.#bury(node);
    this.#measure();
  }

  #measure(): void {
    const { bytes, cb } = this.views;
    this.drift.bytes = max(this.drift.bytes, abs(total(bytes)));
    for (const one of bytes) this.drift.oneWayBytes = max(this.drift.oneWayBytes, abs(one));
    for (const one of cb) this.drift.oneWayCb = max(this.drift.oneWayCb, abs(one));
    for (const one of this.placesOwed) this.drift.unaskedCb = max(this.drift.unaskedCb, -one);
  }

  #carry(from: TradingNode, deliver: (to: TradingNode) => void): void {
    const to = from === this.nodes[0] ? this.nodes[1] : this.nodes[0];
    const { connection } = from;
    this.world.schedule(5 + randomBelow(this.#random, PATH_MS), () => {
      if (to.connection !== connection || !to.isAlive) return;
      if (from.connection !== connection && randomBelow(this.#random, 1000) >= 1000 * ARRIVES) {
        return;
      }
      deliver(to);
    });
  }

  /** Which machine is to die, and when. */
  #doom(): void {
    if (this.#isCalm) return;
    this.nodes[randomBelow(this.#random, 2)]?.light(1 + randomBelow(this.#random, LIFE_EFFECTS));
  }

  #bury(node: TradingNode): void {
    this.crashes++;
    node.die();
    const peer = node === this.nodes[0] ? this.nodes[1] : this.nodes[0];
    const { connection } = peer;
    this.world.schedule(randomBelow(this.#random, NOTICE_MS), () => {
      if (peer.connection === connection) peer.disconnect();
    });
    this.world.schedule(10 + randomBelow(this.#random, RESTART_MS), () => {
      void node.start().then(() => this.#connect());
    });
    // The other may die as well before this one is back.
    this.#doom();
  }

  #connect(): void {
    if (!this.nodes.every(({ isAlive }) => isAlive)) return;
    const connection = ++this.#connections as ConnectionHandle;
    for (const node of this.nodes) node.connect(connection);
    if (!this.nodes.some(({ isDoomed }) => isDoomed)) this.#doom();
  }
}

const abs = (value: bigint): bigint => value < 0n ? -value : value;
const max = (a: bigint, b: bigint): bigint => a > b ? a : b;
const total = (values: readonly bigint[]): bigint => values.reduce((sum, one) => sum + one, 0n);
