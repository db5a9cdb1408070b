import {
  type Address,
  after,
  equalBytes,
  type Instant,
  prefixOf,
  type PublicKey,
  toHex,
} from "../lib/mod.ts";
import {
  type AnyRecord,
  type RecordKind,
  saysTheSame,
  seqOf,
  supersedes,
  type Verified,
} from "../records/mod.ts";
import { type AddressPolicy, isCounted } from "./address_policy.ts";
import { compareDistance } from "./distance.ts";

export interface RecordTableConfig extends AddressPolicy {
  /** Records of each kind. */
  readonly perKindMax: number;
  /** Mutable records of one public key: its salts. */
  readonly perOwnerMax: number;
  /** Records that one node, and all nodes of one /24 (/48), have brought. */
  readonly perPutterMax: number;
  readonly perPrefixMax: number;
  /** Seconds a record stays after it was last brought. */
  readonly ttlSeconds: Readonly<Record<RecordKind, number>>;
  /** The same for a mutable record whose owner brings it and has at least this rank. */
  readonly rankOfLongTtl: number;
  readonly longTtlSeconds: number;
  /** The same for any record whose region we are not in. */
  readonly passingTtlSeconds: number;
}

/** Who brings a record: the node at the other end of an authenticated session, or we ourselves. */
export interface Putter {
  readonly publicKey: PublicKey;
  /** Undefined for ourselves. */
  readonly address: Address | undefined;
  /** Its verified rank; 0 if none is verified. */
  readonly rank: number;
}

/** What a table says to a record. "stored" = it may enter, or has. */
export type PutVerdict = "stored" | "seq_too_low" | "seq_reused" | "cas_mismatch" | "full";

interface Entry {
  record: Verified;
  expires: Instant;
  readonly putter: string;
  /** Undefined for an address that limits do not count. */
  readonly prefix: string | undefined;
}

/** Records that others have brought (protocol.md §3.3), one per key, bounded by kind, owner,
 * bringer and address prefix. A full kind lets its farthest record go for a nearer one. BOUNDED by
 * three times `perKindMax`; a record costs its bytes, at most 1,200, and about a KB besides. */
export class RecordTable {
  readonly #self: Uint8Array;
  readonly #config: RecordTableConfig;
  readonly #byKey = new Map<string, Entry>();
  /** Nearest to us first. */
  readonly #kinds: Readonly<Record<RecordKind, Entry[]>> = { mutable: [], immutable: [], host: [] };
  readonly #owners = new Tally();
  readonly #putters = new Tally();
  readonly #prefixes = new Tally();

