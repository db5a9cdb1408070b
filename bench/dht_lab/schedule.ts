import { EventHeap } from "../../test/sim/event_heap.ts";

type Task = () => void;

/** The wheel spans so many milliseconds; what is due later waits in a heap. */
const SPAN_MS = 65_536;

/** When what happens, to the millisecond. A wheel of lists: constant time for each of the hundred
 * millions of events of a run. Equal times keep the order of insertion: a run can be replayed. */
export class Schedule {
  #nowMs: number;
  /** Tasks of one millisecond, at its number modulo the span. */
  readonly #wheel: (Task[] | undefined)[] = new Array(SPAN_MS).fill(undefined);
  readonly #later = new EventHeap();
  #done = 0;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  at(whenMs: number, task: Task): void {
    const due = Math.max(Math.round(whenMs), this.#nowMs);
    if (due - this.#nowMs >= SPAN_MS) this.#later.push(due, task);
    else this.#enter(due, task);
  }

  /** Runs what is due, millisecond by millisecond. @returns whether `isDone` came to be. */
  runUntil(isDone: () => boolean, ms: number): boolean {
    const endMs = this.#nowMs + Math.round(ms);
    for (;;) {
      const tasks = this.#wheel[this.#nowMs % SPAN_MS];
      while (tasks !== undefined && this.#done < tasks.length) {
        if (isDone()) return true;
        tasks[this.#done++]?.();
      }
      this.#wheel[this.#nowMs % SPAN_MS] = undefined;
      this.#done = 0;
      if (this.#nowMs >= endMs) return isDone();
      this.#nowMs++;
      for (let due = this.#later.peek(); due !== undefined; due = this.#later.peek()) {
        if (due - this.#nowMs >= SPAN_MS) break;
        const entry = this.#later.pop();
        if (entry !== undefined) this.#enter(entry.atMs, entry.task);
      }
    }
  }

  #enter(dueMs: number, task: Task): void {
    const at = dueMs % SPAN_MS;
    const tasks = this.#wheel[at];
    if (tasks === undefined) this.#wheel[at] = [task];
    else tasks.push(task);
  }
}
