import type { Instant } from "../../lib/mod.ts";
import { type ConnectionHandle, FETCH_STATUS, NO_STANDING } from "../../transport/mod.ts";
import { MAX_PRICE_PULL } from "../../wire/mod.ts";
import type { Till, TillAsk } from "../trade/selling.ts";
import type { Offers } from "./offers.ts";

/** Hands over for nothing what this node has offered, and leaves all else to the till behind it.
 * Neither end counts it, so no receipt speaks of it (ADR 0146). */
export class OfferTill implements Till {
  readonly #offers: Offers;
  readonly #till: Till;
  /** Bytes of each FETCH that are to be settled or released yet. BOUNDED by the transport: 256 open
   * fetches for each connection. */
  readonly #free = new Map<ConnectionHandle, Map<number, number>>();

  constructor(offers: Offers, till: Till) {
    this.#offers = offers;
    this.#till = till;
  }

  open(ask: TillAsk, now: Instant): ReturnType<Till["open"]> {
    const { connection, requestId, id, bytes } = ask;
    this.#forget(connection, requestId); // an id that is used again
    // Who buys what it was offered as well has agreed to a price, and counts what comes. Who pulls
    // counts nothing: sold to him, what was not offered would be owed and never signed for.
    const isPull = bytes > 0 && ask.maxPrice === MAX_PRICE_PULL;
    if (!isPull) return this.#till.open(ask, now);
    if (!this.#offers.take(connection, id, bytes, now)) {
      return { status: FETCH_STATUS.credit, standing: NO_STANDING };
    }
    const free = this.#free.get(connection) ?? new Map<number, number>();
    this.#free.set(connection, free.set(requestId, bytes));
    return { status: FETCH_STATUS.ok, standing: NO_STANDING };
  }

  roomOf(connection: ConnectionHandle): number {
    return this.#free.has(connection) ? Infinity : this.#till.roomOf(connection);
  }

  hand(connection: ConnectionHandle, requestId: number, bytes: number): boolean {
    return this.#isFree(connection, requestId) || this.#till.hand(connection, requestId, bytes);
  }

  settle(
    connection: ConnectionHandle,
    requestId: number,
    bytes: number,
    ackedBytes: number,
    now: Instant,
  ): void {
    if (this.#isFree(connection, requestId)) this.#done(connection, requestId, bytes);
    else this.#till.settle(connection, requestId, bytes, ackedBytes, now);
  }

  release(connection: ConnectionHandle, requestId: number, bytes: number, now: Instant): void {
    if (this.#isFree(connection, requestId)) this.#done(connection, requestId, bytes);
    else this.#till.release(connection, requestId, bytes, now);
  }

  cancel(connection: ConnectionHandle, requestId: number, now: Instant): void {
    if (this.#isFree(connection, requestId)) this.#forget(connection, requestId);
    else this.#till.cancel(connection, requestId, now);
  }

  drop(connection: ConnectionHandle, now: Instant): void {
    this.#free.delete(connection);
    this.#till.drop(connection, now);
  }

  expired(now: Instant): ReturnType<Till["expired"]> {
    return this.#till.expired(now);
  }

  nextTimeout(): Instant | undefined {
    return this.#till.nextTimeout();
  }

  #isFree(connection: ConnectionHandle, requestId: number): boolean {
    return this.#free.get(connection)?.has(requestId) === true;
  }

  #done(connection: ConnectionHandle, requestId: number, bytes: number): void {
    const free = this.#free.get(connection);
    const left = (free?.get(requestId) ?? 0) - bytes;
    if (left > 0) free?.set(requestId, left);
    else this.#forget(connection, requestId);
  }

  #forget(connection: ConnectionHandle, requestId: number): void {
    const free = this.#free.get(connection);
    if (free?.delete(requestId) === true && free.size === 0) this.#free.delete(connection);
  }
}
