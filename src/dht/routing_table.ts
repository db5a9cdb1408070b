import { type Address, type Instant, type NodeId, type Random, randomBelow } from "../lib/mod.ts";
import { prefixOf } from "../lib/mod.ts";
import { type AddressPolicy, isCounted } from "./address_policy.ts";
import { commonPrefixLength, compareDistance, ID_BITS } from "./distance.ts";
import { FAILURES_QUESTIONABLE, KBucket, type TableContact } from "./k_bucket.ts";

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
  readonly #config: RoutingTableConfig;
  readonly #buckets: KBucket[] = [];
  readonly #byKey = new Map<string, TableContact>();
  readonly #prefixes = new Map<string, number>();
  readonly #refreshedAt: (Instant | undefined)[] = [];

  constructor(self: NodeId, config: RoutingTableConfig) {
    this.self = self;
    this.#config = config;
    for (let cpl = 0; cpl < ID_BITS; cpl++) {
      this.#buckets.push(new KBucket(config.firstBuckets[cpl] ?? config.k, config.benchMax));
    }
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): TableContact | undefined {
    return this.#byKey.get(key);
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
    return this.#limitsAllow(bucket, { address, prefix: prefixOf(address.ip) }, undefined);
  }

  /** Offers a node that has just answered us. */
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

  /** Notes an answer of a node that is in the table. */
  touch(key: string, now: Instant): void {
    const contact = this.#byKey.get(key);
    if (contact === undefined) return;
    contact.lastSeen = now;
    contact.failures = 0;
    this.#bucketOf(contact).touch(contact);
  }

  /** Notes a request that a node left unanswered. @returns the node that was removed, and the one
   * that took its place. */
  fail(key: string): { removed?: TableContact; added?: TableContact } {
    const contact = this.#byKey.get(key);
    if (contact === undefined) return {};
    contact.failures++;
    if (contact.failures < FAILURES_QUESTIONABLE) return {};
    const bucket = this.#bucketOf(contact);
    const fits = (other: TableContact) => this.#limitsAllow(bucket, other, contact);
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
    const found: TableContact[] = [];
    const cpl = Math.min(commonPrefixLength(this.self, target), ID_BITS - 1);
    const take = (from: number, to: number): void => {
      if (found.length >= count) return;
      const group: TableContact[] = [];
      for (let i = from; i < to; i++) {
        for (const contact of this.#bucket(i).contacts) if (suits(contact)) group.push(contact);
      }
      group.sort((a, b) => compareDistance(target, a.nodeId, b.nodeId));
      for (const contact of group) if (found.length < count) found.push(contact);
    };
    // Every node of bucket `cpl` is nearer than every node of the buckets beyond it, those are
    // nearer than bucket cpl - 1, and so on: whole groups may be skipped once there are enough.
    take(cpl, cpl + 1);
    take(cpl + 1, ID_BITS);
    for (let i = cpl - 1; i >= 0; i--) take(i, i + 1);
    return found;
  }

  /** A random node of a random bucket that has any. */
  pick(random: Random): TableContact | undefined {
    const filled = this.#buckets.filter((bucket) => bucket.contacts.length > 0);
    if (filled.length === 0) return undefined;
    const contacts = filled[randomBelow(random, filled.length)]?.contacts ?? [];
    return contacts[randomBelow(random, contacts.length)];
  }

  /** A random node that left our last question unanswered. */
  pickDoubtful(random: Random): TableContact | undefined {
    const doubtful = [...this.contacts()].filter(({ failures }) => failures > 0);
    return doubtful.length === 0 ? undefined : doubtful[randomBelow(random, doubtful.length)];
  }

  /** Notes that a lookup has passed through the bucket of `target`. */
  markRefreshed(target: Uint8Array, now: Instant): void {
    this.#refreshedAt[Math.min(commonPrefixLength(this.self, target), ID_BITS - 1)] = now;
  }

  /** Buckets no lookup has passed through since `since`, widest first, up to the deepest one that
   * holds a node: what lies beyond is covered by the lookup of our own id. */
  idleBuckets(since: Instant): number[] {
    const idle: number[] = [];
    for (let cpl = 0; cpl <= this.#deepest(); cpl++) {
      const at = this.#refreshedAt[cpl];
      if (at === undefined || at < since) idle.push(cpl);
    }
    return idle;
  }

  /** Sizes of the buckets, from common prefix 0 to the deepest that holds a node. */
  bucketSizes(): number[] {
    return this.#buckets.slice(0, this.#deepest() + 1).map((bucket) => bucket.contacts.length);
  }

  #deepest(): number {
    return this.#buckets.findLastIndex((bucket) => bucket.contacts.length > 0);
  }

  #bucket(cpl: number): KBucket {
    return this.#buckets[cpl] as KBucket;
  }

  #bucketOf(contact: TableContact): KBucket {
    return this.#bucket(commonPrefixLength(this.self, contact.nodeId));
  }

  #update(known: TableContact, news: TableContact): Admission {
    const bucket = this.#bucketOf(known);
    const moved = known.address.ip !== news.address.ip;
    if (moved && !this.#limitsAllow(bucket, news, known)) return "refused";
    this.#countPrefix(known, -1);
    known.address = news.address;
    known.prefix = news.prefix;
    this.#countPrefix(known, 1);
    known.lastSeen = news.lastSeen;
    known.failures = 0;
    known.rttMs = news.rttMs ?? known.rttMs;
    bucket.touch(known);
    return "present";
  }

  #enter(bucket: KBucket, contact: TableContact): void {
    bucket.leave(contact.key);
    bucket.add(contact);
    this.#byKey.set(contact.key, contact);
    this.#countPrefix(contact, 1);
  }

  #drop(bucket: KBucket, contact: TableContact): void {
    if (!bucket.remove(contact)) return;
    this.#byKey.delete(contact.key);
    this.#countPrefix(contact, -1);
  }

  /** Whether the limits by address leave room in the bucket, as if `leaving` were gone. */
  #limitsAllow(bucket: KBucket, place: Place, leaving: TableContact | undefined): boolean {
    const { address, prefix } = place;
    if (!isCounted(address, this.#config)) return true;
    let inTable = this.#prefixes.get(prefix) ?? 0;
    if (leaving?.prefix === prefix) inTable--;
    if (inTable >= this.#config.perPrefixInTableMax) return false;
    let sameIp = 0, samePrefix = 0;
    for (const contact of bucket.contacts) {
      if (contact === leaving) continue;
      if (contact.address.ip === address.ip) sameIp++;
      if (contact.prefix === prefix) samePrefix++;
    }
    return sameIp < this.#config.perIpInBucketMax &&
      samePrefix < this.#config.perPrefixInBucketMax;
  }

  #countPrefix({ prefix }: Place, by: 1 | -1): void {
    const count = (this.#prefixes.get(prefix) ?? 0) + by;
    if (count === 0) this.#prefixes.delete(prefix);
    else this.#prefixes.set(prefix, count);
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
