import type { Instant } from "../lib/mod.ts";
import {
  DATAGRAM_BYTES_BASE,
  encodeMsg,
  MSG_BYTES_MAX,
  MSG_FRAME,
  PACKET_OVERHEAD_BYTES,
  PARTIAL_MESSAGE_BYTES_MAX,
  PARTIAL_MESSAGES_MAX,
} from "../wire/mod.ts";
import { Fifo } from "../lib/mod.ts";
import { IdCounter } from "./id_counter.ts";
import { ID_LEAD_MAX } from "./seen_window.ts";
import { SendBuffer, type SendBufferOwner } from "./send_buffer.ts";
import { type PieceFormat, SendQueue } from "./send_queue.ts";
import type { SentPacket } from "./sent_packets.ts";

/** Messages a connection holds for sending: as many as its ids may run ahead. */
export const QUEUED_MESSAGES_MAX = ID_LEAD_MAX;
/** And their bytes; above it the caller is told to wait. */
export const QUEUED_MESSAGE_BYTES_MAX = 1_048_576;
/** A message up to this length always fits one packet and is never cut. */
const WHOLE_BYTES_MAX = DATAGRAM_BYTES_BASE - PACKET_OVERHEAD_BYTES - MSG_FRAME.bytes;

const MSG_PIECES: PieceFormat = {
  headBytes: MSG_FRAME.bytes,
  unsplitBytes: WHOLE_BYTES_MAX,
  write: (buffer, start, length, out, at) =>
    encodeMsg(buffer.id, buffer.bytes, start, length, out, at),
};

/** @throws {RangeError} if no MSG can carry it. */
export function checkMessageLength(bytes: Uint8Array): void {
  if (bytes.length >= 1 && bytes.length <= MSG_BYTES_MAX) return;
  throw new RangeError(`a message must be 1 … ${MSG_BYTES_MAX} bytes, not ${bytes.length}`);
}

/** Control messages on their way out. At most PARTIAL_MESSAGES_MAX long ones and
 * PARTIAL_MESSAGE_BYTES_MAX of them are under way at once: what the peer agrees to put together. */
export class OutgoingMessages implements SendBufferOwner {
  readonly #queue = new SendQueue(MSG_PIECES);
  readonly #ids: IdCounter;
  /** Not yet begun. */
  readonly #waiting = new Fifo<SendBuffer>();
  /** All, by id, oldest first. */
  readonly #live = new Map<number, SendBuffer>();
  #queuedBytes = 0;
  #longUnderWay = 0;
  #longBytesUnderWay = 0;
  #restMs = 0;
  #now = 0 as Instant;

  /** @param nextId where ids go on, if a connection does. */
  constructor(nextId = 0) {
    this.#ids = new IdCounter(nextId);
  }

  /** The id of the next message. */
  get nextId(): number {
    return this.#ids.next;
  }

  get isEmpty(): boolean {
    return this.#live.size === 0;
  }

  get hasLost(): boolean {
    return this.#queue.hasLost;
  }

  get hasFresh(): boolean {
    this.#admit();
    return this.#queue.hasFresh;
  }

  /** Queues a copy of `bytes` (1 … MSG_BYTES_MAX). @param restMs 3 PTO: how long an id rests.
   * @returns false if too much is queued already. */
  send(bytes: Uint8Array, restMs: number, now: Instant): boolean {
    checkMessageLength(bytes);
    this.#restMs = restMs;
    this.#now = now;
    if (this.#queuedBytes + bytes.length > QUEUED_MESSAGE_BYTES_MAX) return false;
    if (this.#isTooFarAhead()) return false;
    const id = this.#ids.take(this.#live, now);
    if (id === undefined) return false;
    const buffer = new SendBuffer(this, id, 0, bytes.slice());
    this.#live.set(id, buffer);
    this.#queuedBytes += buffer.length;
    this.#waiting.push(buffer);
    return true;
  }

  #isTooFarAhead(): boolean {
    for (const oldest of this.#live.keys()) {
      return ((this.#ids.next - oldest) & 0xffff) >= QUEUED_MESSAGES_MAX;
    }
    return false;
  }

  writeLost(packet: SentPacket, out: Uint8Array, at: number, end: number): number {
    return this.#queue.writeLost(packet, out, at, end);
  }

  writeFresh(packet: SentPacket, out: Uint8Array, at: number, end: number): number {
    this.#admit();
    return this.#queue.writeFresh(packet, out, at, end);
  }

  /** Begins waiting messages while the peer can hold their parts. */
  #admit(): void {
    for (let next = this.#waiting.peek(); next !== undefined; next = this.#waiting.peek()) {
      if (next.length > WHOLE_BYTES_MAX) {
        if (this.#longUnderWay >= PARTIAL_MESSAGES_MAX) return;
        if (this.#longBytesUnderWay + next.length > PARTIAL_MESSAGE_BYTES_MAX) return;
        this.#longUnderWay++;
        this.#longBytesUnderWay += next.length;
      }
      this.#queue.add(next);
      this.#waiting.shift();
    }
  }

  bufferSent(): void {
    // a message says its own length: nothing follows it
  }

  bufferLost(buffer: SendBuffer): void {
    this.#queue.addLost(buffer);
  }

  bufferDone(buffer: SendBuffer): void {
    if (buffer.length > WHOLE_BYTES_MAX) {
      this.#longUnderWay--;
      this.#longBytesUnderWay -= buffer.length;
    }
    this.#queuedBytes -= buffer.length;
    this.#live.delete(buffer.id);
    this.#ids.finished(buffer.id, this.#restMs, this.#now);
  }

  /** The connection is over. */
  clear(): void {
    for (const buffer of this.#live.values()) buffer.discard();
    this.#live.clear();
    this.#waiting.clear();
    this.#queue.clear();
    this.#queuedBytes = 0;
    this.#longUnderWay = 0;
    this.#longBytesUnderWay = 0;
  }
}
