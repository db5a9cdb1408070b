import { assert } from "../lib/mod.ts";
import { CHUNK_BYTES_MAX } from "../wire/mod.ts";
import type { SharedBudget } from "./shared_budget.ts";

/** One chunk may always be asked for; 32 MiB is 1 Gbit/s at 250 ms (protocol.md §2.3). */
const WINDOW_BYTES_MIN = CHUNK_BYTES_MAX;
const WINDOW_BYTES_MAX = 32 * 1_048_576;
/** Round trips of bytes to have asked for, so that the next FETCH arrives before the last byte
 * has left. */
const ROUND_TRIPS = 2;

/** Bytes asked for by FETCH and not here yet: the credit we have given one peer. */
export class FlowControl {
  readonly #budget: SharedBudget;
  #outstandingBytes = 0;
  #windowBytes = WINDOW_BYTES_MIN;

  /** @param budget shared by all connections. */
  constructor(budget: SharedBudget) {
    this.#budget = budget;
  }

  get outstandingBytes(): number {
    return this.#outstandingBytes;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** How many more bytes may be asked for now. */
  get roomBytes(): number {
    return Math.max(
      0,
      Math.min(this.#windowBytes - this.#outstandingBytes, this.#budget.freeBytes),
    );
  }

  /** @param receiveRate bytes of DATA per ms. */
  update(receiveRate: number, minRttMs: number): void {
    const wanted = ROUND_TRIPS * receiveRate * minRttMs;
    this.#windowBytes = Math.min(Math.max(wanted, WINDOW_BYTES_MIN), WINDOW_BYTES_MAX);
  }

  /** @returns false if `bytes` pass the window or the shared budget. */
  ask(bytes: number): boolean {
    if (this.#outstandingBytes + bytes > this.#windowBytes) return false;
    if (!this.#budget.take(bytes)) return false;
    this.#outstandingBytes += bytes;
    return true;
  }

  /** `bytes` of what was asked for have come, or will not come. */
  settle(bytes: number): void {
    this.#outstandingBytes -= bytes;
    assert(this.#outstandingBytes >= 0, `${bytes} bytes settled that were never asked for`);
    this.#budget.release(bytes);
  }
}
