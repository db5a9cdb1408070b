/** Something due at a moment. Equal moments keep the order of insertion: a run can be replayed. */
export interface HeapEntry {
  readonly atMs: number;
  readonly seq: number;
  /** undefined once called off: the entry is skipped when its turn comes. */
  task: (() => void) | undefined;
}

const COMPACT_FROM = 1_024; // below this, dead entries cost less than sorting them out

/** Binary min-heap on (time, sequence number). Calling off is O(1): the entry stays as a husk, and
 * the heap is rebuilt when husks outnumber the living (a driver re-arms its timer per datagram). */
export class EventHeap {
  #entries: HeapEntry[] = [];
  #nextSeq = 0;
  #husks = 0;

  /** Entries that are still to run. */
  get size(): number {
    return this.#entries.length - this.#husks;
  }

  push(atMs: number, task: () => void): HeapEntry {
    const entry: HeapEntry = { atMs, seq: this.#nextSeq++, task };
    this.#entries.push(entry);
    this.#siftUp(this.#entries.length - 1);
    return entry;
  }

  /** Calls `entry` off; does nothing if it has run or was called off before. */
  cancel(entry: HeapEntry): void {
    if (entry.task === undefined) return;
    entry.task = undefined;
    this.#husks++;
    if (this.#husks > COMPACT_FROM && this.#husks * 2 > this.#entries.length) this.#compact();
  }

  /** The moment of the next living entry. */
  peek(): number | undefined {
    this.#dropHusksOnTop();
    return this.#entries[0]?.atMs;
  }

  /** Takes the next living entry's task out. */
  pop(): { readonly atMs: number; readonly task: () => void } | undefined {
    this.#dropHusksOnTop();
    const top = this.#entries[0];
    if (top?.task === undefined) return undefined;
    const taken = { atMs: top.atMs, task: top.task };
    top.task = undefined; // cancelling later must not count it as a husk
    this.#removeTop();
    return taken;
  }

  #dropHusksOnTop(): void {
    while (this.#entries.length > 0 && this.#entries[0]?.task === undefined) {
      this.#removeTop();
      this.#husks--;
    }
  }

  #removeTop(): void {
    const last = this.#entries.pop();
    if (last === undefined || this.#entries.length === 0) return;
    this.#entries[0] = last;
    this.#siftDown(0);
  }

  #compact(): void {
    this.#entries = this.#entries.filter((entry) => entry.task !== undefined);
    this.#husks = 0;
    for (let i = (this.#entries.length >> 1) - 1; i >= 0; i--) this.#siftDown(i);
  }

  #siftUp(start: number): void {
    const heap = this.#entries;
    let i = start;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(heap[i], heap[parent])) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #siftDown(start: number): void {
    const heap = this.#entries;
    let i = start;
    for (;;) {
      const left = 2 * i + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && isBefore(heap[right], heap[left]) ? right : left;
      if (!isBefore(heap[child], heap[i])) return;
      this.#swap(i, child);
      i = child;
    }
  }

  #swap(i: number, j: number): void {
    const held = this.#entries[i] as HeapEntry;
    this.#entries[i] = this.#entries[j] as HeapEntry;
    this.#entries[j] = held;
  }
}

function isBefore(a: HeapEntry | undefined, b: HeapEntry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
}
