import type { Policy, Query } from "./policy.ts";

/** The share of the small queue. */
const SMALL_SHARE = 0.1;
const FREQUENCY_MAX = 3;

/** S3-FIFO (Yang, Zhang, Qiu, Yue, Vigfusson: FIFO queues are all you need for cache eviction, SOSP
 * 2023, algorithm 1): newcomers in a small queue, those used there in the main one, ids of those
 * that were not in a ghost queue as long as the main one. */
export class S3Fifo implements Policy {
  readonly #bytes: Uint32Array;
  readonly #capacityBytes: number;
  readonly #small = new Set<number>();
  readonly #main = new Set<number>();
  readonly #ghost = new Set<number>();
  readonly #frequency: Uint8Array;
  #smallBytes = 0;
  #mainBytes = 0;
  fetched = 0;

  constructor(bytes: Uint32Array, capacityBytes: number) {
    this.#bytes = bytes;
    this.#capacityBytes = capacityBytes;
    this.#frequency = new Uint8Array(bytes.length);
  }

  get usedBytes(): number {
    return this.#smallBytes + this.#mainBytes;
  }

  ask({ chunk }: Query): boolean {
    if (this.#small.has(chunk) || this.#main.has(chunk)) {
      this.#frequency[chunk] = Math.min((this.#frequency[chunk] ?? 0) + 1, FREQUENCY_MAX);
      return true;
    }
    this.fetched++;
    const bytes = this.#bytes[chunk] ?? 0;
    while (this.usedBytes + bytes > this.#capacityBytes) this.#evict();
    this.#frequency[chunk] = 0;
    if (this.#ghost.delete(chunk)) this.#addMain(chunk);
    else {
      this.#small.add(chunk);
      this.#smallBytes += bytes;
    }
    return false;
  }

  #evict(): void {
    const isSmallFull = this.#smallBytes >= this.#capacityBytes * SMALL_SHARE;
    if (isSmallFull || this.#main.size === 0) this.#evictSmall();
    else this.#evictMain();
  }

  #evictSmall(): void {
    for (const chunk of this.#small) {
      this.#small.delete(chunk);
      this.#smallBytes -= this.#bytes[chunk] ?? 0;
      if ((this.#frequency[chunk] ?? 0) > 1) {
        this.#frequency[chunk] = 0;
        this.#addMain(chunk);
        continue;
      }
      this.#ghost.add(chunk);
      for (const oldest of this.#ghost) {
        if (this.#ghost.size <= this.#main.size) break;
        this.#ghost.delete(oldest);
      }
      return;
    }
  }

  #evictMain(): void {
    for (;;) {
      for (const chunk of this.#main) {
        this.#main.delete(chunk);
        const frequency = this.#frequency[chunk] ?? 0;
        if (frequency > 0) {
          this.#frequency[chunk] = frequency - 1;
          this.#main.add(chunk);
          continue;
        }
        this.#mainBytes -= this.#bytes[chunk] ?? 0;
        return;
      }
    }
  }

  #addMain(chunk: number): void {
    this.#main.add(chunk);
    this.#mainBytes += this.#bytes[chunk] ?? 0;
  }
}
