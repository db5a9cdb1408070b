import type { DhtPeer } from "../../src/dht/mod.ts";
import { type NodeId, randomBelow, type SeededRandom, toHex } from "../../src/lib/mod.ts";
import {
  type Contact,
  GET_PROVIDERS_ANNOUNCE,
  type Message,
  type MessageOfType,
  type ProviderRecord,
  PROVIDERS_MAX,
  readU32,
} from "../../src/wire/mod.ts";
import { nodeIdOf, peerOf } from "./places.ts";

/** Contacts of an answer. */
const CONTACTS = 16;
/** How many nodes store a record. */
const STORERS = 16;

/** What the product's nodes do with a record of a key that is not near them (dhtConfig()). */
const TOLERANCE_BITS = 2;
const PASSING_TTL_S = 600;
const PASSING_PER_KEY_MAX = 8;
const TTL_MIN_S = 60;

export interface ModelOptions {
  readonly nodes: number;
  /** How many contacts a node has in each bucket, from common prefix 0; the last goes on. Measured
   * in the network of real cores. */
  readonly bucketSizes: readonly number[];
  readonly deadShare: number;
  readonly liarShare: number;
}

interface ModelRecord {
  readonly storers: ReadonlySet<number>;
  readonly providers: readonly number[];
  /** What nodes have been told by those that announced themselves. */
  readonly told: Map<number, readonly ToldProvider[]>;
  /** Nodes that have the bytes themselves: `share` of all. */
  readonly holderShare: number;
}

interface ToldProvider {
  readonly index: number;
  readonly expires: number;
}

/** A network too large for a core for each node: arrays of what differs between nodes, and tables
 * that are drawn anew, always the same, when a node is asked. Answers as Serving does; who asks is
 * a real core. */
export class ModelNetwork {
  readonly #options: ModelOptions;
  readonly #salt: number;
  /** First 32 bits of the ids, in order: a node's number is its place here. */
  readonly #prefixes: Uint32Array;
  readonly #isDead: Uint8Array;
  /** Numbers of the liars, in order. */
  readonly #liars: Uint32Array;
  readonly #isLiar: Uint8Array;
  readonly #records = new Map<string, ModelRecord>();

  constructor(options: ModelOptions, random: SeededRandom) {
    const { nodes, deadShare, liarShare } = options;
    this.#options = options;
    this.#salt = random.u32();
    this.#prefixes = Uint32Array.from({ length: nodes }, () => random.u32()).sort();
    const draw = (share: number) =>
      Uint8Array.from({ length: nodes }, () => random.u32() < share * 2 ** 32 ? 1 : 0);
    this.#isDead = draw(deadShare);
    this.#isLiar = draw(liarShare);
    this.#liars = Uint32Array.from(
      Array.from(this.#prefixes.keys()).filter((i) => this.#isLiar[i] === 1),
    );
  }

  get size(): number {
    return this.#options.nodes;
  }

  isUp(index: number): boolean {
    return this.#isDead[index] !== 1;
  }

