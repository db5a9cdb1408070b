import type { Policy, Query } from "./policy.ts";

const WINDOW_SHARE = 0.01;
const PROTECTED_SHARE = 0.8;
/** Of 4 bits. */
const COUNT_MAX = 15;
const ROWS = 4;
/** The sketch halves its counts after so many queries per chunk that fits. */
const SAMPLE_TIMES = 10;

/** W-TinyLFU (Einziger, Friedman, Manes: TinyLFU, ACM Transactions on Storage 2017): a window of
 * 1 % by LRU; who leaves it takes the place of the next to go of the main part if a sketch has seen
 * it more often. The main part is segmented, 80 % of it protected. The doorkeeper is left out: it
 * saves memory, and the counts here are wide enough. */
export class WTinyLfu implements Policy {
  readonly #bytes: Uint32Array;
  readonly #capacityBytes: number;
  readonly #sketch: Sketch;
  readonly #window = new Set<number>();
  readonly #probation = new Set<number>();
  readonly #protected = new Set<number>();
  #windowBytes = 0;
  #probationBytes = 0;
  #protectedBytes = 0;
  fetched = 0;

  constructor(bytes: Uint32Array, capacityBytes: number) {
    this.#bytes = bytes;
    this.#capacityBytes = capacityBytes;
    const mean = bytes.reduce((sum, one) => sum + one, 0) / bytes.length;
    this.#sketch = new Sketch(Math.ceil(capacityBytes / mean));
  }

  get usedBytes(): number {
    return this.#windowBytes + this.#probationBytes + this.#protectedBytes;
  }

  ask({ chunk }: Query): boolean {
    this.#sketch.add(chunk);
    if (this.#window.delete(chunk)) this.#window.add(chunk);
    else if (this.#protected.delete(chunk)) this.#protected.add(chunk);
    else if (this.#probation.delete(chunk)) this.#promote(chunk);
    else {
      this.fetched++;
      this.#window.add(chunk);
      this.#windowBytes += this.#bytes[chunk] ?? 0;
      this.#drainWindow();
      return false;
    }
    return true;
  }

  #promote(chunk: number): void {
    const bytes = this.#bytes[chunk] ?? 0;
    this.#probationBytes -= bytes;
    this.#protectedBytes += bytes;
    this.#protected.add(chunk);
    const most = this.#capacityBytes * (1 - WINDOW_SHARE) * PROTECTED_SHARE;
    for (const oldest of this.#protected) {
      if (this.#protectedBytes <= most) break;
      this.#protected.delete(oldest);
      this.#protectedBytes -= this.#bytes[oldest] ?? 0;
      this.#probation.add(oldest);
      this.#probationBytes += this.#bytes[oldest] ?? 0;
    }
  }

  #drainWindow(): void {
    const most = Math.max(this.#capacityBytes * WINDOW_SHARE, 2 ** 20);
    for (const candidate of this.#window) {
      if (this.#windowBytes <= most) return;
      this.#window.delete(candidate);
      this.#windowBytes -= this.#bytes[candidate] ?? 0;
      this.#admit(candidate, most);
    }
  }

  #admit(candidate: number, windowBytes: number): void {
    const bytes = this.#bytes[candidate] ?? 0;
    const most = this.#capacityBytes - windowBytes;
    while (this.#probationBytes + this.#protectedBytes + bytes > most) {
      const victim = this.#next();
      if (victim === undefined) return;
      if (this.#sketch.count(victim) >= this.#sketch.count(candidate)) return;
      if (this.#probation.delete(victim)) this.#probationBytes -= this.#bytes[victim] ?? 0;
      else {
        this.#protected.delete(victim);
        this.#protectedBytes -= this.#bytes[victim] ?? 0;
      }
    }
    this.#probation.add(candidate);
    this.#probationBytes += bytes;
  }

  /** The next to go of the main part. */
  #next(): number | undefined {
    for (const victim of this.#probation) return victim;
    for (const victim of this.#protected) return victim;
    return undefined;
  }
}

/** A count-min sketch of 4 rows with conservative update, whose counts halve now and then. */
class Sketch {
  readonly #rows: readonly Uint8Array[];
  readonly #mask: number;
  readonly #sample: number;
  #added = 0;

  constructor(chunks: number) {
    const width = 2 ** Math.ceil(Math.log2(8 * chunks));
    this.#mask = width - 1;
    this.#rows = Array.from({ length: ROWS }, () => new Uint8Array(width));
    this.#sample = SAMPLE_TIMES * chunks;
  }

  count(chunk: number): number {
    return Math.min(...this.#rows.map((row, i) => row[this.#place(chunk, i)] ?? 0));
  }

  add(chunk: number): void {
    const count = this.count(chunk);
    if (count < COUNT_MAX) {
      for (const [i, row] of this.#rows.entries()) {
        const place = this.#place(chunk, i);
        if (row[place] === count) row[place] = count + 1;
      }
    }
    if (++this.#added < this.#sample) return;
    this.#added /= 2;
    for (const row of this.#rows) row.forEach((value, place) => row[place] = value >> 1);
  }

  #place(chunk: number, row: number): number {
    let h = Math.imul(chunk + 1, 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    return (h ^ (h >>> 16)) & this.#mask;
  }
}
