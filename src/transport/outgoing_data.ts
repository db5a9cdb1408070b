import { copyBytes } from "../crypto/mod.ts";
import { equalBytes, Fifo } from "../lib/mod.ts";
import {
  DATA_FRAME,
  type Drop,
  drop,
  encodeData,
  encodeFetchInfo,
  encodeSliceEnd,
  FETCH_INFO_FRAME,
  type FetchFrame,
  OPEN_FETCHES_MAX,
  SLICE_BYTES,
  SLICE_END_FRAME,
} from "../wire/mod.ts";
import { FETCH_STATUS, type FetchAnswer, NO_STANDING } from "./api.ts";
import type { ConnectionEvent } from "./connection_event.ts";
import { ControlFrame, type ControlQueue } from "./control_queue.ts";
import { SeenWindow } from "./seen_window.ts";
import { SendBuffer, type SendBufferOwner } from "./send_buffer.ts";
import { type PieceFormat, SendQueue } from "./send_queue.ts";
import type { SentPacket } from "./sent_packets.ts";

/** Unsent slices held: one congestion window, so that a disk read of a window's worth never stops
 * the flow, within these bounds. Two: one being sent, one in reserve. 64 = 4 MiB: 40 ms at
 * 100 MB/s, far more than a read takes. */
const UNSENT_SLICES_MIN = 2;
const UNSENT_SLICES_MAX = 64;

const DATA_PIECES: PieceFormat = {
  headBytes: DATA_FRAME.bytes,
  unsplitBytes: 0,
  write: (buffer, start, length, out, at) =>
    encodeData(buffer.id, buffer.base + start, buffer.bytes, start, length, out, at, copyBytes),
};

interface ServedFetch {
  readonly frame: FetchFrame;
  /** Bitmap of slices asked for and neither provided nor refused yet. */
  awaited: number;
  /** Provided slices that are not fully acknowledged. */
  readonly buffers: Set<SendBuffer>;
}

/** The server side of fetches: what the peer asked for, and slices on their way to it. */
export class OutgoingData implements SendBufferOwner {
  readonly #queue = new SendQueue(DATA_PIECES);
  readonly #control: ControlQueue;
  readonly #events: Fifo<ConnectionEvent>;
  /** BOUNDED: OPEN_FETCHES_MAX not yet fully sent, and those whose bytes are in flight. */
  readonly #fetches = new Map<number, ServedFetch>();
  #seen: SeenWindow | undefined;
  #awaitedSlices = 0;
  #unsentTarget = UNSENT_SLICES_MIN * SLICE_BYTES;
  #isWantTold = false;

  constructor(control: ControlQueue, events: Fifo<ConnectionEvent>) {
    this.#control = control;
    this.#events = events;
  }

  /** Nothing has ever been asked for. */
  get isUnused(): boolean {
    return this.#seen === undefined;
  }

  get openFetches(): number {
    return this.#fetches.size;
  }

  /** Bytes wait to be sent, for the first time or again. */
  get hasBulk(): boolean {
    return this.hasFresh || this.hasLost;
  }

  get hasLost(): boolean {
    return this.#queue.hasLost;
  }

  get hasFresh(): boolean {
    return this.#queue.hasFresh;
  }

  /** Holds about one window of unsent slices from now on. */
  setWindow(windowBytes: number): void {
    const least = UNSENT_SLICES_MIN * SLICE_BYTES;
    this.#unsentTarget = Math.min(Math.max(windowBytes, least), UNSENT_SLICES_MAX * SLICE_BYTES);
  }

