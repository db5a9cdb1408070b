import { RangeSet } from "./range_set.ts";

/** What a SendBuffer tells the part that sends it. */
export interface SendBufferOwner {
  /** The last byte has been sent for the first time. */
  bufferSent(buffer: SendBuffer): void;
  /** Some bytes have to be sent again; called when `lost` becomes non-empty. */
  bufferLost(buffer: SendBuffer): void;
  /** Every byte is acknowledged. @param bytes what the buffer held and has let go. */
  bufferDone(buffer: SendBuffer, bytes: Uint8Array): void;
}

const NO_BYTES = new Uint8Array(0);

/** Bytes kept by reference until each of them is acknowledged: a slice or a message. Positions
 * count from the buffer's own start. */
export class SendBuffer {
  readonly owner: SendBufferOwner;
  /** The request or message id on the wire. */
  readonly id: number;
  /** Where the buffer's first byte lies in its object: 0 for a message. */
  readonly base: number;
  readonly length: number;
  bytes: Uint8Array;
  /** Bytes before this have been sent at least once. */
  sentUpTo = 0;
  /** What has to be sent again; never overlaps what is acknowledged. */
  readonly lost = new RangeSet();
  readonly #acked = new RangeSet();

  constructor(owner: SendBufferOwner, id: number, base: number, bytes: Uint8Array) {
    this.owner = owner;
    this.id = id;
    this.base = base;
    this.bytes = bytes;
    this.length = bytes.length;
  }

  get isDone(): boolean {
    return this.bytes.length === 0;
  }

  /** How many bytes are acknowledged. */
  get ackedBytes(): number {
    return this.#acked.size;
  }

  /** [start, end) arrived. */
  acked(start: number, end: number): void {
    if (this.isDone) return;
    if (this.lost.rangeCount > 0) this.lost.remove(start, end);
    this.#acked.add(start, end);
    if (this.#acked.size < this.length) return;
    this.owner.bufferDone(this, this.discard());
  }

  /** [start, end) may not have arrived; what of it is not acknowledged must be sent again. */
  resend(start: number, end: number): void {
    if (this.isDone) return;
    const wasEmpty = this.lost.rangeCount === 0;
    this.lost.add(start, end);
    for (let i = 0; i < this.#acked.rangeCount; i++) {
      if (this.#acked.endOf(i) <= start) continue;
      if (this.#acked.startOf(i) >= end) break;
      this.lost.remove(this.#acked.startOf(i), this.#acked.endOf(i));
    }
    if (wasEmpty && this.lost.rangeCount > 0) this.owner.bufferLost(this);
  }

  /** Lets the bytes go: nothing of it is sent any more. @returns them. */
  discard(): Uint8Array {
    const { bytes } = this;
    this.bytes = NO_BYTES;
    this.lost.clear();
    return bytes;
  }
}
