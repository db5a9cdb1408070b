import { type Address, type Instant, type NodeId, type Random, randomBelow } from "../lib/mod.ts";
import { commonPrefixLength, ID_BITS, prefixNumber } from "../lib/mod.ts";
import { type AddressPolicy, isCounted } from "./address_policy.ts";
import { prefix32 } from "./distance.ts";
import { FAILURES_QUESTIONABLE, KBucket, type TableContact } from "./k_bucket.ts";
import { Nearest } from "./nearest.ts";

export interface RoutingTableConfig extends AddressPolicy {
  /** Sizes of the first buckets (common prefix 0, 1, …); the rest hold `k` (protocol.md §3.4). */
  readonly firstBuckets: readonly number[];
  readonly k: number;
  /** Replacement cache of one bucket. */
  readonly benchMax: number;
  /** Contacts of one IP in one bucket. */
  readonly perIpInBucketMax: number;
  /** Contacts of one /24 (/48) in one bucket, and in the whole table. */
  readonly perPrefixInBucketMax: number;
  readonly perPrefixInTableMax: number;
  /** A contact goes after this many unanswered requests in a row even without a replacement. */
  readonly failuresMax: number;
}

/** What became of a node that was offered. */
export type Admission = "added" | "present" | "benched" | "refused";

/** An address with its prefix. */
type Place = Pick<TableContact, "address" | "prefix">;

/** A replaced contact has to be slower than the newcomer by this factor: no flapping. */
const RTT_GAIN = 0.8;

/** The nodes we know, in one bucket per length of the prefix they share with us. Holds only nodes
 * that answered us and whose work is verified: the caller sees to that. Limits per address prefix
 * make a table full of one attacker's nodes need many networks (protocol.md §3.4, §3.5). */
export class RoutingTable {
  readonly self: NodeId;
  readonly #selfPrefix: number;
  readonly #config: RoutingTableConfig;
  /** By common prefix length; made when the first node comes. */
  readonly #buckets: KBucket[] = [];
  readonly #byKey = new Map<string, TableContact>();
  /** Those that left our last question unanswered. */
  readonly #doubtful = new Set<TableContact>();
  #deepest = -1;
  readonly #refreshedAt: (Instant | undefined)[] = [];

