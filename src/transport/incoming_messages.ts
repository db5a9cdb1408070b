import { after, type Instant } from "../lib/mod.ts";
import {
  type Drop,
  drop,
  type MsgFrame,
  PARTIAL_MESSAGE_BYTES_MAX,
  PARTIAL_MESSAGES_MAX,
} from "../wire/mod.ts";
import { RangeSet } from "./range_set.ts";
import { SeenWindow } from "./seen_window.ts";
import type { SharedBudget } from "./shared_budget.ts";

/** Two probes of a sender that hears nothing (loss_detection.ts). It has every part acknowledged
 * long before; a peer that has not only holds our memory. */
const PARTIAL_PATIENCE_MS = 120_000;
/** A sender cuts at packet borders: 65,535 bytes in 1,163-byte parts, of which every other one is
 * lost, leave 29 ranges; resending after an MTU change some more. */
const PARTIAL_RANGES_MAX = 256;

interface PartialMessage {
  readonly bytes: Uint8Array;
  readonly received: RangeSet;
  touchedAt: Instant;
}

/** Puts messages together from their parts and takes each once. BOUNDED per peer by
 * PARTIAL_MESSAGES_MAX and PARTIAL_MESSAGE_BYTES_MAX, over all peers by the shared budget. */
export class IncomingMessages {
  readonly #budget: SharedBudget;
  readonly #deliver: (bytes: Uint8Array) => void;
  readonly #partials = new Map<number, PartialMessage>();
  #partialBytes = 0;
  #seen: SeenWindow | undefined;

  /** @param deliver takes a whole message; the bytes are its own. @param seen which ids have come,
   * if a connection goes on. */
  constructor(budget: SharedBudget, deliver: (bytes: Uint8Array) => void, seen?: SeenWindow) {
    this.#budget = budget;
    this.#deliver = deliver;
    this.#seen = seen;
  }

  /** Which ids have come; undefined before the first. */
  get seen(): SeenWindow | undefined {
    return this.#seen;
  }

  get partialBytes(): number {
    return this.#partialBytes;
  }

  /** @returns `limit` or `bad_frame` if the peer breaks a rule, `no_room` if the shared budget is
   * spent: then the packet must not be acknowledged, so that it comes again. */
  onMsg(frame: MsgFrame, packet: Uint8Array, now: Instant): Drop | undefined {
    this.#seen ??= new SeenWindow();
    if (this.#seen.has(frame.id)) return undefined;
    let partial = this.#partials.get(frame.id);
    if (partial === undefined) {
      if (frame.length === frame.total) {
        this.#seen.add(frame.id);
        this.#deliver(packet.slice(frame.bytesAt, frame.bytesAt + frame.length));
        return undefined;
      }
      const begun = this.#begin(frame, now);
      if ("drop" in begun) return begun;
      partial = begun;
    }
    if (partial.bytes.length !== frame.total) return drop("bad_frame"); // a live id used again
    const end = frame.offset + frame.length;
    partial.bytes.set(packet.subarray(frame.bytesAt, frame.bytesAt + frame.length), frame.offset);
    partial.received.add(frame.offset, end);
    partial.touchedAt = now;
    if (partial.received.rangeCount > PARTIAL_RANGES_MAX) return drop("limit");
    if (partial.received.size < frame.total) return undefined;
    this.#seen.add(frame.id);
    this.#forget(frame.id, partial);
    this.#deliver(partial.bytes);
    return undefined;
  }

  /** A message that came in one piece and comes once: packet[from … to). */
  onAnswer(packet: Uint8Array, from: number, to: number): void {
    this.#deliver(packet.slice(from, to));
  }

  #begin(frame: MsgFrame, now: Instant): PartialMessage | Drop {
    if (this.#partials.size >= PARTIAL_MESSAGES_MAX) return drop("limit");
    if (this.#partialBytes + frame.total > PARTIAL_MESSAGE_BYTES_MAX) return drop("limit");
    if (!this.#budget.take(frame.total)) return drop("no_room");
    const partial = {
      bytes: new Uint8Array(frame.total),
      received: new RangeSet(),
      touchedAt: now,
    };
    this.#partialBytes += frame.total;
    this.#partials.set(frame.id, partial);
    return partial;
  }

  #forget(id: number, partial: PartialMessage): void {
    this.#partials.delete(id);
    this.#partialBytes -= partial.bytes.length;
    this.#budget.release(partial.bytes.length);
  }

  /** When the oldest half message has waited too long; undefined if there is none. */
  get deadline(): Instant | undefined {
    let oldest: Instant | undefined;
    for (const { touchedAt } of this.#partials.values()) {
      if (oldest === undefined || touchedAt < oldest) oldest = touchedAt;
    }
    return oldest && after(oldest, PARTIAL_PATIENCE_MS);
  }

  /** The connection is over. */
  clear(): void {
    for (const [id, partial] of this.#partials) this.#forget(id, partial);
  }
}
