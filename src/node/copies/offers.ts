import { after, BoundedMap, type Instant, toHex } from "../../lib/mod.ts";
import type { ConnectionHandle } from "../../transport/mod.ts";
import { CHUNK_BYTES_MAX } from "../../wire/mod.ts";

/** An offer that nobody has taken up for so long is off: a taker decides, waits for a place and
 * pulls within less. */
const OFFER_MS = 180_000;
/** Offers at once: those of a hundred files that are being placed. */
const OFFERS_MAX = 4_096;
/** A taker that lost what it pulled may pull once more; what it asks beyond that is refused. */
const BYTES_PER_OFFER = 2 * CHUNK_BYTES_MAX;

/** What pays for handing over what was offered. */
export interface GiveBudget {
  /** The peer asks for it. @returns whether anything may be given away now. */
  mayGive(now: Instant): boolean;
  /** So many bytes are being handed over. */
  noteGiven(bytes: number, now: Instant): void;
}

/** An order that this node has placed, or a copy that it wants to lie near its place. A peer may be
 * offered one object as both: what it says of the one leaves the other open. */
export type OfferKind = "order" | "copy";

interface Offer {
  readonly endsAt: Instant;
  readonly budget: GiveBudget | undefined;
  leftBytes: number;
}

/** What this node has offered to others, and not yet seen taken. A payload never moves unasked:
 * whoever was offered an object pulls it, or does not (C4). The one who offers wants it to go, so
 * handing it over is free. */
export class Offers {
  /** By kind, connection and id. BOUNDED by OFFERS_MAX; the oldest goes first. */
  readonly #open = new BoundedMap<string, Offer>(OFFERS_MAX);

  /** The peer at the other end may pull the object.
   * @param id 20 bytes, as the peer will ask for it.
   * @param budget of a copy: charged when it is taken, whatever the peer answers or does not. An
   * order has none, and is given in any case. */
  open(connection: ConnectionHandle, id: Uint8Array, now: Instant, budget?: GiveBudget): void {
    const offer = { endsAt: after(now, OFFER_MS), budget, leftBytes: BYTES_PER_OFFER };
    this.#open.set(keyOf(budget === undefined ? "order" : "copy", connection, id), offer);
  }

  close(kind: OfferKind, connection: ConnectionHandle, id: Uint8Array): void {
    this.#open.delete(keyOf(kind, connection, id));
  }

  /** The peer asks for `bytes` of it. @returns false if that is none of what it was offered, or
   * its budget has nothing left. */
  take(connection: ConnectionHandle, id: Uint8Array, bytes: number, now: Instant): boolean {
    return this.#takeOf("order", connection, id, bytes, now) ||
      this.#takeOf("copy", connection, id, bytes, now);
  }

  #takeOf(
    kind: OfferKind,
    connection: ConnectionHandle,
    id: Uint8Array,
    bytes: number,
    now: Instant,
  ): boolean {
    const offer = this.#open.get(keyOf(kind, connection, id));
    if (offer === undefined || offer.endsAt <= now || offer.leftBytes < bytes) return false;
    if (offer.budget?.mayGive(now) === false) return false;
    offer.leftBytes -= bytes;
    offer.budget?.noteGiven(bytes, now);
    return true;
  }
}

const keyOf = (kind: OfferKind, connection: ConnectionHandle, id: Uint8Array): string =>
  `${kind} ${connection} ${toHex(id)}`;
