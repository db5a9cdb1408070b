import type { Instant } from "../lib/mod.ts";
import type { SentPacket } from "./sent_packets.ts";

/** protocol.md §2.4: below this share losses are the path's, above it they are ours. */
const RATIO_MAX = 0.02;
/** One packet is no share of anything. */
const PACKETS_MIN = 2;
/** So many separate losses in a round trip of startup mean a full queue. */
const EVENTS_OVERFLOW = 6;
/** A queue too short to be seen in the round trip shows in losses like these. */
const RATIO_OVERFLOW = 0.1;

/** `path`: more than may be, and no queue to blame: a path that loses, or one that polices a rate.
 * `congestion`: a queue has overflowed. */
export type LossVerdict = "none" | "path" | "congestion";

/** One round trip's arrivals and losses. */
interface Round {
  readonly startedAt: Instant;
  hasQueue: boolean;
  isContended: boolean;
  ackedBytes: number;
  lostBytes: number;
  lostPackets: number;
  /** Runs of consecutive packets. */
  events: number;
  lastLost: number;
  inFlightBytes: number;
}

/** Judges losses by the round trip, not one by one. Losses that turn out to be none are taken back,
 * also from the round before. */
export class RoundLosses {
  #round: Round = newRound(0 as Instant);
  #before: Round = newRound(0 as Instant);

  onAcked(bytes: number): void {
    this.#round.ackedBytes += bytes;
  }

  onLost(packet: SentPacket): void {
    const round = this.#round;
    round.lostBytes += packet.bytes;
    round.lostPackets++;
    if (packet.number !== round.lastLost + 1) round.events++;
    round.lastLost = packet.number;
    round.inFlightBytes = packet.inFlightBytes;
  }

  /** @param packet counted as lost at its lostAt, and has come after all.
   * @returns true if that overturns the verdict on the round before. */
  onSpurious(packet: SentPacket): boolean {
    const isPresent = packet.lostAt >= this.#round.startedAt;
    const round = isPresent ? this.#round : this.#before;
    if (packet.lostAt < round.startedAt || round.lostPackets === 0) return false;
    const verdict = verdictOn(round);
    round.lostBytes -= packet.bytes;
    round.lostPackets--;
    round.ackedBytes += packet.bytes;
    return !isPresent && verdict !== "none" && verdictOn(round) === "none";
  }

  /** The round is over. @param hasQueue throughout the round (standing_queue.ts).
   * @param isContended others keep a queue: then whoever overflows it a little is one of them, as
   * every loss is to CUBIC. */
  judge(hasQueue: boolean, isContended: boolean): LossVerdict {
    this.#round.hasQueue = hasQueue;
    this.#round.isContended = isContended;
    return verdictOn(this.#round);
  }

  /** The round is over, and was one of startup: has it filled the queue? */
  isOverflow(hasQueue: boolean): boolean {
    const round = this.#round;
    return ratioOf(round) > (hasQueue ? RATIO_MAX : RATIO_OVERFLOW) &&
      round.events >= EVENTS_OVERFLOW;
  }

  /** More is lost in this round, so far, than may be. */
  get isTooMuch(): boolean {
    return this.#round.lostPackets >= PACKETS_MIN && ratioOf(this.#round) > RATIO_MAX;
  }

  /** In flight when the last packet that was lost in this round had left. */
  get inFlightBytes(): number {
    return this.#round.inFlightBytes;
  }

  get ackedBytes(): number {
    return this.#round.ackedBytes;
  }

  /** Another round begins. */
  next(now: Instant): void {
    this.#before = this.#round;
    this.#round = newRound(now);
  }
}

function verdictOn(round: Round): LossVerdict {
  if (round.lostPackets < PACKETS_MIN) return "none";
  const isTooMuch = ratioOf(round) > RATIO_MAX;
  if (round.hasQueue && (isTooMuch || round.isContended)) return "congestion";
  return isTooMuch ? "path" : "none";
}

function ratioOf({ lostBytes, ackedBytes }: Round): number {
  return lostBytes === 0 ? 0 : lostBytes / (lostBytes + ackedBytes);
}

function newRound(startedAt: Instant): Round {
  return {
    startedAt,
    hasQueue: false,
    isContended: false,
    ackedBytes: 0,
    lostBytes: 0,
    lostPackets: 0,
    events: 0,
    lastLost: -2,
    inFlightBytes: 0,
  };
}
