import type { Instant } from "../lib/mod.ts";
import type { SentPacket } from "./sent_packets.ts";

/** The estimate is the best of this many round trips, so that one slow one does not lower it. */
const ROUNDS = 10;

/** How fast the path delivers what we send, in bytes per ms (protocol.md §2.4; the sampling is
 * draft-cheng-iccrg-delivery-rate-estimation). */
export class DeliveryRate {
  #deliveredBytes = 0;
  #deliveredAt = 0 as Instant;
  #firstSentAt = 0 as Instant;
  /** Samples up to this many delivered bytes were limited by the sender, not the path. */
  #appLimitedUntil = 0;
  #roundEndsAt = 0;
  #round = 0;
  readonly #bestOfRound = new Float64Array(ROUNDS);

  get bytesPerMs(): number {
    let best = 0;
    for (const rate of this.#bestOfRound) if (rate > best) best = rate;
    return best;
  }

  /** Notes the state at sending. @param bytesInFlight before this packet. */
  onSent(packet: SentPacket, bytesInFlight: number, now: Instant): void {
    if (bytesInFlight === 0) {
      this.#deliveredAt = now;
      this.#firstSentAt = now;
    }
    packet.deliveredBytes = this.#deliveredBytes;
    packet.deliveredAt = this.#deliveredAt;
    packet.firstSentAt = this.#firstSentAt;
    packet.isAppLimited = this.#deliveredBytes < this.#appLimitedUntil;
  }

  /** The sender has nothing to send though it might. */
  onAppLimited(bytesInFlight: number): void {
    this.#appLimitedUntil = this.#deliveredBytes + Math.max(bytesInFlight, 1);
  }

  /** A packet arrived; called for each before sample(). */
  onDelivered(packet: SentPacket, now: Instant): void {
    this.#deliveredBytes += packet.bytes;
    this.#deliveredAt = now;
  }

  /** @param newest the newest packet of an ACK, after onDelivered() for all of them. */
  sample(newest: SentPacket, minRttMs: number, now: Instant): void {
    this.#firstSentAt = newest.sentAt;
    const sendMs = newest.sentAt - newest.firstSentAt;
    const ackMs = now - newest.deliveredAt;
    const intervalMs = Math.max(sendMs, ackMs);
    this.#countRound(newest);
    if (intervalMs <= 0 || intervalMs < minRttMs / 2) return; // ACKs came compressed
    const rate = (this.#deliveredBytes - newest.deliveredBytes) / intervalMs;
    const slot = this.#round % ROUNDS; // samples limited by the sender may raise it, never lower
    if (rate > (this.#bestOfRound[slot] ?? 0)) this.#bestOfRound[slot] = rate;
  }

  #countRound(newest: SentPacket): void {
    if (newest.deliveredBytes < this.#roundEndsAt || newest.isAppLimited) return;
    this.#roundEndsAt = this.#deliveredBytes;
    this.#round++;
    this.#bestOfRound[this.#round % ROUNDS] = 0;
  }
}
