import {
  type Address,
  after,
  type Instant,
  prefixOf,
  type PublicKey,
  type Random,
  randomBelow,
  SeededRandom,
  shuffle,
  toHex,
} from "../lib/mod.ts";
import { type AddressPolicy, isCounted } from "./address_policy.ts";
import type { KeptKey, KeptProvider } from "./provider_part.ts";
import { ProviderPool, type ProviderSource } from "./provider_pool.ts";

export interface ProviderRecordsConfig extends AddressPolicy {
  readonly perKeyMax: number;
  /** Of one key's records, from one IP and from one /24 (/48). */
  readonly perIpMax: number;
  readonly perPrefixMax: number;
  /** Records of one identity at rank ≤ 12; doubles every two ranks above, up to the cap. */
  readonly perIdentity: number;
  readonly perIdentityCap: number;
  readonly recordsMax: number;
  /** Of copies on the way to a key's region (path caching): of one key, of those from one /24
   * (/48), and of all keys together. They never take the place of other records. */
  readonly passingPerKeyMax: number;
  readonly passingPerPrefixMax: number;
  readonly passingMax: number;
  /** Lifetimes are brought into these bounds, seconds. */
  readonly ttlMinSeconds: number;
  readonly ttlMaxSeconds: number;
}

/** Who announces: the node at the other end of an authenticated session. */
export interface Announcer {
  readonly publicKey: PublicKey;
  /** Where its session comes from, proven by the handshake. */
  readonly sessionAddress: Address;
  /** False: others are told its key alone. */
  readonly isListedByAddress: boolean;
  /** Its verified rank; 0 if none is verified. */
  readonly rank: number;
}

/** A record as it is handed out. */
export interface StoredProvider {
  readonly publicKey: PublicKey;
  /** Undefined for a node listed by its key. */
  readonly address: Address | undefined;
  readonly flags: number;
  readonly factor: number;
  readonly expires: Instant;
}

/** How a record is to be kept. */
export interface StoreTerms {
  /** Seconds, brought into bounds. */
  readonly ttl: number;
  readonly flags: number;
  readonly factor: number;
  /** We are not in the key's region: a copy on the way there. Default: false. */
  readonly isPassing?: boolean;
}

export interface ProviderPage {
  readonly records: readonly StoredProvider[];
  /** The token for what follows the first `used` of these records; 0 = that was all. */
  readonly pageAfter: (used: number) => number;
  /** How many live records the key has, the asker's own left out. */
  readonly count: number;
}

const RANK_OF_FULL_SHARE = 12;
/** Records looked at when one has to give way: the greediest of so many identities loses one. */
const DISPLACEMENT_SAMPLES = 16;
/** A page token is seed << 6 | place in the order that the seed gives; ≤ 64 records a key. */
const PAGE_BITS = 6;
const SEEDS = 2 ** (32 - PAGE_BITS);

/** Who provides what, told by the providers themselves: bounded in every direction, expiring
 * (protocol.md §3.3). BOUNDED by `recordsMax`; when full, a greedy identity loses a record. */
export class ProviderRecords {
  readonly #config: ProviderRecordsConfig;
  readonly #random: Random;
  readonly #pool: ProviderPool;
  #hand = 0;

  constructor(config: ProviderRecordsConfig, random: Random) {
    this.#config = config;
    this.#random = random;
    this.#pool = new ProviderPool(config.recordsMax, random);
  }

  get size(): number {
    return this.#pool.size;
  }

  get keys(): number {
    return this.#pool.keys;
  }

  /** Announcing nodes that have a record here. */
  get identities(): number {
    return this.#pool.sources;
  }

