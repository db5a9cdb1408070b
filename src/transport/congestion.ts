import type { Instant } from "../lib/mod.ts";
import type { RateSample } from "./delivery_rate.ts";
import type { SentPacket } from "./sent_packets.ts";

/** What one ACK told, once its packets have been settled. Borrowed until the method returns. */
export interface AckSummary {
  /** Of packets that were in flight, or counted as lost. */
  readonly ackedBytes: number;
  /** Before this ACK, and after it with its losses taken off. */
  readonly bytesInFlightBefore: number;
  readonly bytesInFlight: number;
  /** The round trip it showed, and the same without the peer's delay, which is the peer's claim;
   * undefined if the newest packet was acknowledged before. */
  readonly rttMs: number | undefined;
  readonly adjustedRttMs: number | undefined;
  readonly smoothedRttMs: number;
  readonly sample: RateSample;
}

/** How much may be in flight on one path, and how fast it leaves. Bytes are whole datagrams; rates
 * are bytes per ms. Packets are borrowed until a method returns.
 *
 * Order of calls: onPacketSent() before the packet counts as in flight. For an ACK, onPacketAcked()
 * for each packet of it, onSpuriousLoss() for those that counted as lost, onPacketLost() for each
 * that it shows as lost, then onAck() once. Losses by time come without an ACK. A lost MTU probe is
 * not reported: what the path swallows for its size says nothing about congestion. */
export interface CongestionController {
  /** Nothing ack-eliciting is sent beyond it, but for probes. Never below 4 datagrams
   * (testing.md §3: with fewer, a single loss cannot be told from silence). */
  readonly windowBytes: number;
  /** Whether the path is kept busy by `bytesInFlight`: what is delivered meanwhile tells of the
   * path, though the sender has no more to send. */
  isPathBusy(bytesInFlight: number): boolean;
  /** At which to send. Always > 0. */
  pacingRate(smoothedRttMs: number): number;
  /** @param bytes of the packet. @param bytesInFlight without it. */
  onPacketSent(packet: SentPacket, bytes: number, bytesInFlight: number, now: Instant): void;
  onPacketAcked(packet: SentPacket, now: Instant): void;
  /** @param bytesInFlight with it. */
  onPacketLost(packet: SentPacket, bytesInFlight: number, now: Instant): void;
  /** A packet counted as lost has arrived after all. */
  onSpuriousLoss(packet: SentPacket, now: Instant): void;
  onAck(ack: AckSummary, now: Instant): void;
  /** A probe timeout: nothing was heard of `bytesInFlight` for long. */
  onProbeTimeout(bytesInFlight: number, now: Instant): void;
  /** Nothing sent for three PTO has arrived (RFC 9002 §7.6). */
  onPersistentCongestion(now: Instant): void;
  /** The next packet is the first after a true pause (delivery_rate.ts). */
  onIdleEnd(now: Instant): void;
  /** Another path: nothing is known of it (RFC 9000 §9.4). */
  restart(): void;
  /** The path carries datagrams of this size from now on. */
  setDatagramBytes(bytes: number): void;
}

/** protocol.md §2.1: one flight of 32 packets. */
export const INITIAL_WINDOW_PACKETS = 32;
export const MIN_WINDOW_PACKETS = 4;
