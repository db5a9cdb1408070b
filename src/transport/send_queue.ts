import { Fifo } from "../lib/mod.ts";
import type { SendBuffer } from "./send_buffer.ts";
import type { SentPacket } from "./sent_packets.ts";

/** A frame with less of a longer buffer would be mostly head. */
const PIECE_BYTES_MIN = 64;

/** How a piece of a buffer is written as a frame: bytes [start, start + length). */
export interface PieceFormat {
  readonly headBytes: number;
  /** A buffer's rest up to this length is not cut in two when first sent: it waits for a packet
   * with room. A buffer up to it never is. */
  readonly unsplitBytes: number;
  write(
    buffer: SendBuffer,
    start: number,
    length: number,
    out: Uint8Array,
    at: number,
  ): number;
}

/** Buffers with something to send: for the first time, and again. Each kind in order. */
export class SendQueue {
  readonly #format: PieceFormat;
  readonly #fresh = new Fifo<SendBuffer>();
  readonly #lost = new Fifo<SendBuffer>();
  #unsentBytes = 0;

  constructor(format: PieceFormat) {
    this.#format = format;
  }

  /** Bytes that have never been sent. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get hasFresh(): boolean {
    return this.#unsentBytes > 0;
  }

  get hasLost(): boolean {
    let buffer = this.#lost.peek();
    while (buffer !== undefined && buffer.lost.rangeCount === 0) {
      this.#lost.shift(); // acknowledged or discarded meanwhile
      buffer = this.#lost.peek();
    }
    return buffer !== undefined;
  }

  add(buffer: SendBuffer): void {
    this.#fresh.push(buffer);
    this.#unsentBytes += buffer.length;
  }

  /** `buffer.lost` has become non-empty. */
  addLost(buffer: SendBuffer): void {
    this.#lost.push(buffer);
  }

  /** Nothing of `buffer` shall be sent any more. @returns the bytes that it has let go. */
  discard(buffer: SendBuffer): Uint8Array {
    if (!buffer.isDone) this.#unsentBytes -= buffer.length - buffer.sentUpTo;
    return buffer.discard();
  }

  /** Writes what has to be sent again, as far as it fits in out[at … end).
   * @returns the offset behind it. */
  writeLost(packet: SentPacket, out: Uint8Array, at: number, end: number): number {
    let next = at;
    while (this.hasLost) {
      const buffer = this.#lost.peek();
      if (buffer === undefined) break;
      const start = buffer.lost.startOf(0);
      const isLong = buffer.length > this.#format.unsplitBytes;
      const length = this.#fit(buffer.lost.endOf(0) - start, end - next, isLong);
      if (length === 0) break;
      next = this.#format.write(buffer, start, length, out, next);
      packet.addSegment(buffer, start, start + length);
      buffer.lost.remove(start, start + length);
    }
    return next;
  }

  /** Writes what has never been sent, as far as it fits in out[at … end).
   * @returns the offset behind it. */
  writeFresh(packet: SentPacket, out: Uint8Array, at: number, end: number): number {
    let next = at;
    for (let buffer = this.#fresh.peek(); buffer !== undefined; buffer = this.#fresh.peek()) {
      if (!buffer.isDone) {
        const start = buffer.sentUpTo;
        const rest = buffer.length - start;
        const length = this.#fit(rest, end - next, rest > this.#format.unsplitBytes);
        if (length === 0) break;
        next = this.#format.write(buffer, start, length, out, next);
        packet.addSegment(buffer, start, start + length);
        buffer.sentUpTo = start + length;
        this.#unsentBytes -= length;
        if (buffer.sentUpTo < buffer.length) break; // the packet is full
        buffer.owner.bufferSent(buffer);
      }
      this.#fresh.shift();
    }
    return next;
  }

  clear(): void {
    this.#fresh.clear();
    this.#lost.clear();
    this.#unsentBytes = 0;
  }

  /** How many of `wanted` bytes go into a frame of `room` bytes; 0 = leave it to the next one. */
  #fit(wanted: number, room: number, mayCut: boolean): number {
    const usable = room - this.#format.headBytes;
    const least = mayCut ? Math.min(wanted, PIECE_BYTES_MIN) : wanted;
    return usable < least ? 0 : Math.min(usable, wanted);
  }
}
