/** Drives a congestion controller alone: packets and ACKs by hand, in virtual time. */
import type { Instant } from "../../src/lib/mod.ts";
import type { AckSummary, CongestionController } from "../../src/transport/congestion.ts";
import { DeliveryRate } from "../../src/transport/delivery_rate.ts";
import { SentPacket } from "../../src/transport/sent_packets.ts";

/** What AckScript.ack() may be told beyond its time. */
export interface AckExtras {
  /** Reported lost with this ACK, after what it acknowledges. */
  readonly lost?: readonly SentPacket[];
  readonly rttMs?: number;
}

/** The book-keeping that loss detection does for a controller. */
export class AckScript {
  readonly controller: CongestionController;
  readonly rate = new DeliveryRate();
  bytesInFlight = 0;
  smoothedRttMs: number;
  #next = 0;
  /** Sent by run(), oldest first. */
  #flight: SentPacket[] = [];

  constructor(controller: CongestionController, smoothedRttMs: number) {
    this.controller = controller;
    this.smoothedRttMs = smoothedRttMs;
  }

  send(bytes: number, nowMs: number): SentPacket {
    const packet = new SentPacket();
    const now = nowMs as Instant;
    packet.number = this.#next++;
    packet.bytes = bytes;
    packet.sentAt = now;
    packet.state = "in_flight";
    packet.inFlightBytes = this.bytesInFlight + bytes;
    if (this.rate.onSent(packet, this.bytesInFlight, this.smoothedRttMs, now)) {
      this.controller.onIdleEnd(now);
    }
    this.controller.onPacketSent(packet, bytes, this.bytesInFlight, now);
    this.bytesInFlight += bytes;
    return packet;
  }

  /** One ACK. @param acked ascending. */
  ack(acked: readonly SentPacket[], nowMs: number, extras: AckExtras = {}): void {
    const now = nowMs as Instant;
    const bytesInFlightBefore = this.bytesInFlight;
    let ackedBytes = 0;
    for (const packet of acked) {
      packet.state = "acked";
      ackedBytes += packet.bytes;
      this.bytesInFlight -= packet.bytes;
      this.rate.onDelivered(packet.bytes, now);
      this.controller.onPacketAcked(packet, now);
    }
    const newest = acked.at(-1);
    if (newest === undefined) return this.lose(extras.lost ?? [], nowMs);
    const rttMs = extras.rttMs ?? nowMs - newest.sentAt;
    const sample = this.rate.sample(newest, this.smoothedRttMs, now);
    this.lose(extras.lost ?? [], nowMs);
    const summary: AckSummary = {
      ackedBytes,
      bytesInFlightBefore,
      bytesInFlight: this.bytesInFlight,
      rttMs,
      adjustedRttMs: rttMs,
      smoothedRttMs: this.smoothedRttMs,
      sample,
    };
    this.controller.onAck(summary, now);
  }

  /** Losses by time, without an ACK. */
  lose(packets: readonly SentPacket[], nowMs: number): void {
    for (const packet of packets) {
      this.controller.onPacketLost(packet, this.bytesInFlight, nowMs as Instant);
      packet.state = "lost";
      packet.lostAt = nowMs as Instant;
      this.bytesInFlight -= packet.bytes;
    }
  }

  /** Keeps the window full for `ms`: every packet arrives, ten an ACK, `rttMs` after it was sent.
   * What is in flight at the end stays so. @returns when it is over. */
  run(bytes: number, rttMs: number, fromMs: number, ms: number): number {
    this.#fill(bytes, fromMs);
    for (let now = fromMs; this.#flight.length > 0;) {
      const batch = this.#flight.slice(0, 10);
      now = Math.max(now, (batch.at(-1)?.sentAt ?? 0) + rttMs);
      if (now > fromMs + ms) break;
      this.#flight = this.#flight.slice(batch.length);
      this.ack(batch, now, { rttMs });
      this.#fill(bytes, now);
    }
    return fromMs + ms;
  }

  #fill(bytes: number, now: number): void {
    while (this.bytesInFlight + bytes <= this.controller.windowBytes) {
      this.#flight.push(this.send(bytes, now));
    }
  }
}
