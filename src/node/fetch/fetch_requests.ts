import { SLICE_BYTES } from "../../content/mod.ts";
import type { Instant } from "../../lib/mod.ts";
import type { Spending } from "../../market/mod.ts";
import {
  type ConnectionHandle,
  FETCH_STATUS,
  type FetchRequest,
  type FetchStatus,
  type Transport,
  type TransportEvent,
} from "../../transport/mod.ts";
import { MAX_PRICE_PULL, SLICES_PER_CHUNK } from "../../wire/mod.ts";
import type { Payment, Purse } from "../trade/purse.ts";
import { HolderRoom } from "./holder_room.ts";

/** What of an object is asked for; the price is the purse's to name. */
export interface AskedSlices extends Omit<FetchRequest, "maxPrice"> {
  /** What pays for it; left out: nobody counts it. */
  readonly spending?: Spending | undefined;
}

/** Who is told what becomes of one FETCH. */
export interface FetchSink {
  info(status: FetchStatus, chunkLength: number): void;
  /** Every byte of the slice lies in the buffer; nobody has verified it yet. */
  slice(slice: number): void;
  /** @param status as the holder gave it; that of FETCH_INFO where credit was the reason. */
  refused(slice: number, status: number): void;
  /** The connection is gone; nothing more will come. */
  closed(): void;
}

type FetchEvent = Extract<
  TransportEvent,
  { kind: "fetch_info" | "slice_received" | "slice_refused" | "closed" }
>;

interface OpenFetch {
  readonly sink: FetchSink;
  readonly payment: Payment | undefined;
  readonly bitmap: number;
  /** 0 until FETCH_INFO has told it. */
  chunkLength: number;
}

/** The FETCHes this node has open, by connection and request id: carries the transport's answers to
 * whoever asked, and tells the purse what each costs. BOUNDED by the transport: 256 per connection.
 */
export class FetchRequests {
  readonly #transport: Transport;
  readonly #purse: Purse | undefined;
  readonly #open = new Map<ConnectionHandle, Map<number, OpenFetch>>();
  readonly room = new HolderRoom();

  /** @param purse none: nothing is paid for. */
  constructor(transport: Transport, purse?: Purse) {
    this.#transport = transport;
    this.#purse = purse;
  }

