import { SLICE_BYTES } from "../../content/mod.ts";
import type { ChunkId, Instant } from "../../lib/mod.ts";
import type { Spending } from "../../market/mod.ts";
import { type ConnectionHandle, FETCH_STATUS } from "../../transport/mod.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";

/** What becomes of the slices that were asked for. */
export interface SliceListener {
  /** All bytes of the slice lie in `bytes`, and this holder alone wrote them; nobody has verified
   * them yet. @param spending what paid for them. */
  arrived(
    connection: ConnectionHandle,
    slice: number,
    bytes: Uint8Array,
    spending: Spending | undefined,
  ): void;
  /** The holder will not deliver something that it was asked for. @param status why. */
  refused(connection: ConnectionHandle, status: number): void;
  /** The connection is gone. */
  closed(connection: ConnectionHandle): void;
}

interface OpenRequest {
  id: number | undefined;
  /** Slices neither here nor called off. */
  awaited: number;
}

interface AskedPlace {
  readonly bitmap: number;
  /** What is written to, the chunk's bytes from `intoAt` on. */
  readonly into: Uint8Array;
  readonly intoAt: number;
  readonly spending: Spending | undefined;
}

/** The FETCHes that one chunk has open. Of the holders asked for one slice, the first writes to its
 * place in the chunk and every other to a scratch of its own, so that no two write to one place and
 * a wrong slice is one holder's doing. */
export class SliceRequests {
  readonly #chunk: { readonly id: ChunkId; readonly length: number };
  readonly #buffer: Uint8Array;
  readonly #requests: FetchRequests;
  readonly #listener: SliceListener;
  /** BOUNDED by the download: a holder is asked for a slice once at a time. */
  readonly #open = new Map<ConnectionHandle, Set<OpenRequest>>();

  /** @param buffer of the chunk's length. */
  constructor(
    chunk: { readonly id: ChunkId; readonly length: number },
    buffer: Uint8Array,
    requests: FetchRequests,
    listener: SliceListener,
  ) {
    this.#chunk = chunk;
    this.#buffer = buffer;
    this.#requests = requests;
    this.#listener = listener;
  }

  /** Connections with something open. */
  connections(): IterableIterator<ConnectionHandle> {
    return this.#open.keys();
  }

  /** Asks for slices that nobody else is asked for. @param spending what pays for them.
   * @returns false if that cannot be done now. */
  start(
    connection: ConnectionHandle,
    bitmap: number,
    now: Instant,
    spending?: Spending,
  ): boolean {
    return this.#start(connection, { bitmap, into: this.#buffer, intoAt: 0, spending }, now);
  }

  /** Asks for a slice that somebody else is asked for; its 64 KiB of scratch are bounded by
   * SLICES_DOUBLED_MAX for a chunk. @returns as `start`. */
  startDouble(
    connection: ConnectionHandle,
    slice: number,
    now: Instant,
    spending?: Spending,
  ): boolean {
    const intoAt = slice * SLICE_BYTES;
    const into = new Uint8Array(Math.min(SLICE_BYTES, this.#chunk.length - intoAt));
    return this.#start(connection, { bitmap: 1 << slice, into, intoAt, spending }, now);
  }

  /** Another holder has delivered this slice: this one's copy is not written any more. */
  cancelSlice(connection: ConnectionHandle, slice: number, now: Instant): void {
    const bit = 1 << slice;
    for (const request of this.#open.get(connection) ?? []) {
      if ((request.awaited & bit) === 0 || request.id === undefined) continue;
      request.awaited &= ~bit;
      if (request.awaited !== 0) this.#requests.cancelSlice(connection, request.id, slice, now);
      else {
        this.#requests.cancel(connection, request.id, now);
        this.#forget(connection, request);
      }
    }
  }

  /** This holder does not deliver: nothing is written for it any more, nor paid for. */
  abandon(connection: ConnectionHandle, now: Instant): void {
    for (const { id } of this.#open.get(connection) ?? []) {
      if (id !== undefined) this.#requests.abandon(connection, id, now);
    }
    this.#open.delete(connection);
  }

  /** Nothing is wanted any more. */
  cancelAll(now: Instant): void {
    for (const [connection, requests] of this.#open) {
      for (const { id } of requests) {
        if (id !== undefined) this.#requests.cancel(connection, id, now);
      }
    }
    this.#open.clear();
  }

  #start(
    connection: ConnectionHandle,
    { bitmap, into, intoAt, spending }: AskedPlace,
    now: Instant,
  ): boolean {
    const { id, length } = this.#chunk;
    const request: OpenRequest = { id: undefined, awaited: bitmap };
    const sink: FetchSink = {
      info: (status, chunkLength) => {
        if (status === FETCH_STATUS.ok && chunkLength === length) return;
        this.#listener.refused(connection, status);
      },
      slice: (slice) => {
        request.awaited &= ~(1 << slice);
        if (request.awaited === 0 && request.id !== undefined) {
          this.#requests.finished(connection, request.id);
          this.#forget(connection, request);
        }
        const start = slice * SLICE_BYTES - intoAt;
        const bytes = into.subarray(start, start + SLICE_BYTES);
        this.#listener.arrived(connection, slice, bytes, spending);
      },
      refused: (_slice, status) => this.#listener.refused(connection, status),
      closed: () => {
        this.#open.delete(connection);
        this.#listener.closed(connection);
      },
    };
    const asked = { id, bitmap, into, intoAt, spending };
    request.id = this.#requests.start(connection, asked, sink, now);
    if (request.id === undefined) return false;
    const open = this.#open.get(connection) ?? new Set<OpenRequest>();
    this.#open.set(connection, open.add(request));
    return true;
  }

  #forget(connection: ConnectionHandle, request: OpenRequest): void {
    const open = this.#open.get(connection);
    open?.delete(request);
    if (open?.size === 0) this.#open.delete(connection);
  }
}
