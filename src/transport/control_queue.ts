import { Fifo } from "../lib/mod.ts";
import { OPEN_FETCHES_MAX } from "../wire/mod.ts";

/** One small frame that is sent again until it is acknowledged. */
export class ControlFrame {
  readonly bytes: number;
  readonly write: (out: Uint8Array, at: number) => number;
  isAcked = false;
  /** No longer worth sending: skipped in the queue, not sent again. */
  isObsolete = false;

  /** @param bytes what `write` writes. */
  constructor(bytes: number, write: (out: Uint8Array, at: number) => number) {
    this.bytes = bytes;
    this.write = write;
  }
}

/** Frames that all open fetches together need: FETCH or FETCH_INFO, CANCEL and 16 SLICE_END each,
 * and the same again for those being sent anew. Fetches opened and cancelled in a row, towards a
 * peer that acknowledges nothing, would pile up more. */
const CONTROL_FRAMES_MAX = 2 * 18 * OPEN_FETCHES_MAX;

/** Control frames waiting to be sent, first come first served. Whoever adds on behalf of a peer, or
 * begins a fetch, asks isFull first. */
export class ControlQueue {
  readonly #queue = new Fifo<ControlFrame>();

  get length(): number {
    return this.#queue.length;
  }

  get isFull(): boolean {
    return this.#queue.length >= CONTROL_FRAMES_MAX;
  }

  push(frame: ControlFrame): void {
    this.#queue.push(frame);
  }

  /** Writes frames to out[at … end) in order until one does not fit, and adds them to `written`.
   * @returns the offset behind them. */
  write(written: ControlFrame[], out: Uint8Array, at: number, end: number): number {
    let next = at;
    for (let frame = this.#queue.peek(); frame !== undefined; frame = this.#queue.peek()) {
      if (!frame.isObsolete) {
        if (next + frame.bytes > end) break;
        next = frame.write(out, next);
        written.push(frame);
      }
      this.#queue.shift();
    }
    return next;
  }

  /** The packet that carried `frame` was lost. */
  resend(frame: ControlFrame): void {
    if (!frame.isAcked && !frame.isObsolete) this.#queue.push(frame);
  }

  clear(): void {
    this.#queue.clear();
  }
}
