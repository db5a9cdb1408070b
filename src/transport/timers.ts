import type { Instant } from "../lib/mod.ts";

/** The closed list of a connection's deadlines. */
export const TIMER = {
  /** Loss by time, or a probe timeout (RFC 9002 §A.8). */
  lossDetection: 0,
  /** An ACK becomes due. */
  ack: 1,
  /** The pacer lets the next packet go. */
  pacing: 2,
  /** Nothing was heard for too long. */
  idle: 3,
  /** A PING keeps the connection open. */
  keepAlive: 4,
  /** The search for a larger path MTU is taken up again. */
  mtuRaise: 5,
  /** Half a message has waited too long for the rest. */
  partialMessages: 6,
  /** A closed connection has answered stragglers long enough. */
  drain: 7,
} as const;
export type Timer = (typeof TIMER)[keyof typeof TIMER];

/** One deadline of each kind, or none. */
export class Timers {
  readonly #at = new Float64Array(Object.keys(TIMER).length).fill(Infinity);

  set(timer: Timer, at: Instant | undefined): void {
    this.#at[timer] = at ?? Infinity;
  }

  get(timer: Timer): Instant | undefined {
    const at = this.#at[timer] ?? Infinity;
    return at === Infinity ? undefined : at as Instant;
  }

  /** True if `timer` is set for `now` or earlier; then it is cleared. */
  expire(timer: Timer, now: Instant): boolean {
    if ((this.#at[timer] ?? Infinity) > now) return false;
    this.#at[timer] = Infinity;
    return true;
  }

  clear(): void {
    this.#at.fill(Infinity);
  }

  /** The earliest of all. */
  get next(): Instant | undefined {
    let first = Infinity;
    for (let i = 0; i < this.#at.length; i++) {
      const at = this.#at[i] ?? Infinity;
      if (at < first) first = at;
    }
    return first === Infinity ? undefined : first as Instant;
  }
}
