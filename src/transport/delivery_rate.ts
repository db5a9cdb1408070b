import { after, type Instant } from "../lib/mod.ts";
import { RecentMax } from "./recent_max.ts";
import type { SentPacket } from "./sent_packets.ts";

/** The estimate is the best of this many round trips, so that one slow one does not lower it. */
const ROUNDS = 10;
/** A pause this long, in ms and in round trips, is idleness; a shorter one belongs to the flow. A
 * flow whose packets are few has nothing in flight now and then (protocol.md §2.4). */
const IDLE_MS = 1_000;
const IDLE_ROUND_TRIPS = 10;

/** What one ACK says about the path. Written anew for every ACK. */
export interface RateSample {
  /** Bytes per ms; undefined if the ACKs came too compressed to tell. */
  readonly bytesPerMs: number | undefined;
  /** The sender, not the path, may have been what held the rate down. */
  readonly isAppLimited: boolean;
  /** A packet sent since the last round began has arrived: a new round begins. */
  readonly isRoundStart: boolean;
  /** Of the connection, this ACK among them. */
  readonly deliveredBytes: number;
}

export const NO_SAMPLE: RateSample = Object.freeze({
  bytesPerMs: undefined,
  isAppLimited: true,
  isRoundStart: false,
  deliveredBytes: 0,
});

/** How fast the path delivers what we send, packet by packet (protocol.md §2.4; the sampling is
 * draft-cheng-iccrg-delivery-rate-estimation). */
export class DeliveryRate {
  #deliveredBytes = 0;
  #deliveredAt = 0 as Instant;
  #firstSentAt = 0 as Instant;
  #lastSentAt: Instant | undefined;
  /** Samples up to this many delivered bytes were limited by the sender, not the path. */
  #appLimitedUntil = 0;
  #roundEndsAt = 0;
  readonly #best = new RecentMax(ROUNDS);
  readonly #sample: { -readonly [K in keyof RateSample]: RateSample[K] } = { ...NO_SAMPLE };

  /** The best of the last rounds. */
  get bytesPerMs(): number {
    return this.#best.value;
  }

  /** Notes the state at sending. @param bytesInFlight before this packet.
   * @returns true if it is the first packet of all, or the first after idleness. */
  onSent(
    packet: SentPacket,
    bytesInFlight: number,
    smoothedRttMs: number,
    now: Instant,
  ): boolean {
    const idleMs = Math.max(IDLE_MS, IDLE_ROUND_TRIPS * smoothedRttMs);
    const isAnew = this.#lastSentAt === undefined ||
      (bytesInFlight === 0 && now > after(this.#lastSentAt, idleMs));
    if (isAnew) {
      this.#deliveredAt = now;
      this.#firstSentAt = now;
    }
    this.#lastSentAt = now;
    packet.deliveredBytes = this.#deliveredBytes;
    packet.deliveredAt = this.#deliveredAt;
    packet.firstSentAt = this.#firstSentAt;
    packet.isAppLimited = this.#deliveredBytes < this.#appLimitedUntil;
    return isAnew;
  }

  /** The sender has nothing to send though it might. */
  onAppLimited(bytesInFlight: number): void {
    this.#appLimitedUntil = this.#deliveredBytes + Math.max(bytesInFlight, 1);
  }

  /** A packet arrived, perhaps one that counted as lost; called for each before sample(). */
  onDelivered(bytes: number, now: Instant): void {
    this.#deliveredBytes += bytes;
    this.#deliveredAt = now;
  }

  /** @param newest the newest packet of an ACK, after onDelivered() for all of them.
   * @returns the same object each time. */
  sample(newest: SentPacket, minRttMs: number, now: Instant): RateSample {
    const sample = this.#sample;
    this.#firstSentAt = newest.sentAt;
    const sendMs = newest.sentAt - newest.firstSentAt;
    const ackMs = now - newest.deliveredAt;
    const intervalMs = Math.max(sendMs, ackMs);
    const isUsable = intervalMs > 0 && intervalMs >= minRttMs / 2; // else ACKs came compressed
    sample.isAppLimited = newest.isAppLimited;
    sample.deliveredBytes = this.#deliveredBytes;
    sample.bytesPerMs = isUsable
      ? (this.#deliveredBytes - newest.deliveredBytes) / intervalMs
      : undefined;
    sample.isRoundStart = newest.deliveredBytes >= this.#roundEndsAt;
    if (sample.isRoundStart) {
      this.#roundEndsAt = this.#deliveredBytes;
      // samples limited by the sender may raise the estimate, never lower it
      if (!sample.isAppLimited) this.#best.advance();
    }
    if (sample.bytesPerMs !== undefined) this.#best.update(sample.bytesPerMs);
    return sample;
  }
}