  constructor(self: NodeId, config: RoutingTableConfig) {
    this.self = self;
    this.#selfPrefix = prefix32(self);
    this.#config = config;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** How many left our last question unanswered. */
  get doubtful(): number {
    return this.#doubtful.size;
  }

  get(key: string): TableContact | undefined {
    return this.#byKey.get(key);
  }

  /** The node that others tell of, if it is here under the place they tell. Costs no text of its
   * key: a lookup asks this of hundreds, and finds few. */
  find(publicKey: Uint8Array, idPrefix: number): TableContact | undefined {
    const cpl = Math.clz32(this.#selfPrefix ^ idPrefix);
    // Whoever shares all of a prefix with us lies in any of the deep buckets.
    const deepest = cpl < 32 ? Math.min(cpl, this.#deepest) : this.#deepest;
    for (let i = cpl; i <= deepest; i++) {
      const found = this.#bucket(i).find(publicKey, idPrefix);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  contacts(): IterableIterator<TableContact> {
    return this.#byKey.values();
  }

  /** Whether a node with this prefix at this address could come in, be it on the bench: asked
   * before its work is checked, so that no check is wasted. */
  hasUseFor(nodeIdOrPrefix: Uint8Array, address: Address): boolean {
    const cpl = commonPrefixLength(this.self, nodeIdOrPrefix);
    if (cpl === ID_BITS) return false;
    const bucket = this.#bucket(cpl);
    if (bucket.isFull && bucket.bench.length >= this.#config.benchMax) return false;
    return this.#limitsAllow(bucket, { address, prefix: prefixNumber(address.ip) }, undefined);
  }

  /** Offers a node that has just answered us; if it is here under another id, `remove` that. */
  offer(contact: TableContact): Admission {
    const known = this.#byKey.get(contact.key);
    const cpl = commonPrefixLength(this.self, contact.nodeId);
    if (cpl === ID_BITS) return "refused";
    const bucket = this.#bucket(cpl);
    if (known !== undefined) return this.#update(known, contact);
    if (!this.#limitsAllow(bucket, contact, undefined)) return "refused";
    if (bucket.isFull) {
      const slower = this.#slowerTwin(bucket, cpl, contact);
      if (slower === undefined) {
        bucket.sit(contact);
        return "benched";
      }
      this.#drop(bucket, slower);
      bucket.sit(slower);
    }
    this.#enter(bucket, contact);
    return "added";
  }

  /** Notes an answer of a node that is in the table, from where it was known to be. */
  touch(contact: TableContact, now: Instant, rttMs: number | undefined): void {
    contact.lastSeen = now;
    contact.failures = 0;
    contact.rttMs = rttMs ?? contact.rttMs;
    this.#doubtful.delete(contact);
    this.#bucketOf(contact).touch(contact);
  }

  /** Notes a request that a node left unanswered. @returns the node that was removed, and the one
   * that took its place. */
  fail(key: string): { removed?: TableContact; added?: TableContact } {
    const contact = this.#byKey.get(key);
    if (contact === undefined) return {};
    contact.failures++;
    this.#doubtful.add(contact);
    if (contact.failures < FAILURES_QUESTIONABLE) return {};
    const bucket = this.#bucketOf(contact);
    // Who was benched under an id that it had before may be here under another.
    const fits = (other: TableContact) =>
      !this.#byKey.has(other.key) && this.#limitsAllow(bucket, other, contact);
    const added = bucket.call(fits);
    if (added === undefined && contact.failures < this.#config.failuresMax) return {};
    this.#drop(bucket, contact);
    if (added === undefined) return { removed: contact };
    this.#enter(bucket, added);
    return { removed: contact, added };
  }

  /** Removes a node at once, from the bench too (it lied). @returns it, if it was in the table. */
  remove(key: string, nodeId: Uint8Array | undefined): TableContact | undefined {
    const contact = this.#byKey.get(key);
    const id = contact?.nodeId ?? nodeId;
    if (id === undefined) return undefined;
    const cpl = commonPrefixLength(this.self, id);
    if (cpl === ID_BITS) return undefined;
    this.#bucket(cpl).leave(key);
    if (contact !== undefined) this.#drop(this.#bucket(cpl), contact);
    return contact;
  }

  /** The `count` nodes nearest to `target`, nearest first. @param suits leaves others out. */
  closest(
    target: Uint8Array,
    count: number,
    suits: (contact: TableContact) => boolean = () => true,
  ): TableContact[] {
    const nearest = new Nearest(target, count, suits);
    const cpl = Math.min(commonPrefixLength(this.self, target), ID_BITS - 1);
    // Every node of bucket `cpl` is nearer than every node of the buckets beyond it, those are
    // nearer than bucket cpl - 1, and so on: whole groups may be skipped once there are enough.
    if (cpl <= this.#deepest) nearest.take(this.#bucket(cpl));
    if (!nearest.isFull) {
      for (let i = cpl + 1; i <= this.#deepest; i++) nearest.take(this.#bucket(i));
    }
    for (let i = Math.min(cpl - 1, this.#deepest); i >= 0 && !nearest.isFull; i--) {
      nearest.take(this.#bucket(i));
    }
    return nearest.found;
  }

  /** A random node of a random bucket that has any. */
  pick(random: Random): TableContact | undefined {
    if (this.size === 0) return undefined;
    for (;;) { // ends: the deepest bucket is never empty
      const { contacts } = this.#bucket(randomBelow(random, this.#deepest + 1));
      if (contacts.length > 0) return contacts[randomBelow(random, contacts.length)];
    }
  }

  /** A random node that left our last question unanswered. */
  pickDoubtful(random: Random): TableContact | undefined {
    if (this.#doubtful.size === 0) return undefined;
    return [...this.#doubtful][randomBelow(random, this.#doubtful.size)];
  }

  /** Notes that a lookup has passed through the bucket of `target`. */
  markRefreshed(target: Uint8Array, now: Instant): void {
    this.#refreshedAt[Math.min(commonPrefixLength(this.self, target), ID_BITS - 1)] = now;
  }

  /** The buckets with room that no lookup passed through since `since`, widest first, up to the
   * deepest one that holds a node: what lies beyond is covered by the lookup of our own id. A full
   * bucket has nothing to gain from a lookup: pings tell who in it is gone. */
  idleBuckets(since: Instant): number[] {
    const idle: number[] = [];
    for (let cpl = 0; cpl <= this.#deepest; cpl++) {
      const at = this.#refreshedAt[cpl];
      const isIdle = at === undefined || at < since;
      if (isIdle && !this.#bucket(cpl).isFull) idle.push(cpl);
    }
    return idle;
  }

  /** Sizes of the buckets, from common prefix 0 to the deepest that holds a node. */
  bucketSizes(): number[] {
    return Array.from({ length: this.#deepest + 1 }, (_, cpl) => this.#bucket(cpl).contacts.length);
  }

  #bucket(cpl: number): KBucket {
    const { firstBuckets, k, benchMax } = this.#config;
    for (let next = this.#buckets.length; next <= cpl; next++) {
      this.#buckets.push(new KBucket(firstBuckets[next] ?? k, benchMax));
    }
    return this.#buckets[cpl] as KBucket;
  }

  #bucketOf(contact: TableContact): KBucket {
    return this.#bucket(commonPrefixLength(this.self, contact.nodeId));
  }

  #update(known: TableContact, news: TableContact): Admission {
    const isElsewhere = known.address.ip !== news.address.ip;
    if (isElsewhere && !this.#limitsAllow(this.#bucketOf(known), news, known)) return "refused";
    const isMoved = isElsewhere || known.address.port !== news.address.port;
    const contact = isMoved ? this.#move(known, news) : known;
    this.touch(contact, news.lastSeen, news.rttMs);
    return "present";
  }

  /** What others are told of a node does not change: one that has moved becomes another object. */
  #move(known: TableContact, { address, prefix }: Place): TableContact {
    const moved = { ...known, address, prefix };
    this.#bucketOf(known).replace(known, moved);
    this.#doubtful.delete(known);
    this.#byKey.set(known.key, moved);
    return moved;
  }

  #enter(bucket: KBucket, contact: TableContact): void {
    bucket.leave(contact.key);
    bucket.add(contact);
    if (contact.failures > 0) this.#doubtful.add(contact); // back from the bench
    this.#byKey.set(contact.key, contact);
    this.#deepest = Math.max(this.#deepest, commonPrefixLength(this.self, contact.nodeId));
  }

  #drop(bucket: KBucket, contact: TableContact): void {
    if (!bucket.remove(contact)) return;
    this.#byKey.delete(contact.key);
    this.#doubtful.delete(contact);
    while (this.#deepest >= 0 && this.#bucket(this.#deepest).isEmpty) this.#deepest--;
  }

  /** Whether the limits by address leave room in the bucket, as if `leaving` were gone. */
  #limitsAllow(bucket: KBucket, place: Place, leaving: TableContact | undefined): boolean {
    const { address, prefix } = place;
    if (!isCounted(address, this.#config)) return true;
    let inTable = this.#countOf(prefix);
    if (leaving?.prefix === prefix) inTable--;
    if (inTable >= this.#config.perPrefixInTableMax) return false;
    if (inTable === 0) return true;
    let sameIp = 0, samePrefix = 0;
    for (const contact of bucket.contacts) {
      if (contact === leaving || contact.prefix !== prefix) continue;
      samePrefix++;
      if (contact.address.ip === address.ip) sameIp++;
    }
    return sameIp < this.#config.perIpInBucketMax &&
      samePrefix < this.#config.perPrefixInBucketMax;
  }

  #countOf(prefix: number): number {
    let count = 0;
    for (const { prefixes } of this.#buckets) {
      for (const other of prefixes) if (other === prefix) count++;
    }
    return count;
  }

  /** In a full bucket, the slowest contact of the newcomer's slot (the next log2(capacity) bits of
   * the id) that is clearly slower than it: libtorrent's rule, which keeps ids spread. */
  #slowerTwin(bucket: KBucket, cpl: number, newcomer: TableContact): TableContact | undefined {
    const { rttMs } = newcomer;
    if (rttMs === undefined) return undefined;
    const slotBits = Math.floor(Math.log2(bucket.capacity));
    let slowest: TableContact | undefined;
    let slowestMs = rttMs / RTT_GAIN;
    for (const contact of bucket.contacts) {
      const shared = commonPrefixLength(contact.nodeId, newcomer.nodeId);
      if (shared < cpl + 1 + slotBits || (contact.rttMs ?? 0) <= slowestMs) continue;
      slowest = contact;
      slowestMs = contact.rttMs ?? 0;
    }
    return slowest;
  }
}
