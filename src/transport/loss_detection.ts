import { after, type Instant } from "../lib/mod.ts";
import { type AckRanges, type Drop, drop } from "../wire/mod.ts";
import type { AckSummary, CongestionController } from "./congestion.ts";
import { type DeliveryRate, NO_SAMPLE } from "./delivery_rate.ts";
import { MAX_ACK_DELAY_MS } from "./received_packets.ts";
import { GRANULARITY_MS, type RttEstimator } from "./rtt_estimator.ts";
import type { SentPacket, SentPackets } from "./sent_packets.ts";
import type { Traffic } from "./traffic.ts";

/** RFC 9002 §6.1.1, and how far spurious losses may raise it (protocol.md §2.4). */
const PACKET_THRESHOLD = 3;
const PACKET_THRESHOLD_MAX = 20;
/** RFC 9002 §6.1.2. */
const TIME_THRESHOLD = 9 / 8;
/** RFC 9002 §7.6.1. */
const PERSISTENT_CONGESTION_PTOS = 3;
/** RFC 9002 §6.2.4: two probes, so that one more loss does not cost another timeout. */
const PROBES_PER_PTO = 2;
/** protocol.md §2.4. */
const PTO_MS_MAX = 60_000;

/** Who settles the frames of packets. The packet is borrowed until the method returns. */
export interface PacketFate {
  /** It arrived, perhaps after it was reported lost. */
  packetAcked(packet: SentPacket, now: Instant): void;
  /** It is given up: what it carried must be sent again, unless packet.isResent. */
  packetLost(packet: SentPacket, now: Instant): void;
  /** It may be lost, a probe should carry its frames again; it still counts as in flight. */
  packetProbed(packet: SentPacket): void;
}

export interface LossDetectionParts {
  readonly sent: SentPackets;
  readonly rtt: RttEstimator;
  readonly congestion: CongestionController;
  readonly deliveryRate: DeliveryRate;
  readonly fate: PacketFate;
  readonly traffic: Traffic;
}

/** Which packets arrived, which are lost, and when to probe (RFC 9002 §6, Appendix A). */
export class LossDetection {
  readonly #sent: SentPackets;
  readonly #rtt: RttEstimator;
  readonly #congestion: CongestionController;
  readonly #deliveryRate: DeliveryRate;
  readonly #fate: PacketFate;
  /** Filled in for each ACK. */
  readonly #summary: { -readonly [K in keyof AckSummary]: AckSummary[K] };
  #packetThreshold = PACKET_THRESHOLD;
  #largestAcked = -1;
  #firstSampleAt: Instant | undefined;
  #lossTime: Instant | undefined;
  #lastElicitingSentAt = 0 as Instant;
  #ptoCount = 0;
  #probesDue = 0;
  readonly #traffic: Traffic;