  /** Seconds that a record asked for `ttl` seconds would live. */
  clampTtl(ttl: number): number {
    return Math.min(Math.max(ttl, this.#config.ttlMinSeconds), this.#config.ttlMaxSeconds);
  }

  /** How many are copies on the way to a key's region. */
  get passing(): number {
    return this.#pool.passing;
  }

  /** Enters or refreshes the record (key, announcer). @returns false if a limit refuses it. */
  store(key: Uint8Array, announcer: Announcer, terms: StoreTerms, now: Instant): boolean {
    const sourceKey = toHex(announcer.publicKey);
    const source = this.#pool.findSource(sourceKey);
    const live = this.#live(key, now);
    let record = live.find((one) => this.#pool.sourceOf(one) === source);
    if (record === undefined) {
      const mayEnter = terms.isPassing
        ? this.#mayPass(live, announcer, source)
        : this.#mayEnter(live, announcer, source, now);
      if (!mayEnter) return false;
      record = this.#pool.enter(key, {
        key: sourceKey,
        publicKey: announcer.publicKey,
        address: announcer.sessionAddress,
        isListedByAddress: announcer.isListedByAddress,
      });
      if (record === undefined) return false;
    }
    const { sessionAddress, isListedByAddress } = announcer;
    this.#pool.moveSource(this.#pool.sourceOf(record), sessionAddress, isListedByAddress);
    const expires = after(now, 1000 * this.clampTtl(terms.ttl));
    const { flags, factor, isPassing = false } = terms;
    this.#pool.setTerms(record, { expires, flags, factor, isPassing });
    return true;
  }

  /** A random choice of a key's live records, one of each address prefix first. @param page 0, or
   * the token of the last page. @param except left out (the asker). */
  sample(
    key: Uint8Array,
    max: number,
    page: number,
    now: Instant,
    except?: Uint8Array,
  ): ProviderPage {
    const exceptKey = except === undefined ? undefined : toHex(except);
    const live = this.#live(key, now)
      .filter((record) => this.#pool.sourceOf(record).key !== exceptKey);
    const seed = page === 0 ? 1 + randomBelow(this.#random, SEEDS - 1) : page >>> PAGE_BITS;
    const start = page & (2 ** PAGE_BITS - 1);
    const ordered = live.length < 2 // as most keys that are asked for: no dice for them
      ? live
      : this.#diverseFirst(shuffle(new SeededRandom(seed), live));
    const chosen = ordered.slice(start, start + max);
    return {
      records: chosen.map((record) => this.#read(record)),
      pageAfter: (used) => {
        const end = start + used;
        return used > 0 && end < ordered.length ? (seed << PAGE_BITS | end) >>> 0 : 0;
      },
      count: live.length,
    };
  }

  /** How far kept() may be asked to go. */
  get slots(): number {
    return this.#pool.slots;
  }

  /** What to keep of the records numbered `from` … `to` - 1, by key; a key's other records are kept
   * elsewhere, and copies on the way are not worth it. */
  kept(
    from: number,
    to: number,
    unixSeconds: (instant: Instant) => number,
    now: Instant,
  ): KeptKey[] {
    const keys = new Map<number, { readonly key: Uint8Array; readonly records: KeptProvider[] }>();
    for (let record = from; record < Math.min(to, this.#pool.slots); record++) {
      if (!this.#pool.isUsed(record) || this.#pool.isPassing(record)) continue;
      if (this.#pool.expires(record) <= now) continue;
      const { number, key } = this.#pool.keyOf(record);
      const entry = keys.get(number) ?? { key: new Uint8Array(key), records: [] };
      keys.set(number, entry);
      const { expires, flags, factor } = this.#pool.terms(record);
      const source = this.#pool.sourceOf(record);
      entry.records.push({ source, expires: unixSeconds(expires), flags, factor });
    }
    return [...keys.values()];
  }

  /** Enters what an earlier run kept of a key; the limits held when it came. Of a record that is
   * here already the later end counts. @returns how many were new. */
  restore(
    { key, records }: KeptKey,
    instant: (unixSeconds: number) => Instant,
    now: Instant,
  ): number {
    // A wall clock that was set back must not make them live for ever.
    const latest = after(now, 1000 * this.#config.ttlMaxSeconds);
    const here = new Map(this.#pool.chain(key).map((one) => [this.#pool.sourceOf(one).key, one]));
    let entered = 0;
    for (const { source, expires, flags, factor } of records) {
      const told = instant(expires);
      const until = told < latest ? told : latest;
      if (until <= now) continue;
      let record = here.get(source.key);
      if (record !== undefined && this.#pool.expires(record) >= until) continue;
      if (record === undefined) {
        const isFull = this.#pool.size >= this.#config.recordsMax;
        if (isFull || here.size >= this.#config.perKeyMax) continue;
        record = this.#pool.enter(key, source);
        if (record === undefined) continue;
        here.set(source.key, record);
        entered++;
      }
      this.#pool.setTerms(record, { expires: until, flags, factor, isPassing: false });
    }
    return entered;
  }

  /** Removes what has expired among the next `count` records of an endless round. */
  sweep(count: number, now: Instant): void {
    const { slots } = this.#pool;
    for (let i = Math.min(count, slots); i > 0; i--) {
      this.#hand = (this.#hand + 1) % slots;
      if (this.#pool.isUsed(this.#hand) && this.#pool.expires(this.#hand) <= now) {
        this.#pool.remove(this.#hand);
      }
    }
  }

  /** The records of a key that have not expired; removes those that have. */
  #live(key: Uint8Array, now: Instant): number[] {
    return this.#pool.chain(key).filter((record) => {
      if (this.#pool.expires(record) > now) return true;
      this.#pool.remove(record);
      return false;
    });
  }

  #mayEnter(
    live: readonly number[],
    announcer: Announcer,
    source: ProviderSource | undefined,
    now: Instant,
  ): boolean {
    const owned = source?.count ?? 0;
    if (owned >= this.#identityMax(announcer.rank)) return false;
    if (!this.#addressAllows(live, announcer.sessionAddress)) return false;
    if (live.length >= this.#config.perKeyMax && !this.#removeStalest(live, now)) return false;
    return this.#pool.size < this.#config.recordsMax || this.#displace(owned, () => true);
  }

  /** Copies displace one another alone, and whoever lists nodes of his own as copies needs a
   * network for each. */
  #mayPass(
    live: readonly number[],
    { rank, sessionAddress }: Announcer,
    source: ProviderSource | undefined,
  ): boolean {
    const { passingPerKeyMax, passingPerPrefixMax, passingMax, perKeyMax, recordsMax } =
      this.#config;
    const owned = source?.count ?? 0;
    if (owned >= this.#identityMax(rank)) return false;
    const others = live.filter((record) => this.#pool.isPassing(record));
    if (others.length >= passingPerKeyMax || live.length >= perKeyMax) return false;
    const prefix = prefixOf(sessionAddress.ip);
    const near = others.filter((record) => this.#pool.sourceOf(record).prefix === prefix);
    const isOver = near.length >= passingPerPrefixMax && isCounted(sessionAddress, this.#config);
    if (isOver) return false;
    const isFull = this.#pool.passing >= passingMax || this.#pool.size >= recordsMax;
    return !isFull || this.#displace(owned, (record) => this.#pool.isPassing(record));
  }

  #identityMax(rank: number): number {
    const { perIdentity, perIdentityCap } = this.#config;
    const doublings = Math.max(rank - RANK_OF_FULL_SHARE, 0) / 2;
    return Math.min(Math.floor(perIdentity * 2 ** doublings), perIdentityCap);
  }

  #addressAllows(live: readonly number[], address: Address): boolean {
    if (!isCounted(address, this.#config)) return true;
    const prefix = prefixOf(address.ip);
    let sameIp = 0, samePrefix = 0;
    for (const record of live) {
      const other = this.#pool.sourceOf(record);
      if (other.address.ip === address.ip) sameIp++;
      if (other.prefix === prefix) samePrefix++;
    }
    return sameIp < this.#config.perIpMax && samePrefix < this.#config.perPrefixMax;
  }

  /** A key with all places taken: whoever let its republishing time pass gives way. */
  #removeStalest(live: readonly number[], now: Instant): boolean {
    const halfLife = 500 * this.#config.ttlMaxSeconds;
    let stalest: number | undefined;
    for (const record of live) {
      const isStaler = stalest === undefined ||
        this.#pool.expires(record) < this.#pool.expires(stalest);
      if (isStaler) stalest = record;
    }
    if (stalest === undefined || this.#pool.expires(stalest) - now > halfLife) return false;
    this.#pool.remove(stalest);
    return true;
  }

  /** All places taken: of some random records, one of the identity that has most gives way, if it
   * has more than the newcomer. So a flood from few identities displaces itself.
   * @param mayGo leaves others in peace. */
  #displace(newcomerCount: number, mayGo: (record: number) => boolean): boolean {
    let victim: number | undefined;
    let most = newcomerCount;
    for (let i = 0; i < DISPLACEMENT_SAMPLES; i++) {
      const record = randomBelow(this.#random, this.#pool.slots);
      if (!this.#pool.isUsed(record) || !mayGo(record)) continue;
      const { count } = this.#pool.sourceOf(record);
      if (count <= most) continue;
      victim = record;
      most = count;
    }
    if (victim === undefined) return false;
    this.#pool.remove(victim);
    return true;
  }

  /** One record of each address prefix first, then the second ones, and so on. */
  #diverseFirst(records: readonly number[]): number[] {
    const seen = new Map<string, number>();
    const ranked = records.map((record) => {
      const { prefix } = this.#pool.sourceOf(record);
      const turn = seen.get(prefix) ?? 0;
      seen.set(prefix, turn + 1);
      return { record, turn };
    });
    return ranked.sort((a, b) => a.turn - b.turn).map(({ record }) => record);
  }

  #read(record: number): StoredProvider {
    const source = this.#pool.sourceOf(record);
    const address = source.isListedByAddress ? source.address : undefined;
    const { expires, flags, factor } = this.#pool.terms(record);
    return { publicKey: source.publicKey, address, expires, flags, factor };
  }
}
