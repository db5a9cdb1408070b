const CAPACITY_MIN = 4;
/** An emptied ring up to this long is kept: a queue that fills and empties many times a second
 * would make it anew each time. */
const CAPACITY_KEPT = 16;
/** Of all that have never held anything: most do not. */
const NO_RING: undefined[] = [];

/** First in, first out, in a ring that grows as needed and shrinks when emptied: a long queue of
 * long ago holds no memory. Not bounded: the owner's duty. */
export class Fifo<T> {
  #ring: (T | undefined)[] = NO_RING;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  /** The oldest item; undefined if there is none. */
  peek(): T | undefined {
    return this.#ring[this.#head];
  }

  /** Takes the oldest item out; undefined if there is none. */
  shift(): T | undefined {
    const item = this.#ring[this.#head];
    if (this.#length === 0) return undefined;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#ring.length > CAPACITY_KEPT) this.clear();
    return item;
  }

  clear(): void {
    this.#ring = NO_RING;
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const larger: (T | undefined)[] = new Array(
      Math.max(CAPACITY_MIN, this.#ring.length * 2),
    ).fill(undefined);
    for (let i = 0; i < this.#length; i++) {
      larger[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    }
    this.#ring = larger;
    this.#head = 0;
  }
}
