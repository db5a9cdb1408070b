import type { Instant } from "./instant.ts";

interface Entry<T> {
  readonly at: Instant;
  readonly item: T;
}

// A deadline that leaps back and forth leaves an entry at each leap; above this they are cleared.
const LEFT_OVER_RATIO = 4;
const LEFT_OVER_MIN = 64;

/** Deadlines of many items, one each, earliest first. Lazy: putting a deadline off costs a map
 * write, and the heap learns of it when the old one comes up. So a timer that is renewed with every
 * packet costs next to nothing, and thousands of idle ones cost nothing at all. */
export class TimerHeap<T> {
  readonly #heap: Entry<T>[] = [];
  readonly #due = new Map<T, Instant>();
  /** The earliest entry in the heap per item; later ones are left over. */
  readonly #entered = new Map<T, Instant>();

  /** Items with a deadline. */
  get size(): number {
    return this.#due.size;
  }

  /** Entries held, left-over ones included: at most about five per item. */
  get entries(): number {
    return this.#heap.length;
  }

  /** Sets, moves or (undefined) takes away the deadline of `item`. */
  set(item: T, at: Instant | undefined): void {
    if (at === undefined) {
      this.#due.delete(item);
      return;
    }
    this.#due.set(item, at);
    const entered = this.#entered.get(item);
    if (entered === undefined || at < entered) this.#enter(item, at);
  }

  /** The earliest deadline. */
  next(): Instant | undefined {
    this.#settle();
    return this.#heap[0]?.at;
  }

  /** Takes out one item that is due at `now`; its deadline is gone until set again. */
  popDue(now: Instant): T | undefined {
    this.#settle();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#removeFirst();
    this.#due.delete(first.item);
    return first.item;
  }

  /** Drops entries at the top that are out of date, until the first one is true. */
  #settle(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      const due = this.#due.get(first.item);
      const isCurrent = this.#entered.get(first.item) === first.at;
      if (isCurrent && due === first.at) return;
      this.#removeFirst();
      if (isCurrent && due !== undefined) this.#enter(first.item, due);
    }
  }

  #enter(item: T, at: Instant): void {
    this.#entered.set(item, at);
    this.#push(item, at);
    if (this.#heap.length > LEFT_OVER_RATIO * this.#entered.size + LEFT_OVER_MIN) this.#rebuild();
  }

  /** Leaves out what is left over; costs a fraction of the entries that made it necessary. */
  #rebuild(): void {
    this.#heap.length = 0;
    this.#entered.clear();
    for (const [item, at] of this.#due) {
      this.#entered.set(item, at);
      this.#push(item, at);
    }
  }

  #push(item: T, at: Instant): void {
    const heap = this.#heap;
    const entry = { at, item };
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= at) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const first = heap[0], last = heap.pop();
    if (first === undefined || last === undefined) return;
    if (this.#entered.get(first.item) === first.at) this.#entered.delete(first.item);
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const left = heap[child], right = heap[child + 1];
      if (left === undefined) break;
      let least = left;
      if (right !== undefined && right.at < left.at) {
        least = right;
        child++;
      }
      if (least.at >= last.at) break;
      heap[i] = least;
      i = child;
    }
    heap[i] = last;
  }
}
