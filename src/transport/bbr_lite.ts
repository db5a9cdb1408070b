import { after, assert, type Instant, type Random } from "../lib/mod.ts";
import { AckAggregation } from "./ack_aggregation.ts";
import { BbrBounds } from "./bbr_bounds.ts";
import { type BbrPhase, pacingGain, upGain, windowGain } from "./bbr_gains.ts";
import {
  type AckSummary,
  type CongestionController,
  INITIAL_WINDOW_PACKETS,
  MIN_WINDOW_PACKETS,
} from "./congestion.ts";
import { FullPipe } from "./full_pipe.ts";
import { MinRtt } from "./min_rtt.ts";
import { ProbeCycle } from "./probe_cycle.ts";
import { RecentMax } from "./recent_max.ts";
import { RoundLosses } from "./round_losses.ts";
import type { SentPacket } from "./sent_packets.ts";
import { StandingQueue } from "./standing_queue.ts";

/** A little below the estimate, so that a queue left by its errors drains. */
const PACING_MARGIN = 0.99;
/** Of what has overflowed a queue, the part that is left to others while cruising. */
const HEAD_ROOM = 0.85;
/** In flight beyond the bandwidth-delay product by this much means a queue. */
const BUSY_IN_FLIGHT = 1.25;
/** A window counts as full with this much free: whole packets and pacing leave a little. */
const BOUND_SLACK_PACKETS = 3;
/** The rate is the best of this cycle and the last. */
const RATE_CYCLES = 2;
const PROBE_RTT_MS = 200;
/** After a timeout no less than this part of the path is used: slow start would take seconds. */
const TIMEOUT_FLOOR = 1 / 8;
const SMOOTHED_RTT_MS_MIN = 1;

export interface BbrOptions {
  readonly datagramBytes: number;
  readonly windowBytesMax: number;
  readonly initialRttMs: number;
  /** For the length of cycles. */
  readonly random: Random;
}

/** Sends at the rate that the path was seen to deliver, with little more in flight than it holds
 * (protocol.md §2.4 and ADR 0087; the ideas are BBR's, draft-ietf-ccwg-bbr). Losses count by the
 * round trip: what a path loses anyway does not slow it down. */
export class BbrLite implements CongestionController {
  readonly #options: BbrOptions;
  #datagramBytes: number;
  #windowBytes: number;
  /** Undefined before the first sample. */
  #pacingRate: number | undefined;
  #phase: BbrPhase = "startup";
  #maxRate = new RecentMax(RATE_CYCLES);
  readonly #minRtt: MinRtt;
  readonly #aggregation = new AckAggregation();
  readonly #queue = new StandingQueue();
  #losses = new RoundLosses();
  #bounds = new BbrBounds();
  #fullPipe = new FullPipe();
  /** The best rate of the present round. */
  #latestRate = 0;
  #deliveredBytes = 0;
  #roundsOfPhase = 0;

  readonly #cycle: ProbeCycle;
  /** Others kept a queue through all of the last cycle. */
  #isContended = false;
  /** What up must have in flight to be over. */
  #upFromBytes = 0;
  /** Up has just ended: what it showed arrives in the next round. */
  #isUpSettling = false;
  #probeRttEndsAt: Instant | undefined;
  /** The window before a timeout or probe_rtt took it away. */
  #windowBytesBefore = 0;
  #isAfterTimeout = false;

  constructor(options: BbrOptions) {
    this.#options = options;
    this.#datagramBytes = options.datagramBytes;
    this.#windowBytes = this.#firstFlightBytes;
    this.#minRtt = new MinRtt(options.initialRttMs);
    this.#cycle = new ProbeCycle(options.random);
  }