  constructor(self: Uint8Array, config: RecordTableConfig) {
    this.#self = self;
    this.#config = config;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** How many records of a kind are here. */
  count(kind: RecordKind): number {
    return this.#kinds[kind].length;
  }

  /** What is stored under `key`. It may be past the end of its signed life: a reader who knows the
   * owner's last word is not taken in by an older one. */
  get(key: Uint8Array, now: Instant): Verified | undefined {
    const entry = this.#byKey.get(toHex(key));
    if (entry === undefined || entry.expires > now) return entry?.record;
    this.#remove(entry);
    return undefined;
  }

  /** For how long the record under `key` stays, s; 0 = there is none. */
  remainingSeconds(key: Uint8Array, now: Instant): number {
    const entry = this.#byKey.get(toHex(key));
    return entry === undefined ? 0 : Math.max(0, Math.round((entry.expires - now) / 1000));
  }

  /** Whether a record may enter, be it proven or not: asked before its signature is checked. */
  judge(
    record: AnyRecord,
    putter: Putter,
    cas: bigint | undefined,
    now: Instant,
  ): PutVerdict {
    const stored = this.get(record.key, now);
    if (stored === undefined) return this.#hasRoom(record, putter) ? "stored" : "full";
    if (cas !== undefined && cas !== seqOf(stored)) return "cas_mismatch";
    if (seqOf(record) < seqOf(stored)) return "seq_too_low";
    if (seqOf(record) > seqOf(stored) || saysTheSame(record, stored)) return "stored";
    return "seq_reused";
  }

  /** Enters a record that judge() has let in, or renews it. Of two that say the same, the one
   * signed later is kept. @param isOurs we are in the key's region: it stays for its full time. */
  put(record: Verified, putter: Putter, isOurs: boolean, now: Instant): void {
    const expires = after(now, 1000 * this.#ttlSeconds(record, putter, isOurs));
    const entry = this.#byKey.get(toHex(record.key));
    if (entry === undefined) return this.#enter(record, putter, expires);
    if (supersedes(record, entry.record)) entry.record = record;
    if (entry.expires < expires) entry.expires = expires;
  }

  /** Removes what has outstayed its time. Linear: called once a minute. */
  sweep(now: Instant): void {
    for (const entry of this.#byKey.values()) if (entry.expires <= now) this.#remove(entry);
  }

  /** All that is stored, to be kept over a restart. */
  *records(): IterableIterator<{ readonly record: Verified; readonly expires: Instant }> {
    yield* this.#byKey.values();
  }

  #ttlSeconds(record: AnyRecord, putter: Putter, isOurs: boolean): number {
    const { ttlSeconds, rankOfLongTtl, longTtlSeconds, passingTtlSeconds } = this.#config;
    const isRanked = record.kind === "mutable" && putter.rank >= rankOfLongTtl &&
      equalBytes(record.publicKey, putter.publicKey);
    const full = isRanked ? longTtlSeconds : ttlSeconds[record.kind];
    return isOurs ? full : Math.min(full, passingTtlSeconds);
  }

  #hasRoom(record: AnyRecord, putter: Putter): boolean {
    const { perKindMax, perOwnerMax, perPutterMax, perPrefixMax } = this.#config;
    if (record.kind === "mutable") {
      if (this.#owners.count(toHex(record.publicKey)) >= perOwnerMax) return false;
    }
    if (this.#putters.count(toHex(putter.publicKey)) >= perPutterMax) return false;
    const prefix = this.#prefixOf(putter);
    if (prefix !== undefined && this.#prefixes.count(prefix) >= perPrefixMax) return false;
    return this.count(record.kind) < perKindMax ||
      this.#placeOf(record) < this.count(record.kind);
  }

  #enter(record: Verified, putter: Putter, expires: Instant): void {
    const entries = this.#kinds[record.kind];
    const farthest = entries.at(-1);
    if (entries.length >= this.#config.perKindMax && farthest !== undefined) this.#remove(farthest);
    const prefix = this.#prefixOf(putter);
    const entry: Entry = { record, expires, putter: toHex(putter.publicKey), prefix };
    entries.splice(this.#placeOf(record), 0, entry);
    this.#byKey.set(toHex(record.key), entry);
    this.#note(entry, 1);
  }

  #remove(entry: Entry): void {
    this.#byKey.delete(toHex(entry.record.key));
    this.#kinds[entry.record.kind].splice(this.#placeOf(entry.record), 1);
    this.#note(entry, -1);
  }

  /** Where a record is, or belongs, among the entries of its kind. */
  #placeOf({ kind, key }: AnyRecord): number {
    const entries = this.#kinds[kind];
    let low = 0, high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = entries[middle]?.record.key ?? key;
      if (compareDistance(this.#self, other, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #note({ record, putter, prefix }: Entry, by: 1 | -1): void {
    if (record.kind === "mutable") this.#owners.add(toHex(record.publicKey), by);
    this.#putters.add(putter, by);
    if (prefix !== undefined) this.#prefixes.add(prefix, by);
  }

  #prefixOf({ address }: Putter): string | undefined {
    const isCountable = address !== undefined && isCounted(address, this.#config);
    return isCountable ? prefixOf(address.ip) : undefined;
  }
}

/** Counts per key. BOUNDED by what is counted. */
class Tally {
  readonly #counts = new Map<string, number>();

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, by: 1 | -1): void {
    const count = this.count(key) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