  constructor(parts: LossDetectionParts) {
    this.#sent = parts.sent;
    this.#rtt = parts.rtt;
    this.#congestion = parts.congestion;
    this.#deliveryRate = parts.deliveryRate;
    this.#fate = parts.fate;
    this.#traffic = parts.traffic;
    this.#summary = {
      ackedBytes: 0,
      bytesInFlightBefore: 0,
      bytesInFlight: 0,
      rttMs: undefined,
      adjustedRttMs: undefined,
      smoothedRttMs: parts.rtt.smoothedMs,
      sample: NO_SAMPLE,
    };
  }

  /** How many packets a PTO still wants sent, whatever the window says. */
  get probesDue(): number {
    return this.#probesDue;
  }

  /** Timeouts in a row without an answer. */
  get ptoCount(): number {
    return this.#ptoCount;
  }

  /** The present probe timeout without backoff. */
  get ptoMs(): number {
    return this.#rtt.ptoMs(MAX_ACK_DELAY_MS);
  }

  /** An ack-eliciting packet of `bytes` is about to count as in flight. */
  onSent(packet: SentPacket, bytes: number, now: Instant): void {
    const { bytesInFlight } = this.#sent;
    packet.inFlightBytes = bytesInFlight + bytes;
    if (this.#deliveryRate.onSent(packet, bytesInFlight, this.#rtt.smoothedMs, now)) {
      this.#congestion.onIdleEnd(now);
    }
    this.#congestion.onPacketSent(packet, bytes, bytesInFlight, now);
    this.#lastElicitingSentAt = now;
    if (this.#probesDue > 0) this.#probesDue--;
  }

  /** Nothing waits to be sent, though it might go. */
  onNothingToSend(): void {
    const { bytesInFlight } = this.#sent;
    if (!this.#congestion.isPathBusy(bytesInFlight)) this.#deliveryRate.onAppLimited(bytesInFlight);
  }

  /** When handleTimeout() has something to do. */
  get deadline(): Instant | undefined {
    if (this.#lossTime !== undefined) return this.#lossTime;
    if (this.#sent.packetsInFlight === 0) return undefined;
    const backoff = 1 << Math.min(this.#ptoCount, 16);
    return after(this.#lastElicitingSentAt, Math.min(this.ptoMs * backoff, PTO_MS_MAX));
  }

  handleTimeout(now: Instant): void {
    const deadline = this.deadline;
    if (deadline === undefined || deadline > now) return;
    if (this.#lossTime !== undefined) {
      this.#detectLost(now);
      this.#sent.settle();
      return;
    }
    this.#ptoCount++;
    this.#traffic.ptos++;
    this.#congestion.onProbeTimeout(this.#sent.bytesInFlight, now);
    this.#probesDue = PROBES_PER_PTO;
    let requeued = 0;
    for (let n = this.#sent.oldest; n < this.#sent.nextNumber && requeued < PROBES_PER_PTO; n++) {
      const packet = this.#sent.at(n);
      if (packet.state !== "in_flight" || packet.isResent || !packet.carriesFrames) continue;
      packet.isResent = true;
      this.#fate.packetProbed(packet);
      requeued++;
    }
  }

  /** The peer is reached elsewhere: probes find out what has arrived, without further waiting. */
  probe(): void {
    this.#ptoCount = 0;
    this.#probesDue = PROBES_PER_PTO;
  }

  /** Packet numbers begin anew, under new keys: what is in flight is sent again. That says nothing
   * of the path, so window and round-trip time stay. */
  restart(now: Instant): void {
    for (let n = this.#sent.oldest; n < this.#sent.nextNumber; n++) {
      const packet = this.#sent.at(n);
      if (packet.state === "in_flight") this.#lose(packet, now);
    }
    this.#sent.restart();
    this.#largestAcked = -1;
    this.#lossTime = undefined;
    this.#ptoCount = 0;
    this.#probesDue = 0;
  }

  /** Gives the oldest packet up, whatever its age: the record is full. */
  giveUpOldest(now: Instant): void {
    this.#lose(this.#sent.at(this.#sent.oldest), now);
    this.#sent.settle();
  }

  /** @returns `unexpected` for an ACK of a packet never sent (RFC 9000 §21.4). */
  handleAck(ack: AckRanges, now: Instant): Drop | undefined {
    if (ack.largest >= this.#sent.nextNumber) return drop("unexpected");
    const summary = this.#summary;
    summary.bytesInFlightBefore = this.#sent.bytesInFlight;
    summary.ackedBytes = 0;
    let newest: SentPacket | undefined;
    for (let i = 0; i < ack.count; i++) {
      const first = Math.max(ack.first[i] ?? 0, this.#sent.oldest);
      for (let number = ack.last[i] ?? 0; number >= first; number--) {
        const packet = this.#sent.at(number);
        if (packet.state === "skipped") return drop("unexpected");
        if (packet.state !== "in_flight") continue;
        newest ??= packet;
        summary.ackedBytes += packet.bytes;
        this.#sent.markAcked(packet);
        this.#deliveryRate.onDelivered(packet.bytes, now);
        this.#congestion.onPacketAcked(packet, now);
        this.#fate.packetAcked(packet, now);
        packet.dropFrames();
      }
    }
    if (this.#sent.lost.length > 0) this.#acceptLate(ack, now);
    if (newest === undefined) return undefined;
    const isSample = newest.number === ack.largest;
    if (isSample) this.#sampleRtt(newest, ack.delayMs, now);
    summary.rttMs = isSample ? this.#rtt.latestMs : undefined;
    summary.adjustedRttMs = isSample ? this.#rtt.adjustedMs : undefined;
    summary.smoothedRttMs = this.#rtt.smoothedMs;
    summary.sample = this.#deliveryRate.sample(newest, this.#rtt.minMs, now);
    this.#largestAcked = Math.max(this.#largestAcked, newest.number);
    this.#ptoCount = 0;
    this.#probesDue = 0;
    this.#detectLost(now);
    summary.bytesInFlight = this.#sent.bytesInFlight;
    this.#congestion.onAck(summary, now);
    this.#sent.settle();
    return undefined;
  }

  #sampleRtt(newest: SentPacket, ackDelayMs: number, now: Instant): void {
    this.#firstSampleAt ??= now;
    this.#rtt.update(now - newest.sentAt, Math.min(ackDelayMs, MAX_ACK_DELAY_MS));
  }

  /** Losses that were none: the packet comes late. Both lists are walked once, from the newest. */
  #acceptLate(ack: AckRanges, now: Instant): void {
    this.#sent.forgetLostBefore(after(now, -this.ptoMs));
    const lost = this.#sent.lost;
    let range = 0;
    for (let i = lost.length - 1; i >= 0 && range < ack.count; i--) {
      const packet = lost[i] as SentPacket;
      while (range < ack.count && (ack.first[range] ?? 0) > packet.number) range++;
      if (range === ack.count || packet.number > (ack.last[range] ?? 0)) continue;
      const distance = ack.largest - packet.number + 1;
      this.#packetThreshold = Math.min(
        PACKET_THRESHOLD_MAX,
        Math.max(this.#packetThreshold, distance),
      );
      this.#traffic.spuriousLosses++;
      this.#summary.ackedBytes += packet.bytes;
      this.#deliveryRate.onDelivered(packet.bytes, now);
      if (!packet.isMtuProbe) this.#congestion.onSpuriousLoss(packet, now);
      this.#fate.packetAcked(packet, now);
      this.#sent.forgetLostAt(i);
    }
  }

  /** RFC 9002 §6.1: overtaken by enough packets, or for long enough. */
  #detectLost(now: Instant): void {
    this.#lossTime = undefined;
    const delayMs = Math.max(
      TIME_THRESHOLD * Math.max(this.#rtt.latestMs, this.#rtt.smoothedMs),
      GRANULARITY_MS,
    );
    let runStartedAt: Instant | undefined; // of losses with nothing acknowledged in between
    let longestRunMs = 0;
    for (let number = this.#sent.oldest; number <= this.#largestAcked; number++) {
      const packet = this.#sent.at(number);
      if (packet.state === "acked") runStartedAt = undefined;
      if (packet.state !== "in_flight") continue;
      const lossTime = after(packet.sentAt, delayMs);
      if (lossTime > now && this.#largestAcked < number + this.#packetThreshold) {
        if (this.#lossTime === undefined || lossTime < this.#lossTime) this.#lossTime = lossTime;
        continue;
      }
      // the loss of a probe says nothing about congestion (RFC 8899 §3)
      const isCongestion = !packet.isMtuProbe;
      if (isCongestion) this.#congestion.onPacketLost(packet, this.#sent.bytesInFlight, now);
      this.#lose(packet, now);
      if (!isCongestion) continue;
      if (this.#firstSampleAt === undefined || packet.sentAt <= this.#firstSampleAt) continue;
      runStartedAt ??= packet.sentAt;
      longestRunMs = Math.max(longestRunMs, packet.sentAt - runStartedAt);
    }
    if (longestRunMs <= PERSISTENT_CONGESTION_PTOS * this.ptoMs) return;
    this.#congestion.onPersistentCongestion(now);
    this.#rtt.restartMin();
  }

  #lose(packet: SentPacket, now: Instant): void {
    this.#traffic.lostPackets++;
    this.#fate.packetLost(packet, now);
    this.#sent.markLost(packet, now);
  }
}
