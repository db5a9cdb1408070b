import { Fifo } from "../lib/mod.ts";
import {
  ANSWER_FRAME,
  DATAGRAM_BYTES_BASE,
  encodeAnswer,
  PACKET_OVERHEAD_BYTES,
} from "../wire/mod.ts";

/** Longer ones might not fit a packet. */
export const ANSWER_BYTES_MAX = DATAGRAM_BYTES_BASE - PACKET_OVERHEAD_BYTES - ANSWER_FRAME.bytes;
/** Answers that wait for the end of a turn, some 75 KB at most; a peer that asks more within one is
 * answered by messages, which its window holds back. */
const ANSWERS_MAX = 64;
/** What may be said after the peer has last acknowledged anything: less than two initial windows.
 * Where nobody listens any more, no more goes. */
export const UNHEARD_BYTES_MAX = 65_536;

/** Answers on their way out, each said once: a packet with nothing else is not acknowledged, and
 * neither window nor pacer hold it back. Half way to UNHEARD_BYTES_MAX a PING asks whether any
 * arrive, and there they stop. */
export class OutgoingAnswers {
  readonly #waiting = new Fifo<Uint8Array>();
  #unheardBytes = 0;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** There is one, and it may be said. */
  get isReady(): boolean {
    return !this.isEmpty && this.#unheardBytes < UNHEARD_BYTES_MAX;
  }

  /** Something ack-eliciting should be sent. */
  get wantsAck(): boolean {
    return this.#unheardBytes >= UNHEARD_BYTES_MAX / 2;
  }

  /** @param bytes kept. @returns false if it is too long or too many wait. */
  add(bytes: Uint8Array): boolean {
    if (bytes.length > ANSWER_BYTES_MAX || this.#waiting.length >= ANSWERS_MAX) return false;
    this.#waiting.push(bytes);
    return true;
  }

  /** Writes as many as may be said and fit to out[at … end). @returns the offset behind them. */
  write(out: Uint8Array, at: number, end: number): number {
    let next = at;
    while (this.isReady) {
      const first = this.#waiting.peek();
      if (first === undefined || next + ANSWER_FRAME.bytes + first.length > end) break;
      next = encodeAnswer(first, out, next);
      this.#unheardBytes += ANSWER_FRAME.bytes + first.length;
      this.#waiting.shift();
    }
    return next;
  }

  /** The peer has acknowledged a packet for the first time. */
  onHeard(): void {
    this.#unheardBytes = 0;
  }

  clear(): void {
    while (this.#waiting.shift() !== undefined);
  }
}
