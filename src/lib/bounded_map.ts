import { assert } from "./assert.ts";

/** A Map that never holds more than `capacity` entries: a new key makes the oldest give way.
 * "Oldest" is by insertion; `touch` moves a key to the young end (least-recently-used order). */
export class BoundedMap<K, V> {
  readonly capacity: number;
  readonly #entries = new Map<K, V>();

  /** @param capacity a positive integer. */
  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity > 0, `capacity ${capacity} is not positive`);
    this.capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** Sets `key`, keeping its age if it was there. Returns the entry that gave way, if one did. */
  set(key: K, value: V): readonly [K, V] | undefined {
    let evicted: readonly [K, V] | undefined;
    if (!this.#entries.has(key) && this.#entries.size >= this.capacity) {
      for (const oldest of this.#entries) {
        this.#entries.delete(oldest[0]);
        evicted = oldest;
        break;
      }
    }
    this.#entries.set(key, value);
    return evicted;
  }

  /** Like get, and makes the entry the youngest. */
  touch(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Oldest first. Deleting the current entry while iterating is allowed. */
  entries(): MapIterator<[K, V]> {
    return this.#entries.entries();
  }

  keys(): MapIterator<K> {
    return this.#entries.keys();
  }

  values(): MapIterator<V> {
    return this.#entries.values();
  }
}
