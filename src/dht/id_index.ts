import { assert, ID_BYTES, type Random } from "../lib/mod.ts";

const SLOTS_START = 64;
/** Never fuller than this: linear probing stays at ~2 steps. */
const FILL_MAX = 0.6;
/** Places of the table before that are moved with each insert: all of them long before the next
 * doubling, which comes after 0.6 inserts a place. */
const MOVES = 4;
/** A removed entry of the table before. */
const GONE = 0xffff_ffff;
/** Ids of a segment: 80 KiB are made at once. */
const SEGMENT_BITS = 12;
const SEGMENT_MASK = 2 ** SEGMENT_BITS - 1;

/** Numbers 20-byte ids 0, 1, 2 …, so that what is kept per id can lie in typed arrays: 500,000 keys
 * as strings in a Map cost ~100 MB, here 14. A removed id's number is given to a later one.
 * Open addressing with linear probing; the hash is keyed by a random word, since strangers choose
 * the ids and could otherwise pile them up in one place. It grows a little with each insert: to
 * place half a million ids anew takes 450 ms. BOUNDED by `capacity`. */
export class IdIndex {
  readonly capacity: number;
  readonly #seed: number;
  /** All but the first have all their ids. */
  readonly #ids: Uint8Array[] = [new Uint8Array(SLOTS_START * ID_BYTES)];
  /** Table position → number + 1; 0 = empty. A power of two long. */
  #table = new Uint32Array(2 * SLOTS_START);
  /** While its entries are moved: the table before, half as long. What was moved stays in it, so
   * that chains of probes do not break; what is removed is marked in both. */
  #before: Uint32Array | undefined;
  #moved = 0;
  readonly #free: number[] = [];
  #next = 0;
  #size = 0;

  constructor(capacity: number, random: Random) {
    assert(Number.isInteger(capacity) && capacity > 0, `capacity ${capacity} is not positive`);
    this.capacity = capacity;
    this.#seed = random.u32();
  }

  get size(): number {
    return this.#size;
  }

  /** One more than the greatest number in use ever: how long a parallel array must be. */
  get slots(): number {
    return this.#next;
  }

  /** The number of `id`; undefined if it is not here. */
  find(id: Uint8Array): number | undefined {
    const entry = this.#table[this.#position(this.#table, id)] ?? 0;
    return entry === 0 ? this.#findBefore(id) : entry - 1;
  }

