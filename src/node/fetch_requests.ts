import type { Instant } from "../lib/mod.ts";
import type {
  ConnectionHandle,
  FetchRequest,
  FetchStatus,
  Transport,
  TransportEvent,
} from "../transport/mod.ts";

/** Who is told what becomes of one FETCH. */
export interface FetchSink {
  info(status: FetchStatus, chunkLength: number): void;
  /** Every byte of the slice lies in the buffer; nobody has verified it yet. */
  slice(slice: number): void;
  refused(slice: number): void;
  /** The connection is gone; nothing more will come. */
  closed(): void;
}

type FetchEvent = Extract<
  TransportEvent,
  { kind: "fetch_info" | "slice_received" | "slice_refused" | "closed" }
>;

/** The FETCHes this node has open, by connection and request id: carries the transport's answers to
 * whoever asked. BOUNDED by the transport: 256 per connection. */
export class FetchRequests {
  readonly #transport: Transport;
  readonly #open = new Map<ConnectionHandle, Map<number, FetchSink>>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** @returns the request id, or undefined if the connection is gone or at its limits. */
  start(
    connection: ConnectionHandle,
    request: FetchRequest,
    sink: FetchSink,
    now: Instant,
  ): number | undefined {
    const requestId = this.#transport.startFetch(connection, request, now);
    if (requestId === undefined) return undefined;
    const sinks = this.#open.get(connection) ?? new Map<number, FetchSink>();
    sinks.set(requestId, sink);
    this.#open.set(connection, sinks);
    return requestId;
  }

  /** After this the sink hears nothing more and the buffer is not written any more. */
  cancel(connection: ConnectionHandle, requestId: number, now: Instant): void {
    if (!this.#forget(connection, requestId)) return;
    this.#transport.cancelFetch(connection, requestId, now);
  }

  /** As `cancel`, of one slice out of several. */
  cancelSlice(
    connection: ConnectionHandle,
    requestId: number,
    slice: number,
    now: Instant,
  ): void {
    if (this.#open.get(connection)?.has(requestId) !== true) return;
    this.#transport.cancelFetch(connection, requestId, now, slice);
  }

  /** The asker has all it wanted of this request. */
  finished(connection: ConnectionHandle, requestId: number): void {
    this.#forget(connection, requestId);
  }

  get openCount(): number {
    let count = 0;
    for (const sinks of this.#open.values()) count += sinks.size;
    return count;
  }

  handleEvent(event: FetchEvent): void {
    if (event.kind === "closed") {
      const sinks = this.#open.get(event.connection);
      this.#open.delete(event.connection);
      for (const sink of sinks?.values() ?? []) sink.closed();
      return;
    }
    const sink = this.#open.get(event.connection)?.get(event.requestId);
    if (sink === undefined) return; // cancelled in the meantime
    if (event.kind === "fetch_info") sink.info(event.status, event.chunkLength);
    else if (event.kind === "slice_received") sink.slice(event.slice);
    else sink.refused(event.slice);
  }

  #forget(connection: ConnectionHandle, requestId: number): boolean {
    const sinks = this.#open.get(connection);
    if (sinks === undefined || !sinks.delete(requestId)) return false;
    if (sinks.size === 0) this.#open.delete(connection);
    return true;
  }
}
