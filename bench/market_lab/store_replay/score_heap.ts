/** Chunks by number in the order of a score, the least first: a binary heap that knows where each
 * one is, so that a change costs O(log n). Of equal scores the one set first comes first. */
export class ScoreHeap {
  readonly #heap: number[] = [];
  readonly #places: Int32Array;
  readonly #scores: Float64Array;
  readonly #turns: Float64Array;
  #turn = 0;

  constructor(chunks: number) {
    this.#places = new Int32Array(chunks).fill(-1);
    this.#scores = new Float64Array(chunks);
    this.#turns = new Float64Array(chunks);
  }

  get size(): number {
    return this.#heap.length;
  }

  has(chunk: number): boolean {
    return this.#placeOf(chunk) >= 0;
  }

  scoreOf(chunk: number): number {
    return this.#scores[chunk] ?? 0;
  }

  least(): number | undefined {
    return this.#heap[0];
  }

  /** In no order. */
  chunks(): readonly number[] {
    return this.#heap;
  }

  set(chunk: number, score: number): void {
    this.#scores[chunk] = score;
    this.#turns[chunk] = this.#turn++;
    let place = this.#placeOf(chunk);
    if (place < 0) place = this.#heap.push(chunk) - 1;
    this.#settle(chunk, place);
  }

  remove(chunk: number): void {
    const place = this.#placeOf(chunk);
    const last = this.#heap.pop();
    this.#places[chunk] = -1;
    if (last !== undefined && last !== chunk) this.#settle(last, place);
  }

  #settle(chunk: number, from: number): void {
    let place = from;
    for (; place > 0;) {
      const above = (place - 1) >> 1;
      const other = this.#heap[above] as number;
      if (!this.#isBefore(chunk, other)) break;
      this.#put(other, place);
      place = above;
    }
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#heap.length) break;
      const right = below + 1;
      if (right < this.#heap.length && this.#isBefore(this.#at(right), this.#at(below))) {
        below = right;
      }
      if (!this.#isBefore(this.#at(below), chunk)) break;
      this.#put(this.#at(below), place);
      place = below;
    }
    this.#put(chunk, place);
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.scoreOf(a) - this.scoreOf(b);
    return difference === 0 ? (this.#turns[a] ?? 0) < (this.#turns[b] ?? 0) : difference < 0;
  }

  #at(place: number): number {
    return this.#heap[place] as number;
  }

  #placeOf(chunk: number): number {
    return this.#places[chunk] ?? -1;
  }

  #put(chunk: number, place: number): void {
    this.#heap[place] = chunk;
    this.#places[chunk] = place;
  }
}