  nodeId(index: number): NodeId {
    return nodeIdOf(this.#prefixes[index] ?? 0, index);
  }

  /** A living, honest node. */
  anyUp(random: SeededRandom): DhtPeer {
    for (;;) {
      const index = randomBelow(random, this.size);
      if (this.isUp(index) && this.#isLiar[index] !== 1) return peerOf(index);
    }
  }

  /** The 16 nearest nodes have the record of `providers`, since before some of them died; liars
   * took it and do not tell it. */
  publish(key: Uint8Array, providers: readonly number[], holderShare = 0): void {
    const storers = new Set(this.#nearestOfAll(readU32(key, 0), STORERS, undefined));
    this.#records.set(toHex(key), { storers, providers, told: new Map(), holderShare });
  }

  /** The answer of a node that is up to another one's question; undefined if it has none. */
  answer(index: number, from: number, question: Message, now: number): Message | undefined {
    const { requestId } = question;
    switch (question.type) {
      case "PING":
        return {
          type: "PONG",
          requestId,
          seq: question.seq,
          recordSeq: 0,
          load: 0,
          observed: new Uint8Array(),
        };
      case "FIND_NODE":
        return { type: "NODES", requestId, contacts: this.#contacts(index, question.target) };
      case "GET_PROVIDERS": {
        const isListing = (question.flags & GET_PROVIDERS_ANNOUNCE) !== 0;
        const ttl = isListing ? this.#keep(index, from, question.key, question.ttl, now) : 0;
        return { ...this.#providers(index, from, question, now), ttl };
      }
      case "ANNOUNCE": {
        const { keys, ttl } = question;
        for (const key of keys) this.#keep(index, from, key, ttl, now);
        const stored = new Uint8Array(Math.ceil(keys.length / 8)).fill(255);
        return { type: "ANNOUNCED", requestId, ttl, stored };
      }
      default:
        return undefined;
    }
  }

  /** Enters a record as Serving does, but for limits by address, of which all here have their own.
   * @returns seconds it is kept. */
  #keep(index: number, from: number, key: Uint8Array, ttl: number, now: number): number {
    const record = this.#records.get(toHex(key));
    if (record === undefined || this.#isLiar[index] === 1) return ttl;
    const shared = Math.clz32(readU32(key, 0) ^ (this.#prefixes[index] ?? 0));
    const regionBits = Math.floor(Math.log2(this.size / STORERS));
    const bitsOutside = Math.max(0, regionBits - TOLERANCE_BITS - shared);
    const kept = bitsOutside > 0 ? Math.min(ttl, PASSING_TTL_S / 2 ** (bitsOutside - 1)) : ttl;
    const others = this.#toldTo(record, index, now).filter((one) => one.index !== from);
    if (bitsOutside > 0 && others.length >= PASSING_PER_KEY_MAX) return 0;
    const expires = now + 1000 * Math.max(kept, TTL_MIN_S);
    record.told.set(index, [...others, { index: from, expires }]);
    return kept;
  }

  #toldTo(record: ModelRecord, index: number, now: number): readonly ToldProvider[] {
    return (record.told.get(index) ?? []).filter(({ expires }) => expires > now);
  }

  #providers(
    index: number,
    from: number,
    { requestId, key }: MessageOfType<"GET_PROVIDERS">,
    now: number,
  ): MessageOfType<"PROVIDERS"> {
    const record = this.#isLiar[index] === 1 ? undefined : this.#records.get(toHex(key));
    const told = [
      ...(record?.storers.has(index) ? record.providers : []),
      ...(record === undefined ? [] : this.#toldTo(record, index, now).map((one) => one.index)),
    ].filter((one) => one !== from);
    const holds = record !== undefined && record.holderShare > 0 &&
      hash(index, readU32(key, 4), this.#salt) < record.holderShare * 2 ** 32;
    const all = [...(holds ? [index] : []), ...told];
    const providers = all.slice(-PROVIDERS_MAX).map(asProvider);
    return {
      type: "PROVIDERS",
      requestId,
      providers,
      estimate: all.length,
      contacts: this.#contacts(index, key),
      page: 0,
      ttl: 0,
    };
  }

  #contacts(index: number, target: Uint8Array): Contact[] {
    const wanted = readU32(target, 0);
    const found = this.#isLiar[index] === 1
      ? this.#nearestOfAll(wanted, CONTACTS, this.#liars)
      : this.#nearestInTable(index, wanted);
    return found.map((told) => {
      const { publicKey, address, idNonce } = peerOf(told);
      return { publicKey, address, idNonce, idPrefix: this.#prefixes[told] ?? 0 };
    });
  }

  /** Of all nodes, or of those whose numbers are given in order. */
  #nearestOfAll(target: number, count: number, among: Uint32Array | undefined): number[] {
    const length = among?.length ?? this.size;
    const at = (i: number) => among?.[i] ?? i;
    // Whoever shares the most bits with the target lies in one run of the order: it is widened
    // until it holds enough.
    for (let bits = 32; bits >= 0; bits--) {
      const [from, to] = this.#run(target, bits, length, at);
      if (to - from < count && bits > 0) continue;
      const run = Array.from({ length: to - from }, (_, i) => at(from + i));
      return run.sort((a, b) => this.#distance(a, target) - this.#distance(b, target))
        .slice(0, count);
    }
    return [];
  }

  #nearestInTable(index: number, target: number): number[] {
    const own = this.#prefixes[index] ?? 0;
    const shared = Math.min(Math.clz32(own ^ target), 31);
    const found: number[] = [];
    const take = (bucket: number): void => {
      const group = this.#bucket(index, own, bucket)
        .sort((a, b) => this.#distance(a, target) - this.#distance(b, target));
      found.push(...group.slice(0, CONTACTS - found.length));
    };
    take(shared);
    if (found.length < CONTACTS) {
      const [from, to] = this.#run(own, shared + 1, this.size, (i) => i);
      const deeper: number[] = [];
      if (to - from <= 64) { for (let i = from; i < to; i++) if (i !== index) deeper.push(i); }
      else for (let b = shared + 1; b < 32; b++) deeper.push(...this.#bucket(index, own, b));
      deeper.sort((a, b) => this.#distance(a, target) - this.#distance(b, target));
      found.push(...deeper.slice(0, CONTACTS - found.length));
    }
    for (let b = shared - 1; b >= 0 && found.length < CONTACTS; b--) take(b);
    return found;
  }

  /** The contacts of a node that share exactly `bucket` bits with it. */
  #bucket(index: number, own: number, bucket: number): number[] {
    const { bucketSizes } = this.#options;
    const size = Math.round(bucketSizes[Math.min(bucket, bucketSizes.length - 1)] ?? 0);
    const sibling = (own ^ (1 << (31 - bucket))) >>> 0;
    const [from, to] = this.#run(sibling, bucket + 1, this.size, (i) => i);
    const count = to - from;
    if (count <= size) return Array.from({ length: count }, (_, i) => from + i);
    const chosen = new Set<number>();
    for (let draw = 0; chosen.size < size; draw++) {
      chosen.add(from + hash(index, bucket << 16 | draw, this.#salt) % count);
    }
    return [...chosen];
  }

  /** Where those lie that share `bits` leading bits with `prefix`: from, and the end. */
  #run(prefix: number, bits: number, length: number, at: (i: number) => number): [number, number] {
    const span = 2 ** (32 - bits);
    const first = Math.floor(prefix / span) * span;
    return [this.#below(first, length, at), this.#below(first + span, length, at)];
  }

  /** How many lie below `prefix`. */
  #below(prefix: number, length: number, at: (i: number) => number): number {
    let low = 0, high = length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#prefixes[at(middle)] ?? 0) < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #distance(index: number, target: number): number {
    return ((this.#prefixes[index] ?? 0) ^ target) >>> 0;
  }
}

function asProvider(index: number): ProviderRecord {
  const { publicKey, address } = peerOf(index);
  return { publicKey, address, flags: 0, factor: 0, expiresAt: 2 ** 32 - 1 };
}

function hash(a: number, b: number, salt: number): number {
  let mixed = Math.imul(a ^ salt, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
