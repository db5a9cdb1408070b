import { assert } from "../lib/mod.ts";
import { widened } from "./id_index.ts";

/** Numbers keys 0, 1, 2 …, so that what is kept per key can lie in arrays, and thousands of keys
 * are not as many objects for the collector to visit. A full one gives the number of its oldest
 * key to the newcomer, whose owner overwrites what was kept there. The order of age is a chain of
 * numbers: a Map alone would have to take a key out and in again for each touch, and make itself
 * anew every few hundred. BOUNDED by `capacity`. */
export class KeySlots {
  readonly capacity: number;
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = [];
  /** Links of the chain by number + 1, whose place 0 stands before the oldest and behind the
   * youngest. */
  #older = new Uint32Array(16);
  #younger = new Uint32Array(16);

  /** @param capacity a positive integer. */
  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity > 0, `capacity ${capacity} is not positive`);
    this.capacity = capacity;
  }

  get(key: string): number | undefined {
    return this.#slots.get(key);
  }

  /** Like get, and makes the key the youngest. */
  touch(key: string): number | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#takeOut(slot + 1);
    this.#append(slot + 1);
    return slot;
  }

  /** The number of a key that is not here yet, now the youngest. @returns also the key that gave
   * way, if one did. */
  enter(key: string): { readonly slot: number; readonly evicted: string | undefined } {
    const { slot, evicted } = this.#place();
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#append(slot + 1);
    return { slot, evicted };
  }

  #place(): { readonly slot: number; readonly evicted: string | undefined } {
    if (this.#keys.length < this.capacity) {
      const slot = this.#keys.length;
      this.#older = widened(this.#older, slot + 2);
      this.#younger = widened(this.#younger, slot + 2);
      return { slot, evicted: undefined };
    }
    const link = this.#younger[0] ?? 0;
    const evicted = this.#keys[link - 1] ?? "";
    this.#takeOut(link);
    this.#slots.delete(evicted);
    return { slot: link - 1, evicted };
  }

  #takeOut(link: number): void {
    const older = this.#older[link] ?? 0, younger = this.#younger[link] ?? 0;
    this.#younger[older] = younger;
    this.#older[younger] = older;
  }

  #append(link: number): void {
    const youngest = this.#older[0] ?? 0;
    this.#older[link] = youngest;
    this.#younger[link] = 0;
    this.#younger[youngest] = link;
    this.#older[0] = link;
  }
}