  /** The number of `id`, entering it if it is new; undefined if it is new and the index is full. */
  insert(id: Uint8Array): number | undefined {
    const position = this.#position(this.#table, id);
    const entry = this.#table[position] ?? 0;
    const known = entry === 0 ? this.#findBefore(id) : entry - 1;
    if (known !== undefined) return known;
    if (this.#size >= this.capacity) return undefined;
    const slot = this.#free.pop() ?? this.#next++;
    this.#segmentFor(slot).set(id, (slot & SEGMENT_MASK) * ID_BYTES);
    this.#table[position] = slot + 1;
    this.#size++;
    this.#move(MOVES);
    if (this.#size > this.#table.length * FILL_MAX) this.#grow();
    return slot;
  }

  /** Frees the number of `id`. @returns the number it had, undefined if it was not here. */
  remove(id: Uint8Array): number | undefined {
    const position = this.#position(this.#table, id);
    const entry = this.#table[position] ?? 0;
    const slot = entry === 0 ? this.#findBefore(id) : entry - 1;
    if (slot === undefined) return undefined;
    if (this.#before !== undefined) {
      const at = this.#position(this.#before, id);
      if (this.#before[at] !== 0) this.#before[at] = GONE;
    }
    if (entry !== 0) this.#close(position);
    this.#free.push(slot);
    this.#size--;
    return slot;
  }

  /** The id of a number in use; borrowed: valid until the next insert. */
  idAt(slot: number): Uint8Array {
    const at = (slot & SEGMENT_MASK) * ID_BYTES;
    return this.#segment(slot).subarray(at, at + ID_BYTES);
  }

  /** Where `id` is in a table, or the empty place where it belongs. */
  #position(table: Uint32Array, id: Uint8Array): number {
    const mask = table.length - 1;
    for (let at = this.#hash(id) & mask;; at = (at + 1) & mask) {
      const entry = table[at] ?? 0;
      if (entry === 0 || (entry !== GONE && this.#holds(entry - 1, id))) return at;
    }
  }

  #holds(slot: number, id: Uint8Array): boolean {
    const segment = this.#segment(slot);
    const at = (slot & SEGMENT_MASK) * ID_BYTES;
    for (let i = 0; i < ID_BYTES; i++) if (segment[at + i] !== id[i]) return false;
    return true;
  }

  #findBefore(id: Uint8Array): number | undefined {
    if (this.#before === undefined) return undefined;
    const entry = this.#before[this.#position(this.#before, id)] ?? 0;
    return entry === 0 ? undefined : entry - 1;
  }

  /** Empties a place. Backward-shift deletion (Knuth 6.4 R): no tombstones, so churn never slows
   * searching down. */
  #close(position: number): void {
    const mask = this.#table.length - 1;
    let hole = position;
    for (let at = (hole + 1) & mask;; at = (at + 1) & mask) {
      const other = this.#table[at] ?? 0;
      if (other === 0) break;
      const home = this.#hash(this.idAt(other - 1)) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        this.#table[hole] = other;
        hole = at;
      }
    }
    this.#table[hole] = 0;
  }

  /** Murmur3's 32-bit mix over the five words of an id, keyed by the seed. */
  #hash(id: Uint8Array): number {
    let hash = this.#seed;
    for (let i = 0; i < ID_BYTES; i += 4) {
      let word = (id[i] ?? 0) | (id[i + 1] ?? 0) << 8 | (id[i + 2] ?? 0) << 16 |
        (id[i + 3] ?? 0) << 24;
      word = Math.imul(word, 0xcc9e2d51);
      word = (word << 15) | (word >>> 17);
      hash ^= Math.imul(word, 0x1b873593);
      hash = (hash << 13) | (hash >>> 19);
      hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #segment(slot: number): Uint8Array {
    return this.#ids[slot >>> SEGMENT_BITS] as Uint8Array;
  }

  #segmentFor(slot: number): Uint8Array {
    const number = slot >>> SEGMENT_BITS;
    const narrow = this.#ids[number];
    if (narrow !== undefined && ((slot & SEGMENT_MASK) + 1) * ID_BYTES <= narrow.length) {
      return narrow;
    }
    const length = narrow === undefined ? (SEGMENT_MASK + 1) * ID_BYTES : 2 * narrow.length;
    const segment = new Uint8Array(length);
    if (narrow !== undefined) segment.set(narrow);
    this.#ids[number] = segment;
    return segment;
  }

  #grow(): void {
    this.#move(Infinity);
    this.#before = this.#table;
    this.#moved = 0;
    this.#table = new Uint32Array(2 * this.#table.length);
  }

  #move(places: number): void {
    const before = this.#before;
    if (before === undefined) return;
    const end = Math.min(this.#moved + places, before.length);
    for (; this.#moved < end; this.#moved++) {
      const entry = before[this.#moved] ?? 0;
      if (entry === 0 || entry === GONE) continue;
      this.#table[this.#position(this.#table, this.idAt(entry - 1))] = entry;
    }
    if (end === before.length) this.#before = undefined;
  }
}

/** `array` if it has place for `slots` entries, else a copy with room to grow (new entries 0). */
export function widened<T extends Uint8Array | Uint32Array | Float64Array>(
  array: T,
  slots: number,
): T {
  if (array.length >= slots) return array;
  const Kind = array.constructor as new (length: number) => T;
  const wider = new Kind(Math.max(slots, 2 * array.length));
  wider.set(array);
  return wider;
}
