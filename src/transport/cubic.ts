import type { Instant } from "../lib/mod.ts";
import {
  type AckSummary,
  type CongestionController,
  INITIAL_WINDOW_PACKETS,
  MIN_WINDOW_PACKETS,
} from "./congestion.ts";
import { CubicCurve } from "./cubic_curve.ts";
import { HyStart } from "./hystart.ts";
import { ProportionalRate } from "./proportional_rate.ts";
import type { SentPacket } from "./sent_packets.ts";

/** RFC 9438 §4.6: the cut. */
const BETA = 0.7;
/** RFC 9002 §7.7: a little above the window's own rate, so that pacing never holds it back. */
const PACING_GAIN = 1.25;
/** In slow start the window doubles per round trip: its last packet needs the room now. */
const PACING_GAIN_SLOW_START = 2;
/** How much of the window must be in flight for it to be what held sending back. Pacing and whole
 * packets leave a little free; in slow start half is use enough, as it doubles. */
const USE = 0.8;
const USE_SLOW_START = 0.5;

/** What a cut replaced, to be restored if the losses that caused it were none (RFC 9438 §4.9).
 * Losses told later, in the same recovery, do not count: where packets are always reordered some
 * are always missing, and a cut would never be undone. */
interface Cut {
  readonly at: Instant;
  /** Of the losses that caused it; packets sent later are not among them. */
  newestSentAt: Instant;
  losses: number;
  spurious: number;
  readonly windowBytes: number;
  readonly thresholdBytes: number;
}

/** CUBIC (RFC 9438) with HyStart++ (RFC 9406). One cut per round trip, of 0.7, spread over that
 * round trip (RFC 9937). */
export class Cubic implements CongestionController {
  readonly #windowBytesMax: number;
  #datagramBytes: number;
  #windowBytes: number;
  #thresholdBytes = Infinity;
  /** Of the first slow start only (RFC 9406 §4.3). */
  #hystart: HyStart | undefined = new HyStart();
  #curve: CubicCurve;
  /** The last cut was at this instant: packets sent before it neither grow nor cut the window. */
  #recoveryStartedAt: Instant | undefined;
  #recovery: ProportionalRate | undefined;
  #cut: Cut | undefined;
  #growthBytes = 0;
  #hasLost = false;

  constructor(datagramBytes: number, windowBytesMax: number) {
    this.#datagramBytes = datagramBytes;
    this.#windowBytesMax = windowBytesMax;
    this.#windowBytes = INITIAL_WINDOW_PACKETS * datagramBytes;
    this.#curve = new CubicCurve();
  }