  /** How many slices should be handed over now; 0 if the peer waits for none. */
  get sliceRoom(): number {
    const room = Math.ceil((this.#unsentTarget - this.#queue.unsentBytes) / SLICE_BYTES);
    return Math.max(0, Math.min(room, this.#awaitedSlices));
  }

  /** True once each time slices run low, that is, half of what is held has been sent. Having
   * enough, and a slice handed over or refused, arm it again. */
  takeWant(): boolean {
    if (this.#queue.unsentBytes > this.#unsentTarget / 2) {
      this.#isWantTold = false;
      return false;
    }
    if (this.#isWantTold || this.#awaitedSlices === 0) return false;
    this.#isWantTold = true;
    return true;
  }

  /** @returns a Drop if the peer breaks a rule; `no_room` if too many answers wait to be sent. */
  onFetch(frame: FetchFrame): Drop | undefined {
    this.#seen ??= new SeenWindow();
    const live = this.#fetches.get(frame.requestId);
    if (live !== undefined) return isSameFetch(live.frame, frame) ? undefined : drop("unexpected");
    if (this.#seen.has(frame.requestId)) return undefined; // sent again though it had arrived
    if (this.#control.isFull) return drop("no_room");
    this.#seen.add(frame.requestId);
    if (this.#fetches.size >= OPEN_FETCHES_MAX && this.#unsentFetches() >= OPEN_FETCHES_MAX) {
      return drop("limit");
    }
    this.#fetches.set(frame.requestId, { frame, awaited: frame.bitmap, buffers: new Set() });
    this.#awaitedSlices += countBits(frame.bitmap);
    const { requestId, id, bitmap, maxPrice } = frame;
    this.#events.push({ kind: "fetch_requested", requestId, id, bitmap, maxPrice });
    return undefined;
  }

  /** Fetches that the peer cannot think finished, as not all of them has been sent. */
  #unsentFetches(): number {
    let count = 0;
    for (const fetch of this.#fetches.values()) {
      let isUnsent = fetch.awaited !== 0;
      for (const buffer of fetch.buffers) isUnsent ||= buffer.sentUpTo < buffer.length;
      if (isUnsent) count++;
    }
    return count;
  }

  onCancel(requestId: number): void {
    this.#seen ??= new SeenWindow();
    this.#seen.add(requestId); // a FETCH that comes later than its CANCEL is void
    const fetch = this.#fetches.get(requestId);
    if (fetch === undefined) return;
    this.#drop(requestId, fetch);
    this.#events.push({ kind: "fetch_cancelled", requestId });
  }

  /** The first answer to a fetch. A status other than ok ends it. */
  fetchInfo(requestId: number, info: FetchAnswer): void {
    const fetch = this.#fetches.get(requestId);
    if (fetch === undefined) return;
    const queueMs = Math.min(Math.max(0, Math.round(info.queueMs)), 0xffff);
    const { status, chunkLength, standing = NO_STANDING } = info;
    const frame = { requestId, status, chunkLength, queueMs, ...standing };
    this.#control.push(
      new ControlFrame(FETCH_INFO_FRAME.bytes, (out, at) => encodeFetchInfo(frame, out, at)),
    );
    if (info.status !== FETCH_STATUS.ok) this.#drop(requestId, fetch);
    else this.#forgetBeyond(requestId, fetch, info.chunkLength);
  }

  /** The fetch is forgotten, and its asker hears nothing of it. */
  ignoreFetch(requestId: number): void {
    const fetch = this.#fetches.get(requestId);
    if (fetch !== undefined) this.#drop(requestId, fetch);
  }

  /** Slices behind the object's end need no answer: its length is one. */
  #forgetBeyond(requestId: number, fetch: ServedFetch, chunkLength: number): void {
    const beyond = fetch.awaited & ~(2 ** Math.ceil(chunkLength / SLICE_BYTES) - 1);
    fetch.awaited &= ~beyond;
    this.#awaitedSlices -= countBits(beyond);
    this.#closeIfDone(requestId, fetch);
  }

  /** Takes `bytes`, slice `slice` of what was asked for, by reference until slice_returned.
   * @returns false if the fetch is gone, or did not ask for it (any more). */
  provideSlice(requestId: number, slice: number, bytes: Uint8Array): boolean {
    if (bytes.length === 0 || bytes.length > SLICE_BYTES) {
      throw new RangeError(`a slice must be 1 … ${SLICE_BYTES} bytes, not ${bytes.length}`);
    }
    const fetch = this.#settle(requestId, slice);
    if (fetch === undefined) return false;
    const buffer = new SendBuffer(this, requestId, slice * SLICE_BYTES, bytes);
    fetch.buffers.add(buffer);
    this.#queue.add(buffer);
    return true;
  }

  /** @param status 1 … 255. */
  refuseSlice(requestId: number, slice: number, status: number): void {
    if (status < 1 || status > 0xff) throw new RangeError(`status ${status} is not in 1 … 255`);
    const fetch = this.#settle(requestId, slice);
    if (fetch === undefined) return;
    this.#sendSliceEnd(requestId, slice, status);
    this.#closeIfDone(requestId, fetch);
  }

  /** The awaited slice is answered. @returns its fetch; undefined if it is not awaited. */
  #settle(requestId: number, slice: number): ServedFetch | undefined {
    const fetch = this.#fetches.get(requestId);
    if (fetch === undefined || (fetch.awaited & (1 << slice)) === 0) return undefined;
    fetch.awaited &= ~(1 << slice);
    this.#awaitedSlices--;
    this.#isWantTold = false;
    return fetch;
  }

  #sendSliceEnd(requestId: number, slice: number, status: number): void {
    const frame = { requestId, slice, status };
    this.#control.push(
      new ControlFrame(SLICE_END_FRAME.bytes, (out, at) => encodeSliceEnd(frame, out, at)),
    );
  }

  writeLost(packet: SentPacket, out: Uint8Array, at: number, end: number): number {
    return this.#queue.writeLost(packet, out, at, end);
  }

  writeFresh(packet: SentPacket, out: Uint8Array, at: number, end: number): number {
    return this.#queue.writeFresh(packet, out, at, end);
  }

  bufferSent(buffer: SendBuffer): void {
    this.#sendSliceEnd(buffer.id, buffer.base / SLICE_BYTES, 0);
  }

  bufferLost(buffer: SendBuffer): void {
    this.#queue.addLost(buffer);
  }

  bufferDone(buffer: SendBuffer, bytes: Uint8Array): void {
    const { id: requestId, ackedBytes } = buffer;
    this.#events.push({ kind: "slice_returned", requestId, bytes, ackedBytes });
    const fetch = this.#fetches.get(buffer.id);
    if (fetch === undefined || !fetch.buffers.delete(buffer)) return;
    this.#closeIfDone(buffer.id, fetch);
  }

  #closeIfDone(requestId: number, fetch: ServedFetch): void {
    if (fetch.awaited === 0 && fetch.buffers.size === 0) this.#fetches.delete(requestId);
  }

  #drop(requestId: number, fetch: ServedFetch): void {
    this.#awaitedSlices -= countBits(fetch.awaited);
    for (const buffer of fetch.buffers) {
      const bytes = this.#queue.discard(buffer);
      this.#events.push({
        kind: "slice_returned",
        requestId,
        bytes,
        ackedBytes: buffer.ackedBytes,
      });
    }
    this.#fetches.delete(requestId);
  }

  /** The connection is over. */
  clear(): void {
    for (const [requestId, fetch] of this.#fetches) this.#drop(requestId, fetch);
    this.#queue.clear();
  }
}

function isSameFetch(a: FetchFrame, b: FetchFrame): boolean {
  return a.bitmap === b.bitmap && a.maxPrice === b.maxPrice && equalBytes(a.id, b.id);
}

function countBits(bitmap: number): number {
  let count = 0;
  for (let rest = bitmap; rest !== 0; rest &= rest - 1) count++;
  return count;
}
