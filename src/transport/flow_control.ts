import { assert } from "../lib/mod.ts";
import { CHUNK_BYTES_MAX } from "../wire/mod.ts";
import type { SharedBudget } from "./shared_budget.ts";

/** One chunk may always be asked for; 32 MiB is 1 Gbit/s at 250 ms (protocol.md §2.3). */
const WINDOW_BYTES_MIN = CHUNK_BYTES_MAX;
const WINDOW_BYTES_MAX = 32 * 1_048_576;
/** Round trips of bytes to have asked for, so that the next FETCH arrives before the last byte
 * has left. */
const ROUND_TRIPS = 2;
/** Slices begun and not whole hold this many windows of memory at most: what was lost is here a
 * round trip later, and a peer that ends no slice must not take all of the shared budget. */
const HELD_WINDOWS = 2;

/** Bytes asked for by FETCH and not here yet: the credit we have given one peer. The shared budget
 * is for memory, and so held until a whole slice is here and can be handed on. */
export class FlowControl {
  readonly #budget: SharedBudget;
  #outstandingBytes = 0;
  #heldBytes = 0;
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
    const heldBytesMax = Math.min(HELD_WINDOWS * this.#windowBytes, WINDOW_BYTES_MAX);
    const credit = this.#windowBytes - this.#outstandingBytes;
    return Math.max(0, Math.min(credit, heldBytesMax - this.#heldBytes, this.#budget.freeBytes));
  }

  /** @param receiveRate bytes of DATA per ms. */
  update(receiveRate: number, minRttMs: number): void {
    const wanted = ROUND_TRIPS * receiveRate * minRttMs;
    this.#windowBytes = Math.min(Math.max(wanted, WINDOW_BYTES_MIN), WINDOW_BYTES_MAX);
  }

  /** @returns false if `bytes` pass the window or the shared budget. */
  ask(bytes: number): boolean {
    if (bytes > this.roomBytes || !this.#budget.take(bytes)) return false;
    this.#outstandingBytes += bytes;
    this.#heldBytes += bytes;
    return true;
  }

  /** `bytes` of what was asked for have come. What is late holds up its slice, not the credit. */
  arrived(bytes: number): void {
    this.#outstandingBytes -= bytes;
    assert(this.#outstandingBytes >= 0, "more has come than was asked for");
  }

  /** Nothing more of `bytes` that were asked for will come; `arrivedBytes` of them have. */
  settle(bytes: number, arrivedBytes: number): void {
    this.arrived(bytes - arrivedBytes);
    this.#heldBytes -= bytes;
    assert(this.#heldBytes >= 0, "more is given back than was taken");
    this.#budget.release(bytes);
  }
}
