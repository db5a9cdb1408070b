import type { Policy, Query } from "./policy.ts";
import { ScoreHeap } from "./score_heap.ts";

/** Whoever has waited longest for a use goes. */
export class Lru implements Policy {
  readonly #bytes: Uint32Array;
  readonly #capacityBytes: number;
  readonly #chunks = new Set<number>();
  usedBytes = 0;
  fetched = 0;

  constructor(bytes: Uint32Array, capacityBytes: number) {
    this.#bytes = bytes;
    this.#capacityBytes = capacityBytes;
  }

  ask({ chunk }: Query): boolean {
    const isHit = this.#chunks.delete(chunk);
    this.#chunks.add(chunk);
    if (isHit) return true;
    this.fetched++;
    this.usedBytes += this.#bytes[chunk] ?? 0;
    for (const oldest of this.#chunks) {
      if (this.usedBytes <= this.#capacityBytes) break;
      this.#chunks.delete(oldest);
      this.usedBytes -= this.#bytes[oldest] ?? 0;
    }
    return false;
  }
}

/** Whoever was used least since it came goes; of those, who has waited longest. */
export class Lfu implements Policy {
  readonly #bytes: Uint32Array;
  readonly #capacityBytes: number;
  readonly #heap: ScoreHeap;
  usedBytes = 0;
  fetched = 0;

  constructor(bytes: Uint32Array, capacityBytes: number) {
    this.#bytes = bytes;
    this.#capacityBytes = capacityBytes;
    this.#heap = new ScoreHeap(bytes.length);
  }

  ask({ chunk }: Query): boolean {
    if (this.#heap.has(chunk)) {
      this.#heap.set(chunk, this.#heap.scoreOf(chunk) + 1);
      return true;
    }
    this.fetched++;
    this.usedBytes += this.#bytes[chunk] ?? 0;
    while (this.usedBytes > this.#capacityBytes) {
      const least = this.#heap.least();
      if (least === undefined) break;
      this.#heap.remove(least);
      this.usedBytes -= this.#bytes[least] ?? 0;
    }
    this.#heap.set(chunk, 1);
    return false;
  }
}
