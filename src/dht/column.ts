/** Entries of a segment: what is made at once is at most 32 KiB. */
const SEGMENT_BITS = 12;
const SEGMENT_MASK = 2 ** SEGMENT_BITS - 1;
const ENTRIES_START = 64;

type Numbers = Uint8Array | Uint32Array | Float64Array;

/** One number per slot, 0 until it is set. It grows by segments: an array that is doubled has to be
 * copied as a whole, and for a million entries the pages of the copy alone took tens of ms of one
 * turn. */
export class Column {
  readonly #make: (length: number) => Numbers;
  /** All but the first have all their entries. */
  readonly #segments: Numbers[] = [];

  /** @param make the kind of array that its numbers go into. */
  constructor(make: (length: number) => Numbers) {
    this.#make = make;
  }

  get(slot: number): number {
    return this.#segments[slot >>> SEGMENT_BITS]?.[slot & SEGMENT_MASK] ?? 0;
  }

  /** @param slot at most one more than any before it. */
  set(slot: number, value: number): void {
    const segment = this.#segments[slot >>> SEGMENT_BITS];
    const at = slot & SEGMENT_MASK;
    if (segment !== undefined && at < segment.length) segment[at] = value;
    else this.#grown(slot)[at] = value;
  }

  #grown(slot: number): Numbers {
    const number = slot >>> SEGMENT_BITS;
    const narrow = this.#segments[number];
    const whole = SEGMENT_MASK + 1;
    const first = narrow === undefined ? ENTRIES_START : 2 * narrow.length;
    const segment = this.#make(number === 0 ? first : whole);
    if (narrow !== undefined) segment.set(narrow);
    this.#segments[number] = segment;
    return segment;
  }
}
