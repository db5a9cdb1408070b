/** A set of integers kept as disjoint half-open ranges [start, end), ascending. Made for few ranges
 * that mostly grow at the end, or whose last one grows downwards (an ACK is walked from its newest
 * packet on): there adding costs no search. */
export class RangeSet {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #size = 0;

  /** How many integers are in the set. */
  get size(): number {
    return this.#size;
  }

  /** How many ranges they form. */
  get rangeCount(): number {
    return this.#starts.length;
  }

  /** Start and end of range `index`, counted from the lowest; 0 if there is none. */
  startOf(index: number): number {
    return this.#starts[index] ?? 0;
  }

  endOf(index: number): number {
    return this.#ends[index] ?? 0;
  }

  clear(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#size = 0;
  }

  /** Puts [start, end) in. @returns how many integers were not in before. */
  add(start: number, end: number): number {
    if (start >= end) return 0;
    const last = this.#ends.length - 1;
    const lastEnd = last < 0 ? -1 : this.endOf(last);
    if (start === lastEnd) {
      this.#ends[last] = end;
    } else if (start > lastEnd) {
      this.#starts.push(start);
      this.#ends.push(end);
    } else if (end === this.startOf(last) && (last === 0 || this.endOf(last - 1) < start)) {
      this.#starts[last] = start;
    } else {
      return this.#merge(start, end);
    }
    this.#size += end - start;
    return end - start;
  }

  #merge(start: number, end: number): number {
    let first = 0;
    while (this.endOf(first) < start) first++;
    let behind = first; // the first range that does not touch [start, end)
    let covered = 0;
    while (behind < this.#starts.length && this.startOf(behind) <= end) {
      covered += this.endOf(behind) - this.startOf(behind);
      behind++;
    }
    if (behind === first) {
      this.#starts.splice(first, 0, start);
      this.#ends.splice(first, 0, end);
    } else {
      this.#starts[first] = Math.min(start, this.startOf(first));
      this.#ends[first] = Math.max(end, this.endOf(behind - 1));
      this.#starts.splice(first + 1, behind - first - 1);
      this.#ends.splice(first + 1, behind - first - 1);
    }
    const added = this.endOf(first) - this.startOf(first) - covered;
    this.#size += added;
    return added;
  }

  /** Takes [start, end) out. @returns how many integers were in before. */
  remove(start: number, end: number): number {
    let removed = 0;
    for (let i = 0; i < this.#starts.length; i++) {
      const from = Math.max(start, this.startOf(i));
      const to = Math.min(end, this.endOf(i));
      if (from >= to) continue;
      removed += to - from;
      const keepsHead = this.startOf(i) < from;
      const keepsTail = to < this.endOf(i);
      if (keepsHead && keepsTail) {
        this.#starts.splice(i + 1, 0, to);
        this.#ends.splice(i, 0, from);
        break;
      }
      if (keepsHead) this.#ends[i] = from;
      else if (keepsTail) this.#starts[i] = to;
      else {
        this.#starts.splice(i, 1);
        this.#ends.splice(i, 1);
        i--;
      }
    }
    this.#size -= removed;
    return removed;
  }
}
