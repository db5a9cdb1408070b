import { assert, ID_BYTES, type Random } from "../lib/mod.ts";

const SLOTS_START = 64;
/** Never fuller than this: linear probing stays at ~2 steps. */
const FILL_MAX = 0.6;

/** Numbers 20-byte ids 0, 1, 2 …, so that what is kept per id can lie in typed arrays: 500,000 keys
 * as strings in a Map cost ~100 MB, here 14. A removed id's number is given to a later one.
 * Open addressing with linear probing; the hash is keyed by a random word, since strangers choose
 * the ids and could otherwise pile them up in one place. BOUNDED by `capacity`. */
export class IdIndex {
  readonly capacity: number;
  readonly #seed: number;
  #ids = new Uint8Array(SLOTS_START * ID_BYTES);
  /** Table position → number + 1; 0 = empty. A power of two long. */
  #table = new Uint32Array(2 * SLOTS_START);
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
    const entry = this.#table[this.#position(id)] ?? 0;
    return entry === 0 ? undefined : entry - 1;
  }

  /** The number of `id`, entering it if it is new; undefined if it is new and the index is full. */
  insert(id: Uint8Array): number | undefined {
    const position = this.#position(id);
    const entry = this.#table[position] ?? 0;
    if (entry !== 0) return entry - 1;
    if (this.#size >= this.capacity) return undefined;
    const slot = this.#free.pop() ?? this.#next++;
    this.#reserve(slot);
    this.#ids.set(id, slot * ID_BYTES);
    this.#table[position] = slot + 1;
    this.#size++;
    if (this.#size > this.#table.length * FILL_MAX) this.#rebuild(2 * this.#table.length);
    return slot;
  }

  /** Frees the number of `id`. @returns the number it had, undefined if it was not here. */
  remove(id: Uint8Array): number | undefined {
    let hole = this.#position(id);
    const entry = this.#table[hole] ?? 0;
    if (entry === 0) return undefined;
    const mask = this.#table.length - 1;
    // Backward-shift deletion (Knuth 6.4 R): no tombstones, so churn never slows searching down.
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
    this.#free.push(entry - 1);
    this.#size--;
    return entry - 1;
  }

  /** The id of a number in use; borrowed: valid until the next insert. */
  idAt(slot: number): Uint8Array {
    return this.#ids.subarray(slot * ID_BYTES, (slot + 1) * ID_BYTES);
  }

  /** Where `id` is in the table, or the empty place where it belongs. */
  #position(id: Uint8Array): number {
    const mask = this.#table.length - 1;
    for (let at = this.#hash(id) & mask;; at = (at + 1) & mask) {
      const entry = this.#table[at] ?? 0;
      if (entry === 0 || this.#holds(entry - 1, id)) return at;
    }
  }

  #holds(slot: number, id: Uint8Array): boolean {
    const at = slot * ID_BYTES;
    for (let i = 0; i < ID_BYTES; i++) if (this.#ids[at + i] !== id[i]) return false;
    return true;
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

  #reserve(slot: number): void {
    if ((slot + 1) * ID_BYTES <= this.#ids.length) return;
    const wider = new Uint8Array(2 * this.#ids.length);
    wider.set(this.#ids);
    this.#ids = wider;
  }

  #rebuild(length: number): void {
    const old = this.#table;
    this.#table = new Uint32Array(length);
    for (const entry of old) {
      if (entry !== 0) this.#table[this.#position(this.idAt(entry - 1))] = entry;
    }
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
