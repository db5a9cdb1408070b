import type { Clock } from "../ports/mod.ts";
import type { OpenConnection } from "./connection_doors.ts";

/** How often is looked whether all has ended, when it is to. */
const DRAIN_LOOK_MS = 50;

/** All clients' connections of a server, looked after as long as there are any. */
export class OpenConnections {
  readonly #all = new Set<OpenConnection>();
  readonly #clock: Clock;
  readonly #watchMs: number;
  #isWatching = false;

  /** @param watchMs how often they are looked at. */
  constructor(clock: Clock, watchMs: number) {
    this.#clock = clock;
    this.#watchMs = watchMs;
  }

  get size(): number {
    return this.#all.size;
  }

  add(connection: OpenConnection): void {
    this.#all.add(connection);
    this.#watch();
  }

  delete(connection: OpenConnection): void {
    this.#all.delete(connection);
  }

  /** Ends all that rests now, and the others when they rest. @param onDone called, perhaps before
   * this returns, when nothing runs any more; what runs after `graceMs` is cut. */
  drain(graceMs: number, onDone: () => void): void {
    const until = this.#clock.now() + graceMs;
    const look = (): void => {
      const isOver = this.#clock.now() >= until;
      let isAnyUnderWay = false;
      for (const connection of this.#all) {
        const isUnderWay = connection.drain();
        if (isUnderWay && isOver) connection.cut();
        else isAnyUnderWay ||= isUnderWay;
      }
      if (isAnyUnderWay) this.#clock.schedule(DRAIN_LOOK_MS, look);
      else onDone();
    };
    look();
  }

  #watch(): void {
    if (this.#isWatching || this.#all.size === 0) return;
    this.#isWatching = true;
    const dueAt = this.#clock.now() + this.#watchMs;
    this.#clock.schedule(this.#watchMs, () => {
      this.#isWatching = false;
      const now = this.#clock.now();
      const lateMs = now - dueAt;
      for (const connection of this.#all) {
        if (lateMs > this.#watchMs) connection.excuse(lateMs);
        connection.watch(now);
      }
      this.#watch();
    });
  }
}