  get phase(): BbrPhase {
    return this.#phase;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** What the path delivers as far as is known; 0 if nothing is. */
  get bytesPerMs(): number {
    return Math.min(this.#maxRate.value, this.#bounds.bytesPerMsMax);
  }

  get minRttMs(): number {
    return this.#minRtt.ms;
  }

  /** Also when there is a queue, however little the window is used. */
  isPathBusy(bytesInFlight: number): boolean {
    if (bytesInFlight + this.#datagramBytes > this.#windowBytes) return true;
    const bdpBytes = this.#bdpBytes;
    return bdpBytes > 0 && bytesInFlight > BUSY_IN_FLIGHT * bdpBytes;
  }

  pacingRate(smoothedRttMs: number): number {
    if (this.#pacingRate !== undefined) return this.#pacingRate;
    const rttMs = Math.max(smoothedRttMs, SMOOTHED_RTT_MS_MIN);
    return pacingGain("startup", rttMs, 0) * this.#firstFlightBytes / rttMs;
  }

  onPacketSent(): void {}

  onPacketAcked(packet: SentPacket): void {
    this.#losses.onAcked(packet.bytes);
  }

  onPacketLost(packet: SentPacket): void {
    this.#losses.onLost(packet);
  }

  onSpuriousLoss(packet: SentPacket): void {
    if (this.#losses.onSpurious(packet)) this.#bounds.undo();
  }

  onAck(ack: AckSummary, now: Instant): void {
    this.#restoreAfterTimeout();
    if (ack.adjustedRttMs !== undefined) this.#queue.onSample(ack.adjustedRttMs);
    this.#learnRate(ack, now);
    if (ack.sample.isRoundStart) this.#onRoundStart(ack, now);
    this.#advancePhase(ack, now);
    this.#learnMinRtt(ack, now);
    this.#setPacing();
    this.#setWindow(ack.ackedBytes);
    this.#checkInvariants();
  }

  #learnRate(ack: AckSummary, now: Instant): void {
    const { bytesPerMs, isAppLimited, isRoundStart, deliveredBytes } = ack.sample;
    this.#deliveredBytes = deliveredBytes;
    if (bytesPerMs !== undefined) {
      this.#latestRate = Math.max(this.#latestRate, bytesPerMs);
      if (!isAppLimited || bytesPerMs >= this.#maxRate.value) this.#maxRate.update(bytesPerMs);
    }
    const { ackedBytes } = ack;
    this.#aggregation.onAck(ackedBytes, this.bytesPerMs, this.#windowBytes, isRoundStart, now);
  }

  #onRoundStart(ack: AckSummary, now: Instant): void {
    this.#roundsOfPhase++;
    this.#cycle.onRound();
    const { bytesPerMs, isAppLimited } = ack.sample;
    const hasQueue = this.#queue.isThroughRound(this.#minRtt.ms);
    if (this.#phase === "startup") this.#endStartupIfFull(isAppLimited, hasQueue);
    else this.#heedLosses(hasQueue, now);
    const isTelling = bytesPerMs !== undefined && !isAppLimited;
    if (this.#isUpSettling && this.#phase !== "up" && isTelling) {
      this.#isUpSettling = false;
      this.#maxRate.advance();
      assert(this.#maxRate.value > 0, "the best rate is forgotten");
    }
    this.#losses.next(now);
    this.#queue.beginRound();
    this.#latestRate = 0;
  }

  #endStartupIfFull(isAppLimited: boolean, hasQueue: boolean): void {
    if (!isAppLimited) this.#fullPipe.onRound(this.#maxRate.value);
    if (this.#losses.isOverflow(hasQueue)) {
      this.#bounds.setInFlight(Math.max(this.#bdpBytes, this.#losses.ackedBytes));
      this.#fullPipe.fill();
    }
    if (this.#fullPipe.isFull) this.#enter("drain");
  }

  #heedLosses(hasQueue: boolean, now: Instant): void {
    const verdict = this.#losses.judge(hasQueue, this.#isContended);
    if (verdict === "none") return;
    if (verdict === "congestion") {
      const least = Math.max(this.#latestRate * this.#minRtt.ms, this.#leastBytes);
      this.#bounds.onOverflow(this.#losses.inFlightBytes, least);
    }
    this.#bounds.limitRate(this.#latestRate, this.#maxRate.value);
    if (verdict === "congestion" && this.#phase === "up") this.#beginCycle(now);
  }

  #advancePhase(ack: AckSummary, now: Instant): void {
    switch (this.#phase) {
      case "startup":
        return;
      case "drain":
        if (ack.bytesInFlight <= this.#bdpBytes) this.#beginCycle(now);
        return;
      case "down":
        if (this.#cycle.isOver(this.#bdpBytes / this.#datagramBytes, now)) this.#enterRefill();
        else if (ack.bytesInFlight <= Math.min(this.#bdpBytes, this.#roomyBytes)) {
          this.#enter("cruise");
        }
        return;
      case "cruise":
        if (this.#cycle.isOver(this.#bdpBytes / this.#datagramBytes, now)) this.#enterRefill();
        return;
      case "refill":
        if (this.#roundsOfPhase >= 1) this.#enterUp();
        return;
      case "up":
        this.#tryForMore(ack, now);
        return;
      case "probe_rtt":
        this.#endProbeRttIfSeen(ack.bytesInFlight, now);
    }
  }

  #beginCycle(now: Instant): void {
    this.#isUpSettling = this.#phase === "up";
    this.#queue.beginCycle();
    this.#cycle.restart(now);
    this.#enter("down");
  }

  #enterRefill(): void {
    this.#bounds.forgetRate();
    this.#enter("refill");
  }

  /** Alone on the path, up is over when it has built a queue. Where others keep one anyway, it must
   * get beyond what overflowed it last: else every loss would shrink our share for good. */
  #enterUp(): void {
    this.#isContended = this.#queue.isThroughCycle(this.#minRtt.ms);
    const { inFlightBytesMax } = this.#bounds;
    const isBounded = this.#isContended && inFlightBytesMax !== Infinity;
    this.#upFromBytes = isBounded ? inFlightBytesMax : 0;
    this.#enter("up");
  }

  #tryForMore(ack: AckSummary, now: Instant): void {
    const most = this.#bounds.inFlightBytesMax - BOUND_SLACK_PACKETS * this.#datagramBytes;
    if (ack.bytesInFlightBefore >= most && !this.#losses.isTooMuch) {
      const share = ack.ackedBytes / this.#windowBytes;
      this.#bounds.raise(share, this.#roundsOfPhase, this.#datagramBytes);
    }
    if (this.#roundsOfPhase < 1) return;
    const gain = upGain(this.#minRtt.ms, this.#roundsOfPhase);
    const isEnough = ack.bytesInFlight >= gain * Math.max(this.#bdpBytes, this.#upFromBytes);
    // an application that sends less cannot find more, and need not keep trying
    if (isEnough || ack.sample.isAppLimited) this.#beginCycle(now);
  }

  #enter(phase: BbrPhase): void {
    this.#phase = phase;
    this.#roundsOfPhase = 0;
  }

  #learnMinRtt(ack: AckSummary, now: Instant): void {
    const { rttMs, adjustedRttMs, sample } = ack;
    const wasStale = this.#minRtt.isStale(now);
    if (rttMs !== undefined && adjustedRttMs !== undefined) {
      this.#minRtt.update(rttMs, adjustedRttMs, sample.isAppLimited, now);
    }
    if (!wasStale || sample.isAppLimited || this.#phase === "probe_rtt") return;
    this.#windowBytesBefore = Math.max(this.#windowBytesBefore, this.#windowBytes);
    this.#minRtt.beginProbe();
    this.#probeRttEndsAt = undefined;
    this.#enter("probe_rtt");
  }

  #endProbeRttIfSeen(bytesInFlight: number, now: Instant): void {
    if (this.#probeRttEndsAt === undefined) {
      if (bytesInFlight > this.#probeRttBytes) return;
      this.#probeRttEndsAt = after(now, PROBE_RTT_MS);
      this.#roundsOfPhase = 0;
      return;
    }
    if (now < this.#probeRttEndsAt || this.#roundsOfPhase < 1) return;
    this.#minRtt.endProbe(now);
    this.#windowBytes = Math.max(this.#windowBytes, this.#windowBytesBefore);
    this.#windowBytesBefore = 0;
    if (this.#fullPipe.isFull) this.#beginCycle(now);
    else this.#enter("startup");
  }

  #setPacing(): void {
    const rate = this.bytesPerMs;
    if (rate === 0) return; // the first ACK came too compressed to tell
    const gain = pacingGain(this.#phase, this.#minRtt.ms, this.#roundsOfPhase);
    const wanted = gain * PACING_MARGIN * rate;
    if (this.#phase === "startup" && wanted <= this.pacingRate(this.#minRtt.ms)) return;
    this.#pacingRate = wanted;
  }

  #setWindow(ackedBytes: number): void {
    const target = windowGain(this.#phase) * this.#bdpBytes + this.#aggregation.extraBytes;
    let window = this.#windowBytes;
    if (this.#fullPipe.isFull) {
      window = Math.min(window + ackedBytes, target);
    } else if (window < target || this.#deliveredBytes < this.#firstFlightBytes) {
      window += ackedBytes; // more comes in than the rate tells, but because that still grows
    }
    if (this.#phase === "probe_rtt") window = Math.min(window, this.#probeRttBytes);
    const most = this.#phase === "cruise" ? this.#roomyBytes : this.#bounds.inFlightBytesMax;
    this.#set(Math.min(window, most));
  }

  onProbeTimeout(bytesInFlight: number): void {
    this.#isAfterTimeout = true;
    this.#windowBytesBefore = Math.max(this.#windowBytesBefore, this.#windowBytes);
    this.#set(Math.max(bytesInFlight, TIMEOUT_FLOOR * this.#bdpBytes));
  }

  #restoreAfterTimeout(): void {
    if (!this.#isAfterTimeout) return;
    this.#isAfterTimeout = false;
    if (this.#phase === "probe_rtt") return; // its end restores
    this.#windowBytes = Math.max(this.#windowBytes, this.#windowBytesBefore);
    this.#windowBytesBefore = 0;
  }

  onPersistentCongestion(): void {
    this.#isAfterTimeout = false;
    this.#windowBytesBefore = 0;
    this.#set(TIMEOUT_FLOOR * this.#bdpBytes);
    this.#bounds.halveRate(this.#maxRate.value);
  }

  onIdleEnd(now: Instant): void {
    this.#aggregation.restart();
    this.#minRtt.rest(now);
    if (!this.#fullPipe.isFull || this.#phase === "probe_rtt") return;
    this.#cycle.restart(now);
    this.#enter("cruise"); // at the known rate from the first packet on
    this.#setPacing();
  }

  restart(): void {
    this.#windowBytes = this.#firstFlightBytes;
    this.#pacingRate = undefined;
    this.#maxRate = new RecentMax(RATE_CYCLES);
    this.#minRtt.restart();
    this.#aggregation.restart();
    this.#losses = new RoundLosses();
    this.#bounds = new BbrBounds();
    this.#fullPipe = new FullPipe();
    this.#isContended = false;
    this.#isUpSettling = false;
    this.#isAfterTimeout = false;
    this.#windowBytesBefore = 0;
    this.#enter("startup");
  }

  setDatagramBytes(bytes: number): void {
    this.#datagramBytes = bytes;
    this.#set(this.#windowBytes);
  }

  get #bdpBytes(): number {
    return this.bytesPerMs * this.#minRtt.ms;
  }

  get #roomyBytes(): number {
    return HEAD_ROOM * this.#bounds.inFlightBytesMax;
  }

  get #probeRttBytes(): number {
    return Math.max(windowGain("probe_rtt") * this.#bdpBytes, this.#leastBytes);
  }

  get #firstFlightBytes(): number {
    return INITIAL_WINDOW_PACKETS * this.#datagramBytes;
  }

  get #leastBytes(): number {
    return MIN_WINDOW_PACKETS * this.#datagramBytes;
  }

  #set(bytes: number): void {
    this.#windowBytes = Math.min(Math.max(bytes, this.#leastBytes), this.#options.windowBytesMax);
  }

  /** Each has been a bug elsewhere (protocol.md §2.4). */
  #checkInvariants(): void {
    const minRttMs = this.#minRtt.ms;
    assert(minRttMs > 0 && minRttMs < Infinity, "the smallest round trip is unknown");
    assert(this.pacingRate(minRttMs) > 0, "the pacing rate is not above 0");
    assert(this.#windowBytes >= this.#leastBytes, "the window is below its floor");
  }
}
