import { BoundedMap } from "../lib/mod.ts";

/** Numbers keys 0, 1, 2 …, so that what is kept per key can lie in arrays, and thousands of keys
 * are not as many objects for the collector to visit. A full one gives the number of its oldest
 * key to the newcomer, whose owner overwrites what was kept there. BOUNDED by `capacity`. */
export class KeySlots {
  readonly #slots: BoundedMap<string, number>;

  constructor(capacity: number) {
    this.#slots = new BoundedMap(capacity);
  }

  get(key: string): number | undefined {
    return this.#slots.get(key);
  }

  /** Like get, and makes the key the youngest. */
  touch(key: string): number | undefined {
    return this.#slots.touch(key);
  }

  /** The number of a key that is not here yet, now the youngest. @returns also the key that gave
   * way, if one did. */
  enter(key: string): { readonly slot: number; readonly evicted: string | undefined } {
    const evicted = this.#slots.set(key, this.#slots.size);
    if (evicted === undefined) return { slot: this.#slots.size - 1, evicted };
    const [oldest, slot] = evicted;
    this.#slots.set(key, slot);
    return { slot, evicted: oldest };
  }
}
