const CAPACITY_MIN = 4;

/** First in, first out, in a ring that grows as needed and shrinks when emptied: a long queue of
 * long ago holds no memory. Not bounded: the owner's duty. */
export class Fifo<T> {
  #ring: (T | undefined)[] = new Array(CAPACITY_MIN).fill(undefined);
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
    if (this.#length === 0 && this.#ring.length > CAPACITY_MIN) this.clear();
    return item;
  }

  clear(): void {
    this.#ring = new Array(CAPACITY_MIN).fill(undefined);
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const larger: (T | undefined)[] = new Array(this.#ring.length * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) {
      larger[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    }
    this.#ring = larger;
    this.#head = 0;
  }
}
