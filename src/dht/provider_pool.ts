import { type Address, type Instant, prefixOf, type PublicKey, type Random } from "../lib/mod.ts";
import { Column } from "./column.ts";
import { IdIndex } from "./id_index.ts";

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
  readonly #head = new Column(u32);
  readonly #sources: (ProviderSource | undefined)[] = [];
  readonly #freeSources: number[] = [];
  readonly #sourceByKey = new Map<string, number>();

  // One record = one number, the same place in each of these. #source + 1; 0 = free.
  readonly #source = new Column(u32);
  readonly #keySlot = new Column(u32);
  readonly #next = new Column(u32);
  readonly #expires = new Column(f64);
  readonly #flags = new Column(u8);
  readonly #factor = new Column(u8);
  readonly #isPassing = new Column(u8);
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
    const number = this.#keySlot.get(record);
    return { number, key: this.#keys.idAt(number) };
  }

  isUsed(record: number): boolean {
    return this.#source.get(record) !== 0;
  }

  /** The records of a key, the last entered first. */
  chain(key: Uint8Array): number[] {
    const slot = this.#keys.find(key);
    const chain: number[] = [];
    if (slot === undefined) return chain;
    for (let at = this.#head.get(slot); at !== 0; at = this.#next.get(at - 1)) chain.push(at - 1);
    return chain;
  }

  sourceOf(record: number): ProviderSource {
    return this.#sources[this.#source.get(record) - 1] as ProviderSource;
  }

  /** The source with this hex key, if it has a record here. */
  findSource(key: string): ProviderSource | undefined {
    const number = this.#sourceByKey.get(key);
    return number === undefined ? undefined : this.#sources[number];
  }

  terms(record: number): RecordTerms {
    return {
      expires: this.expires(record),
      flags: this.#flags.get(record),
      factor: this.#factor.get(record),
      isPassing: this.isPassing(record),
    };
  }

  isPassing(record: number): boolean {
    return this.#isPassing.get(record) === 1;
  }

  expires(record: number): Instant {
    return this.#expires.get(record) as Instant;
  }

  setTerms(record: number, terms: RecordTerms): void {
    this.#expires.set(record, terms.expires);
    this.#flags.set(record, terms.flags);
    this.#factor.set(record, terms.factor);
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
    const source = this.#sourceByKey.get(news.key) ?? this.#enterSource(news);
    const record = this.#free.pop() ?? this.#used++;
    this.#source.set(record, source + 1);
    this.#keySlot.set(record, slot);
    this.#next.set(record, this.#head.get(slot));
    this.#head.set(slot, record + 1);
    this.#size++;
    this.sourceOf(record).count++;
    return record;
  }

  remove(record: number): void {
    const slot = this.#keySlot.get(record);
    const next = this.#next.get(record);
    if (this.#head.get(slot) === record + 1) {
      this.#head.set(slot, next);
      if (next === 0) this.#keys.remove(this.#keys.idAt(slot));
    } else {
      let before = this.#head.get(slot) - 1;
      while (this.#next.get(before) !== record + 1) before = this.#next.get(before) - 1;
      this.#next.set(before, next);
    }
    const source = this.sourceOf(record);
    source.count--;
    if (source.count === 0) this.#removeSource(source.key);
    this.#markPassing(record, false);
    this.#source.set(record, 0);
    this.#free.push(record);
    this.#size--;
  }

  #markPassing(record: number, isPassing: boolean): void {
    this.#passing += Number(isPassing) - this.#isPassing.get(record);
    this.#isPassing.set(record, Number(isPassing));
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
}

const u8 = (length: number) => new Uint8Array(length);
const u32 = (length: number) => new Uint32Array(length);
const f64 = (length: number) => new Float64Array(length);
