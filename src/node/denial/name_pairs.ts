import { asChunkId, BoundedMap, type ChunkId, toHex } from "../../lib/mod.ts";

/** The two names of objects that were met and are perhaps not here, found by either. */
export class NamePairs {
  /** Under each of the two. BOUNDED by the constructor's `pairsMax`, the oldest making way. */
  readonly #byName: BoundedMap<string, readonly ChunkId[]>;

  /** @param pairsMax some 600 bytes each. */
  constructor(pairsMax: number) {
    this.#byName = new BoundedMap(2 * pairsMax);
  }

  /** Takes copies: a name may be a view into the object that it names. */
  add(names: readonly ChunkId[]): void {
    const keys = names.map((name) => toHex(name));
    if (keys.filter((key) => this.#byName.touch(key) !== undefined).length === keys.length) return;
    const copies = names.map((name) => asChunkId(name.slice()));
    for (const key of keys) this.#byName.set(key, copies);
  }

  /** Both names of an object of which one is given; undefined if it was not met. */
  of(name: ChunkId): readonly ChunkId[] | undefined {
    return this.#byName.get(toHex(name));
  }
}
