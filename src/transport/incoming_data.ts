import { Fifo, type Instant, LastView } from "../lib/mod.ts";
import {
  CANCEL_FRAME,
  type DataFrame,
  type Drop,
  drop,
  encodeCancel,
  encodeFetch,
  FETCH_FRAME,
  type FetchInfoFrame,
  OPEN_FETCHES_MAX,
  SLICE_BYTES,
  type SliceEndFrame,
  SLICES_PER_CHUNK,
} from "../wire/mod.ts";
import { FETCH_STATUS, type FetchProgress, type FetchRequest, type FetchStatus } from "./api.ts";
import type { ConnectionEvent } from "./connection_event.ts";
import { ControlFrame, type ControlQueue } from "./control_queue.ts";
import type { FlowControl } from "./flow_control.ts";
import { IdCounter } from "./id_counter.ts";
import { RangeSet } from "./range_set.ts";
import { ID_LEAD_MAX } from "./seen_window.ts";

/** A sender cuts slices at packet borders, 57 pieces of a base packet; every other one lost and a
 * new cut after an MTU change leave far fewer. */
const SLICE_RANGES_MAX = 256;
/** A CANCEL may be sent again for as long as a silent peer is kept; its id rests until then. */
const CANCELLED_REST_MS = 30_000;

interface AskedFetch {
  readonly requestId: number;
  readonly request: FetchRequest;
  readonly frame: ControlFrame;
  /** Bitmap of slices neither whole nor refused. */
  wanted: number;
  /** From FETCH_INFO: bytes of the object. */
  chunkLength: number | undefined;
  /** By slice: which of its bytes are here. */
  readonly received: (RangeSet | undefined)[];
  /** The same of slices called off, whose bytes still come: the sender counts them. */
  readonly calledOff: (RangeSet | undefined)[];
  /** Of those, bytes told of. */
  calledOffTold: number;
}

/** The bytes of the DATA being handled: one view is enough, as nobody keeps it. */
const dataBytes = new LastView();

/** The client side of fetches: what we asked for, written where it belongs as it comes. */
export class IncomingData {
  readonly #control: ControlQueue;
  readonly #flow: FlowControl;
  readonly #events: Fifo<ConnectionEvent>;
  readonly #ids = new IdCounter();
  /** BOUNDED by OPEN_FETCHES_MAX. */
  readonly #fetches = new Map<number, AskedFetch>();
  /** Fetches whose FETCH may not have arrived, oldest first; settled ones leave lazily. */
  readonly #unproven = new Fifo<AskedFetch>();
  #latest: AskedFetch | undefined;
  #busySince: Instant | undefined;
  #arrivedAt: Instant | undefined;
  /** DATA that was asked for and came for the first time. */
  arrivedBytes = 0;
  /** DATA that was not asked for, came twice or too late. */
  strayBytes = 0;

  constructor(control: ControlQueue, flow: FlowControl, events: Fifo<ConnectionEvent>) {
    this.#control = control;
    this.#flow = flow;
    this.#events = events;
  }

  /** Nothing has ever been asked for, and nothing come unasked. */
  get isUnused(): boolean {
    return this.#busySince === undefined && this.strayBytes === 0;
  }

  get openFetches(): number {
    return this.#fetches.size;
  }

  get progress(): FetchProgress {
    return {
      outstandingBytes: this.#flow.outstandingBytes,
      busySince: this.#busySince,
      arrivedBytes: this.arrivedBytes,
      arrivedAt: this.#arrivedAt,
    };
  }

  /** False while fetches or ids are at their limit, whatever flow control says. */
  get mayStart(): boolean {
    return this.#fetches.size < OPEN_FETCHES_MAX && !this.#control.isFull &&
      !this.#isTooFarAhead();
  }

