import { type Address, type Instant, prefixOf, type PublicKey, type Random } from "../lib/mod.ts";
import { IdIndex, widened } from "./id_index.ts";

/** One announcing node, shared by all its records. */
export interface ProviderSource {
  /** Hex of the public key. */
  readonly key: string;
  readonly publicKey: PublicKey;
  /** Where its last session came from, and prefixOf() that. */
  address: Address;
  prefix: string;
  /** False: others are told its key alone. */
  isListedByAddress: boolean;
  /** Records it has here. */
  count: number;
}

/** What a record adds to its source. */
export interface RecordTerms {
  readonly expires: Instant;
  readonly flags: number;
  readonly factor: number;
  /** A copy on the way to the key's region. */
  readonly isPassing: boolean;
}

/** Storage of provider records: chains per key in typed arrays, 23 bytes a record and ~30 a key. A
 * record is a number. Knows no limits and no time: provider_records.ts decides what enters. */
export class ProviderPool {
  readonly #keys: IdIndex;
  /** Key slot → first record + 1; 0 = none. */
  #head = new Uint32Array(64);
  readonly #sources: (ProviderSource | undefined)[] = [];
  readonly #freeSources: number[] = [];
  readonly #sourceByKey = new Map<string, number>();

  // One record = one number, the same place in each of these. #source + 1; 0 = free.
  #source = new Uint32Array(64);
  #keySlot = new Uint32Array(64);
  #next = new Uint32Array(64);
  #expires = new Float64Array(64);
  #flags = new Uint8Array(64);
  #factor = new Uint8Array(64);
  #isPassing = new Uint8Array(64);
  readonly #free: number[] = [];
  #used = 0;
  #size = 0;
  #passing = 0;

  /** @param capacity the most records, all keys together. */
  constructor(capacity: number, random: Random) {
    this.#keys = new IdIndex(capacity, random);
  }

  get size(): number {
    return this.#size;
  }

  /** How many of them are copies on the way. */
  get passing(): number {
    return this.#passing;
  }

  get keys(): number {
    return this.#keys.size;
  }

  get sources(): number {
    return this.#sourceByKey.size;
  }

  /** One more than the greatest record number ever used. */
  get slots(): number {
    return this.#used;
  }

  /** The key of a record, borrowed; all records with it have the same number. */
  keyOf(record: number): { readonly number: number; readonly key: Uint8Array } {
    const number = this.#keySlot[record] ?? 0;
    return { number, key: this.#keys.idAt(number) };
  }

  isUsed(record: number): boolean {
    return (this.#source[record] ?? 0) !== 0;
  }

  /** The records of a key, the last entered first. */
  chain(key: Uint8Array): number[] {
    const slot = this.#keys.find(key);
    const chain: number[] = [];
    if (slot === undefined) return chain;
    for (let at = this.#head[slot] ?? 0; at !== 0; at = this.#next[at - 1] ?? 0) chain.push(at - 1);
    return chain;
  }

  sourceOf(record: number): ProviderSource {
    return this.#sources[(this.#source[record] ?? 0) - 1] as ProviderSource;
  }

  /** The source with this hex key, if it has a record here. */
  findSource(key: string): ProviderSource | undefined {
    const number = this.#sourceByKey.get(key);
    return number === undefined ? undefined : this.#sources[number];
  }

  terms(record: number): RecordTerms {
    return {
      expires: this.expires(record),
      flags: this.#flags[record] ?? 0,
      factor: this.#factor[record] ?? 0,
      isPassing: this.isPassing(record),
    };
  }

  isPassing(record: number): boolean {
    return this.#isPassing[record] === 1;
  }

  expires(record: number): Instant {
    return (this.#expires[record] ?? 0) as Instant;
  }

  setTerms(record: number, terms: RecordTerms): void {
    this.#expires[record] = terms.expires;
    this.#flags[record] = terms.flags;
    this.#factor[record] = terms.factor;
    this.#markPassing(record, terms.isPassing);
  }

  /** Notes where a source is now: all its records follow. */
  moveSource(source: ProviderSource, address: Address, isListedByAddress: boolean): void {
    if (source.address.ip !== address.ip) source.prefix = prefixOf(address.ip);
    source.address = address;
    source.isListedByAddress = isListedByAddress;
  }

  /** A new record; the caller sets its terms. @returns undefined if the pool is full. */
  enter(
    key: Uint8Array,
    news: Omit<ProviderSource, "prefix" | "count">,
  ): number | undefined {
    const slot = this.#keys.insert(key);
    if (slot === undefined) return undefined;
    this.#head = widened(this.#head, slot + 1);
    const source = this.#sourceByKey.get(news.key) ?? this.#enterSource(news);
    const record = this.#free.pop() ?? this.#used++;
    this.#widen(record + 1);
    this.#source[record] = source + 1;
    this.#keySlot[record] = slot;
    this.#next[record] = this.#head[slot] ?? 0;
    this.#head[slot] = record + 1;
    this.#size++;
    this.sourceOf(record).count++;
    return record;
  }

  remove(record: number): void {
    const slot = this.#keySlot[record] ?? 0;
    const next = this.#next[record] ?? 0;
    if (this.#head[slot] === record + 1) {
      this.#head[slot] = next;
      if (next === 0) this.#keys.remove(this.#keys.idAt(slot));
    } else {
      let before = (this.#head[slot] ?? 0) - 1;
      while (this.#next[before] !== record + 1) before = (this.#next[before] ?? 0) - 1;
      this.#next[before] = next;
    }
    const source = this.sourceOf(record);
    source.count--;
    if (source.count === 0) this.#removeSource(source.key);
    this.#markPassing(record, false);
    this.#source[record] = 0;
    this.#free.push(record);
    this.#size--;
  }

  #markPassing(record: number, isPassing: boolean): void {
    this.#passing += Number(isPassing) - (this.#isPassing[record] ?? 0);
    this.#isPassing[record] = Number(isPassing);
  }

  #enterSource(news: Omit<ProviderSource, "prefix" | "count">): number {
    const number = this.#freeSources.pop() ?? this.#sources.length;
    const publicKey = new Uint8Array(news.publicKey) as PublicKey; // not a view of a datagram
    this.#sources[number] = { ...news, publicKey, prefix: prefixOf(news.address.ip), count: 0 };
    this.#sourceByKey.set(news.key, number);
    return number;
  }

  #removeSource(key: string): void {
    const number = this.#sourceByKey.get(key);
    if (number === undefined) return;
    this.#sources[number] = undefined;
    this.#sourceByKey.delete(key);
    this.#freeSources.push(number);
  }

  #widen(slots: number): void {
    this.#source = widened(this.#source, slots);
    this.#keySlot = widened(this.#keySlot, slots);
    this.#next = widened(this.#next, slots);
    this.#expires = widened(this.#expires, slots);
    this.#flags = widened(this.#flags, slots);
    this.#factor = widened(this.#factor, slots);
    this.#isPassing = widened(this.#isPassing, slots);
  }
}