  /** @returns the request id, or undefined if the connection is gone or at its limits, or the
   * object's price is more than this node pays. */
  start(
    connection: ConnectionHandle,
    { spending, ...request }: AskedSlices,
    sink: FetchSink,
    now: Instant,
  ): number | undefined {
    const { id, bitmap } = request;
    const bytes = bytesOf(bitmap, request.into.length);
    const payment = this.#purse?.begin(connection, id, bytes, spending);
    if (this.#purse !== undefined && payment === undefined) return undefined;
    const maxPrice = payment?.maxPrice ?? MAX_PRICE_PULL;
    const requestId = this.#transport.startFetch(connection, { ...request, maxPrice }, now);
    if (requestId === undefined) {
      payment?.unasked();
      return undefined;
    }
    const fetches = this.#open.get(connection) ?? new Map<number, OpenFetch>();
    fetches.set(requestId, { sink, payment, bitmap, chunkLength: 0 });
    this.#open.set(connection, fetches);
    return requestId;
  }

  /** The holder would ask more for this object than this node pays, or a higher rank. */
  isTooDear(connection: ConnectionHandle, id: Uint8Array): boolean {
    return this.#purse?.isTooDear(connection, id) ?? false;
  }

  /** The rank that this holder has asked for lately, if this node's is lower. */
  rankAskedBy(connection: ConnectionHandle): number | undefined {
    return this.#purse?.rankAskedBy(connection);
  }

  /** Bytes of this object that our credit with the holder, and what the reader has left, allow to
   * ask for now. */
  roomFor(connection: ConnectionHandle, id: Uint8Array, spending?: Spending): number {
    return this.#purse?.roomFor(connection, id, spending) ?? Infinity;
  }

  /** As factorOf, undefined while it is not known. */
  priceOf(connection: ConnectionHandle, id: Uint8Array): number | undefined {
    return this.#purse?.priceOf(connection, id);
  }

  /** What the holder asks for a byte of this object, or may at most; 0 where nothing is paid. */
  factorOf(connection: ConnectionHandle, id: Uint8Array): number {
    return this.#purse?.factorOf(connection, id) ?? 0;
  }

  /** Bytes that came of this object have proved right: they earn the holder credit. */
  proven(connection: ConnectionHandle, id: Uint8Array, bytes: number): void {
    this.#purse?.proven(connection, id, bytes);
  }

  /** Bytes that came of this object have proved wrong, or will never be proven: they are not paid
   * for. */
  refund(connection: ConnectionHandle, id: Uint8Array, bytes: number, spending?: Spending): void {
    this.#purse?.refund(connection, id, bytes, spending);
  }

  /** It is not wanted any more: what has come of it is paid for, as the holder has counted it.
   * After this the sink hears nothing more and the buffer is not written any more. */
  cancel(connection: ConnectionHandle, requestId: number, now: Instant): void {
    const fetch = this.#forget(connection, requestId);
    if (fetch === undefined) return;
    const arrived = this.#transport.cancelFetch(connection, requestId, now);
    if (arrived > 0) fetch.payment?.arrived(arrived);
    fetch.payment?.ended();
  }

  /** As `cancel`, of a holder that does not deliver: nothing is paid for slices that it has begun,
   * as nobody can tell whether they would have been right. */
  abandon(connection: ConnectionHandle, requestId: number, now: Instant): void {
    const fetch = this.#forget(connection, requestId);
    if (fetch === undefined) return;
    this.#transport.cancelFetch(connection, requestId, now);
    fetch.payment?.ended();
  }

  /** As `cancel`, of one slice out of several; what still comes of it is paid for too. */
  cancelSlice(
    connection: ConnectionHandle,
    requestId: number,
    slice: number,
    now: Instant,
  ): void {
    const fetch = this.#open.get(connection)?.get(requestId);
    if (fetch === undefined) return;
    this.room.made();
    const arrived = this.#transport.cancelFetch(connection, requestId, now, slice);
    if (arrived > 0) fetch.payment?.arrived(arrived);
  }

  /** The asker has all it wanted of this request. */
  finished(connection: ConnectionHandle, requestId: number): void {
    this.#forget(connection, requestId)?.payment?.ended();
  }

  get openCount(): number {
    let count = 0;
    for (const fetches of this.#open.values()) count += fetches.size;
    return count;
  }

  handleEvent(event: FetchEvent): void {
    this.room.made();
    if (event.kind === "closed") {
      const fetches = this.#open.get(event.connection);
      this.#open.delete(event.connection);
      for (const { payment } of fetches?.values() ?? []) payment?.ended();
      for (const { sink } of fetches?.values() ?? []) sink.closed();
      return;
    }
    const fetch = this.#open.get(event.connection)?.get(event.requestId);
    if (fetch === undefined) return; // cancelled in the meantime
    if (event.kind === "fetch_info") this.#answered(fetch, event);
    else if (event.kind === "slice_received") {
      const { slice, calledOffBytes = 0 } = event;
      fetch.payment?.arrived(lengthOf(slice, fetch.chunkLength) + calledOffBytes);
      fetch.sink.slice(event.slice);
    } else {
      fetch.payment?.released(lengthOf(event.slice, fetch.chunkLength));
      fetch.sink.refused(event.slice, event.status);
    }
  }

  /** Another price than was agreed is a refusal: its asker calls the FETCH off. A rank that it
   * takes is credit that this node has not got. */
  #answered(fetch: OpenFetch, event: Extract<FetchEvent, { kind: "fetch_info" }>): void {
    const { status, chunkLength, standing } = event;
    fetch.chunkLength = chunkLength;
    const coming = status === FETCH_STATUS.ok ? bytesOf(fetch.bitmap, chunkLength) : 0;
    const isAgreed = fetch.payment?.answered(status, standing, coming) ?? true;
    const isDenied = !isAgreed || status === FETCH_STATUS.rank;
    fetch.sink.info(isDenied ? FETCH_STATUS.credit : status, chunkLength);
  }

  #forget(connection: ConnectionHandle, requestId: number): OpenFetch | undefined {
    const fetches = this.#open.get(connection);
    const fetch = fetches?.get(requestId);
    if (fetches === undefined || fetch === undefined) return undefined;
    this.room.made();
    fetches.delete(requestId);
    if (fetches.size === 0) this.#open.delete(connection);
    return fetch;
  }
}

function lengthOf(slice: number, chunkLength: number): number {
  return Math.max(0, Math.min(SLICE_BYTES, chunkLength - slice * SLICE_BYTES));
}

/** Bytes of the slices in `bitmap` of an object, or of as much as its buffer holds. */
function bytesOf(bitmap: number, length: number): number {
  let bytes = 0;
  for (let slice = 0; slice < SLICES_PER_CHUNK; slice++) {
    if ((bitmap & (1 << slice)) !== 0) bytes += lengthOf(slice, length);
  }
  return bytes;
}