  /** Asks for slices.
   * @returns the request id; undefined at a limit: open fetches, flow control, ids.
   * @throws {RangeError} if the bitmap is empty or names a slice that `into` has no room for. */
  start(request: FetchRequest, now: Instant): number | undefined {
    const bytes = askedBytes(request);
    const isFirst = this.#flow.outstandingBytes === 0;
    if (!this.mayStart || !this.#flow.ask(bytes)) return undefined;
    if (isFirst) this.#busySince = now;
    const requestId = this.#ids.take(this.#fetches, now);
    if (requestId === undefined) {
      this.#flow.settle(bytes, 0);
      return undefined;
    }
    const { id, bitmap, maxPrice } = request;
    const fields = { requestId, id: id.slice(), bitmap, maxPrice };
    const frame = new ControlFrame(FETCH_FRAME.bytes, (out, at) => encodeFetch(fields, out, at));
    const fetch: AskedFetch = {
      requestId,
      request,
      frame,
      wanted: bitmap,
      chunkLength: undefined,
      received: new Array(SLICES_PER_CHUNK).fill(undefined),
      calledOff: new Array(SLICES_PER_CHUNK).fill(undefined),
      calledOffTold: 0,
    };
    this.#fetches.set(requestId, fetch);
    this.#unproven.push(fetch);
    this.#control.push(frame);
    return requestId;
  }

  /** An id must stay within what the peer remembers, counted from the oldest FETCH under way. */
  #isTooFarAhead(): boolean {
    let oldest = this.#unproven.peek();
    while (oldest !== undefined && this.#hasArrived(oldest)) {
      this.#unproven.shift();
      oldest = this.#unproven.peek();
    }
    return oldest !== undefined && ((this.#ids.next - oldest.requestId) & 0xffff) >= ID_LEAD_MAX;
  }

  #hasArrived(fetch: AskedFetch): boolean {
    return fetch.frame.isAcked || fetch.frame.isObsolete || fetch.wanted === 0 ||
      fetch.chunkLength !== undefined;
  }

  /** The caller wants no more of it, or of its slice `slice`; nothing of that is written from now
   * on. The peer can be told of a whole FETCH only: what it still sends of a slice is stray, and
   * told of with the next slice that is whole.
   * @returns how many bytes of what is called off have come; none before FETCH_INFO, as no price is
   * agreed until then. */
  cancel(requestId: number, now: Instant, slice?: number): number {
    const fetch = this.#fetches.get(requestId);
    if (fetch === undefined) return 0;
    const leaving = slice === undefined ? fetch.wanted : fetch.wanted & (1 << slice);
    if (slice !== undefined && leaving !== fetch.wanted) {
      if (leaving === 0) return 0;
      fetch.calledOff[slice] = fetch.received[slice] ?? new RangeSet();
      this.#settle(fetch, slice);
      return takeCalledOff(fetch);
    }
    const arrivedBytes = bytesOf(fetch, fetch.received) + takeCalledOff(fetch);
    fetch.frame.isObsolete = true;
    this.#control.push(
      new ControlFrame(CANCEL_FRAME.bytes, (out, at) => encodeCancel(requestId, out, at)),
    );
    this.#close(fetch, CANCELLED_REST_MS, now);
    return arrivedBytes;
  }

  /** Writes the bytes that are asked for and missing to their place.
   * @param restMs 3 PTO. @returns a Drop if the peer breaks a rule. */
  onData(frame: DataFrame, packet: Uint8Array, restMs: number, now: Instant): Drop | undefined {
    const fetch = this.#find(frame.requestId);
    if (fetch === undefined) {
      this.strayBytes += frame.length;
      return undefined;
    }
    let offset = frame.offset;
    let at = frame.bytesAt;
    for (let left = frame.length; left > 0;) {
      const within = offset % SLICE_BYTES;
      const length = Math.min(left, SLICE_BYTES - within);
      const slice = (offset - within) / SLICE_BYTES;
      const { into, intoAt = 0 } = fetch.request;
      if ((fetch.wanted & (1 << slice)) === 0 || offset - intoAt + length > into.length) {
        this.strayBytes += length;
        const calledOff = fetch.calledOff[slice];
        calledOff?.add(within, within + length);
        if (calledOff !== undefined && calledOff.rangeCount > SLICE_RANGES_MAX) {
          return drop("limit");
        }
      } else {
        const received = fetch.received[slice] ??= new RangeSet();
        into.set(dataBytes.of(packet, at, at + length), offset - intoAt);
        const added = received.add(within, within + length);
        this.arrivedBytes += added;
        if (added > 0) this.#arrivedAt = now;
        this.#flow.arrived(added);
        this.strayBytes += length - added;
        if (received.rangeCount > SLICE_RANGES_MAX) return drop("limit");
        this.#reportIfWhole(fetch, slice);
      }
      offset += length;
      at += length;
      left -= length;
    }
    if (fetch.wanted === 0) this.#close(fetch, restMs, now);
    return undefined;
  }

  /** Most DATA belongs to the fetch that the last one did. */
  #find(requestId: number): AskedFetch | undefined {
    if (this.#latest?.requestId !== requestId) this.#latest = this.#fetches.get(requestId);
    return this.#latest;
  }

