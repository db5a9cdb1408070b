import { type Instant, type UnixMs } from "../../src/lib/mod.ts";
import type { Clock } from "../../src/ports/mod.ts";
import { EventHeap } from "./event_heap.ts";

const UNIX_START_MS = Date.UTC(2026, 0, 1);
/** More events than this at one moment is a loop that never lets time move. */
const EVENTS_PER_MOMENT_MAX = 1_000_000;

export interface RunLimits {
  /** How far time may move while waiting, virtual ms. */
  readonly virtualMsMax: number;
}

/** Time that moves only when told: from one event straight to the next. Two ways to move it:
 * - `step`, `advance`, `runUntil` run events and nothing else: for pure cores.
 * - `advanceSettled`, `runUntilSettled`, `runPromise` also let every promise reaction run between
 *   two events, so that an async shell on virtual ports runs the same way each time. Only what
 *   waits for this clock or for promises is covered: never await a real timer, disk or socket. */
export class VirtualClock implements Clock {
  readonly #heap = new EventHeap();
  #nowMs = 0;
  #unixOffsetMs: number;
  #eventsAtMoment = 0;
  #eventsRun = 0;

  constructor(options: { readonly unixStartMs?: number } = {}) {
    this.#unixOffsetMs = options.unixStartMs ?? UNIX_START_MS;
  }

  now(): Instant {
    return this.#nowMs as Instant;
  }

  unixMs(): UnixMs {
    return Math.floor(this.#unixOffsetMs + this.#nowMs) as UnixMs;
  }

  /** Moves the wall clock by `ms`, which may be negative; `now` and the timers do not notice. */
  stepWall(ms: number): void {
    this.#unixOffsetMs += ms;
  }

  /** Events still to run. */
  get pending(): number {
    return this.#heap.size;
  }

  /** Events run since the start. */
  get eventsRun(): number {
    return this.#eventsRun;
  }

  /** @throws {RangeError} if `delayMs` is not a finite number ≥ 0. */
  schedule(delayMs: number, task: () => void): () => void {
    if (!(delayMs >= 0 && Number.isFinite(delayMs))) {
      throw new RangeError(`a delay must be a finite number ≥ 0, not ${delayMs}`);
    }
    const entry = this.#heap.push(this.#nowMs + delayMs, task);
    return () => this.#heap.cancel(entry);
  }

  /** When the next event is due. */
  nextEventAt(): Instant | undefined {
    return this.#heap.peek() as Instant | undefined;
  }

  /** Runs the next event if it is due at or before `untilMs`. @returns false if none is. */
  step(untilMs = Infinity): boolean {
    const atMs = this.#heap.peek();
    if (atMs === undefined || atMs > untilMs) return false;
    if (atMs > this.#nowMs) this.#eventsAtMoment = 0;
    if (++this.#eventsAtMoment > EVENTS_PER_MOMENT_MAX) {
      throw new Error(`${EVENTS_PER_MOMENT_MAX} events at ${atMs} ms: time does not move on`);
    }
    this.#nowMs = Math.max(this.#nowMs, atMs);
    this.#eventsRun++;
    this.#heap.pop()?.task();
    return true;
  }

  /** Runs everything due in the next `ms`, then stands exactly `ms` later. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    while (this.step(untilMs));
    this.#nowMs = untilMs;
  }

  /** Runs events until `isDone()`. @throws {Error} if that takes longer than the limit, or nothing
   * is left to happen. */
  runUntil(isDone: () => boolean, limits: RunLimits): void {
    const untilMs = this.#nowMs + limits.virtualMsMax;
    while (!isDone()) if (!this.step(untilMs)) throw this.#gaveUp(limits);
  }

  /** Lets every promise reaction that is due run, without moving time. */
  async settle(): Promise<void> {
    // A macrotask starts only when the queue of microtasks is empty, however long its chains are.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Like `advance`, letting promises run between events. */
  async advanceSettled(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.settle();
    while (this.step(untilMs)) await this.settle();
    this.#nowMs = untilMs;
  }

  /** Like `runUntil`, letting promises run between events. */
  async runUntilSettled(isDone: () => boolean, limits: RunLimits): Promise<void> {
    const untilMs = this.#nowMs + limits.virtualMsMax;
    await this.settle();
    while (!isDone()) {
      if (!this.step(untilMs)) throw this.#gaveUp(limits);
      await this.settle();
    }
  }

  /** Runs events until `promise` is settled; its value, or its rejection. */
  async runPromise<T>(promise: Promise<T>, limits: RunLimits): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    await this.runUntilSettled(() => isSettled, limits);
    return await promise;
  }

  #gaveUp(limits: RunLimits): Error {
    const next = this.nextEventAt();
    return new Error(
      next === undefined
        ? `at ${this.#nowMs} virtual ms nothing is left to happen, and it is not done`
        : `not done within ${limits.virtualMsMax} virtual ms (next event at ${next} ms)`,
    );
  }
}
