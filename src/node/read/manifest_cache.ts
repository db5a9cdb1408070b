import type { Manifest } from "../../content/mod.ts";
import type { ChunkId } from "../../lib/mod.ts";

/** What an entry costs besides its object's bytes: the decoded form of a chunk or directory entry
 * takes about 200 B, and 1,000 of them come from no fewer than 40 KB of object. */
const COST_FACTOR = 4;

export interface CachedManifest {
  readonly manifest: Manifest;
  /** SHA-1 of the object. */
  readonly id: ChunkId;
}

/** Decoded manifest objects by strong id, the least recently used making way, bounded by what they
 * cost in memory. An id names one content for ever, so nothing here grows stale. */
export class ManifestCache {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, { readonly value: CachedManifest; readonly cost: number }>();
  #cost = 0;

  /** @param bytesMax memory in bytes, roughly; an object that would fill more is not kept. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Objects held. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: string): CachedManifest | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** @param objectBytes length of the object that `value` was decoded from. */
  set(key: string, value: CachedManifest, objectBytes: number): void {
    const cost = COST_FACTOR * objectBytes;
    if (cost > this.#bytesMax || this.#entries.has(key)) return;
    this.#entries.set(key, { value, cost });
    this.#cost += cost;
    for (const [oldest, entry] of this.#entries) {
      if (this.#cost <= this.#bytesMax) break;
      this.#entries.delete(oldest);
      this.#cost -= entry.cost;
    }
  }
}