  /** A slice is told only after FETCH_INFO, so that the object's length is known by then. */
  #reportIfWhole(fetch: AskedFetch, slice: number): void {
    const received = fetch.received[slice];
    if (received === undefined || fetch.chunkLength === undefined) return;
    const length = Math.min(SLICE_BYTES, fetch.chunkLength - slice * SLICE_BYTES);
    if (received.rangeCount !== 1 || received.startOf(0) > 0 || received.endOf(0) < length) return;
    this.#settle(fetch, slice);
    const { requestId } = fetch;
    const calledOffBytes = takeCalledOff(fetch);
    this.#events.push({
      kind: "slice_received",
      requestId,
      slice,
      ...(calledOffBytes > 0 && { calledOffBytes }),
    });
  }

  onFetchInfo(frame: FetchInfoFrame, restMs: number, now: Instant): void {
    const fetch = this.#fetches.get(frame.requestId);
    if (fetch === undefined || fetch.chunkLength !== undefined) return;
    const { requestId, chunkLength, queueMs, factor, balance, line } = frame;
    const status = frame.status as FetchStatus; // a code of a later version is a refusal too
    const standing = { factor, balance, line };
    this.#events.push({ kind: "fetch_info", requestId, status, chunkLength, queueMs, standing });
    if (status !== FETCH_STATUS.ok) {
      this.#close(fetch, restMs, now);
      return;
    }
    fetch.chunkLength = chunkLength;
    for (let slice = 0; slice < SLICES_PER_CHUNK; slice++) {
      if ((fetch.wanted & (1 << slice)) === 0) continue;
      if (slice * SLICE_BYTES >= chunkLength) this.#refuse(fetch, slice, FETCH_STATUS.unknown);
      else this.#reportIfWhole(fetch, slice);
    }
    if (fetch.wanted === 0) this.#close(fetch, restMs, now);
  }

  onSliceEnd(frame: SliceEndFrame, restMs: number, now: Instant): void {
    const fetch = this.#fetches.get(frame.requestId);
    if (frame.status === 0 || fetch === undefined) return; // its bytes speak for themselves
    if ((fetch.wanted & (1 << frame.slice)) === 0) return;
    this.#refuse(fetch, frame.slice, frame.status);
    if (fetch.wanted === 0) this.#close(fetch, restMs, now);
  }

  #refuse(fetch: AskedFetch, slice: number, status: number): void {
    this.#settle(fetch, slice);
    this.#events.push({ kind: "slice_refused", requestId: fetch.requestId, slice, status });
  }

  #settle(fetch: AskedFetch, slice: number): void {
    fetch.wanted &= ~(1 << slice);
    const arrivedBytes = fetch.received[slice]?.size ?? 0;
    fetch.received[slice] = undefined;
    this.#flow.settle(sliceBytes(fetch.request, slice), arrivedBytes);
  }

  #close(fetch: AskedFetch, restMs: number, now: Instant): void {
    for (let slice = 0; slice < SLICES_PER_CHUNK; slice++) {
      if ((fetch.wanted & (1 << slice)) !== 0) this.#settle(fetch, slice);
    }
    this.#fetches.delete(fetch.requestId);
    if (this.#latest === fetch) this.#latest = undefined;
    this.#ids.finished(fetch.requestId, restMs, now);
  }

  /** The connection is over. */
  clear(now: Instant): void {
    for (const fetch of this.#fetches.values()) this.#close(fetch, 0, now);
    this.#unproven.clear();
  }
}

/** How many bytes of the object have come by these ranges; none before its length is known. */
function bytesOf(
  { request, chunkLength = 0 }: AskedFetch,
  received: readonly (RangeSet | undefined)[],
): number {
  let bytes = 0;
  received.forEach((ranges, slice) => {
    const length = Math.min(sliceBytes(request, slice), chunkLength - slice * SLICE_BYTES);
    if (ranges !== undefined && length > 0) bytes += Math.min(ranges.size, length);
  });
  return bytes;
}

/** Bytes of slices called off that have come and were not told of. */
function takeCalledOff(fetch: AskedFetch): number {
  const bytes = bytesOf(fetch, fetch.calledOff);
  const untold = bytes - fetch.calledOffTold;
  fetch.calledOffTold = bytes;
  return untold;
}

/** Bytes of slice `slice` that `into` has room for; none if it begins before `into` does. */
function sliceBytes({ into, intoAt = 0 }: FetchRequest, slice: number): number {
  const start = slice * SLICE_BYTES - intoAt;
  return start < 0 ? 0 : Math.min(SLICE_BYTES, into.length - start);
}

function askedBytes(request: FetchRequest): number {
  if (request.bitmap < 0 || request.bitmap > 0xffff) {
    throw new RangeError(`bitmap ${request.bitmap} is not in 0 … 65,535`);
  }
  let bytes = 0;
  for (let slice = 0; slice < SLICES_PER_CHUNK; slice++) {
    if ((request.bitmap & (1 << slice)) === 0) continue;
    const length = sliceBytes(request, slice);
    if (length <= 0) {
      throw new RangeError(`slice ${slice} does not lie in ${request.into.length} bytes`);
    }
    bytes += length;
  }
  return bytes;
}