  get windowBytes(): number {
    if (this.#recovery === undefined) return this.#windowBytes;
    return Math.max(this.#recovery.windowBytes, this.#leastBytes);
  }

  get isInSlowStart(): boolean {
    return this.#windowBytes < this.#thresholdBytes;
  }

  isPathBusy(bytesInFlight: number): boolean {
    return bytesInFlight + this.#datagramBytes > this.windowBytes;
  }

  pacingRate(smoothedRttMs: number): number {
    const isDoubling = this.isInSlowStart && this.#hystart?.isCautious !== true;
    const gain = isDoubling ? PACING_GAIN_SLOW_START : PACING_GAIN;
    return (gain * this.#windowBytes) / smoothedRttMs;
  }

  onPacketSent(_packet: SentPacket, bytes: number): void {
    this.#recovery?.onSent(bytes);
  }

  onPacketAcked(packet: SentPacket): void {
    if (this.#recoveryStartedAt === undefined) this.#growthBytes += packet.bytes;
    else if (packet.sentAt > this.#recoveryStartedAt) {
      this.#growthBytes += packet.bytes;
      this.#recovery = undefined;
    }
  }

  onPacketLost(packet: SentPacket, bytesInFlight: number, now: Instant): void {
    this.#hasLost = true;
    const startedAt = this.#recoveryStartedAt;
    if (startedAt === undefined || packet.sentAt > startedAt) this.#cutFor(bytesInFlight, now);
    this.#recovery?.onLost(packet.bytes);
    if (this.#cut?.at !== now) return;
    this.#cut.losses++;
    if (packet.sentAt > this.#cut.newestSentAt) this.#cut.newestSentAt = packet.sentAt;
  }

  #cutFor(bytesInFlight: number, now: Instant): void {
    this.#hystart = undefined;
    this.#cut = {
      at: now,
      newestSentAt: 0 as Instant,
      losses: 0,
      spurious: 0,
      windowBytes: this.#windowBytes,
      thresholdBytes: this.#thresholdBytes,
    };
    this.#recoveryStartedAt = now;
    this.#curve.onCut(this.#windowBytes);
    this.#set(this.#windowBytes * BETA);
    this.#thresholdBytes = this.#windowBytes;
    this.#recovery = new ProportionalRate(bytesInFlight, this.#windowBytes, this.#datagramBytes);
  }

  onAck(ack: AckSummary, now: Instant): void {
    const growthBytes = this.#growthBytes;
    const hasLost = this.#hasLost;
    this.#growthBytes = 0;
    this.#hasLost = false;
    this.#recovery?.onAck(ack.ackedBytes, ack.bytesInFlight, hasLost);
    if (this.isInSlowStart) this.#hystart?.onAck(ack.adjustedRttMs, ack.sample.isRoundStart);
    const hasCut = hasLost && this.#recoveryStartedAt === now;
    const isInUse = this.#isInUse(ack.bytesInFlightBefore);
    this.#curve.onAck(isInUse, now);
    if (!isInUse || growthBytes === 0 || hasCut) return; // unused: RFC 9002 §7.8
    if (this.isInSlowStart) this.#growSlowly(growthBytes);
    else {
      const size = this.#datagramBytes;
      this.#set(this.#curve.grown(this.#windowBytes, growthBytes, size, ack.smoothedRttMs, now));
    }
  }

  #isInUse(bytesInFlight: number): boolean {
    return bytesInFlight >= this.#windowBytes * (this.isInSlowStart ? USE_SLOW_START : USE);
  }

  #growSlowly(bytes: number): void {
    this.#set(this.#windowBytes + bytes * (this.#hystart?.growth ?? 1));
    if (this.#hystart?.isDone !== true) return;
    this.#hystart = undefined;
    this.#thresholdBytes = this.#windowBytes;
  }

  onSpuriousLoss(packet: SentPacket): void {
    const cut = this.#cut;
    if (cut === undefined || packet.sentAt > cut.newestSentAt) return;
    if (++cut.spurious < cut.losses) return;
    this.#set(Math.max(this.#windowBytes, cut.windowBytes));
    this.#thresholdBytes = cut.thresholdBytes;
    this.#curve.undoCut();
    this.#endRecovery();
  }

  onProbeTimeout(): void {} // loss is yet to be shown (RFC 9002 §6.2)

  onPersistentCongestion(): void {
    this.#set(0);
    this.#growthBytes = 0; // what this ACK tells was sent before
    this.#curve.restart();
    this.#endRecovery();
  }

  onIdleEnd(): void {} // the pacer lets no burst go

  restart(): void {
    this.#set(INITIAL_WINDOW_PACKETS * this.#datagramBytes);
    this.#thresholdBytes = Infinity;
    this.#hystart = new HyStart();
    this.#curve = new CubicCurve();
    this.#endRecovery();
  }

  #endRecovery(): void {
    this.#recoveryStartedAt = undefined;
    this.#recovery = undefined;
    this.#cut = undefined;
  }

  setDatagramBytes(bytes: number): void {
    this.#datagramBytes = bytes;
    this.#set(this.#windowBytes);
  }

  get #leastBytes(): number {
    return MIN_WINDOW_PACKETS * this.#datagramBytes;
  }

  #set(bytes: number): void {
    this.#windowBytes = Math.min(Math.max(bytes, this.#leastBytes), this.#windowBytesMax);
  }
}
