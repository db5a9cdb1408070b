import { after, type Instant } from "../lib/mod.ts";
import { ACK_RANGES_MAX, type AckFreqFrame, AckRanges } from "../wire/mod.ts";

/** Told to be the longest wait for an ACK unless ACK_FREQ says otherwise (protocol.md §2.5). */
export const MAX_ACK_DELAY_MS = 25;
const ACK_DELAY_MS = 8;
/** Below this a timer would only burn CPU: event loops wake no finer, and a batch of packets is
 * acknowledged by count anyway. */
const ACK_DELAY_MS_MIN = 1;
const ACK_THRESHOLD = 10;
/** At the start the sender needs samples soon. */
const STARTUP_PACKETS = 16;
const STARTUP_THRESHOLD = 2;
const REORDER_THRESHOLD = 3;
/** Most sessions have one range: nothing was lost. */
const RANGES_START = 2;

/** Packet numbers without a gap, both ends among them. */
export interface ReceivedRange {
  readonly first: number;
  readonly last: number;
}

/** Which packets came, and when to say so (RFC 9000 §13.2, protocol.md §2.5). */
export class ReceivedPackets {
  /** BOUNDED by ACK_RANGES_MAX: the oldest range gives way, its packets were acknowledged. */
  readonly ranges: AckRanges = new AckRanges(RANGES_START);
  #largestAt = 0 as Instant;
  #elicitingTotal = 0;
  #elicitingUnacked = 0;
  #isDue = false;
  #deadline: Instant | undefined;
  /** The lowest packet missing that no ACK has shown as missing. */
  #untoldGap: number | undefined;
  #threshold = ACK_THRESHOLD;
  #maxDelayMs = MAX_ACK_DELAY_MS;
  #reorderThreshold = REORDER_THRESHOLD;

  /** @param newest the first and last of the newest range that is remembered, if a connection goes
   * on. */
  constructor(newest?: ReceivedRange) {
    if (newest === undefined) return;
    this.ranges.first[0] = newest.first;
    this.ranges.last[0] = newest.last;
    this.ranges.count = 1;
  }

  /** Undefined before the first packet. */
  get newest(): ReceivedRange | undefined {
    const { first, last, count } = this.ranges;
    return count === 0 ? undefined : { first: first[0] ?? 0, last: last[0] ?? 0 };
  }

  /** The peer has never asked for ACKs at other times than usual. */
  get isUsual(): boolean {
    return this.#threshold === ACK_THRESHOLD && this.#maxDelayMs === MAX_ACK_DELAY_MS &&
      this.#reorderThreshold === REORDER_THRESHOLD;
  }

  /** An ACK should leave with the next packet, or as one. */
  get isAckDue(): boolean {
    return this.#isDue;
  }

  /** Something is not acknowledged yet: an ACK may ride along. */
  get hasUnacked(): boolean {
    return this.#elicitingUnacked > 0;
  }

  /** When an ACK becomes due by itself. */
  get ackDeadline(): Instant | undefined {
    return this.#isDue ? undefined : this.#deadline;
  }

  /** True if `number` has been noted before and is still remembered. */
  has(number: number): boolean {
    const { first, last, count } = this.ranges;
    for (let i = 0; i < count; i++) {
      if (number > (last[i] ?? 0)) return false;
      if (number >= (first[i] ?? 0)) return true;
    }
    return false;
  }

  /** Notes a packet whose frames have been handled. A number noted before only makes an ACK due:
   * the sender has not seen ours. */
  onPacket(number: number, isAckEliciting: boolean, minRttMs: number, now: Instant): void {
    const largest = this.ranges.count === 0 ? undefined : this.ranges.largest;
    if (largest === undefined || number > largest) {
      this.#largestAt = now;
      if (largest !== undefined && number > largest + 1) this.#untoldGap ??= largest + 1;
    }
    this.#insert(number);
    if (number === this.#untoldGap) {
      const isNextMissing = number + 1 < this.ranges.largest && !this.has(number + 1);
      this.#untoldGap = isNextMissing ? number + 1 : undefined;
    }
    if (!isAckEliciting) return;
    this.#elicitingTotal++;
    this.#elicitingUnacked++;
    const threshold = this.#elicitingTotal <= STARTUP_PACKETS
      ? Math.min(STARTUP_THRESHOLD, this.#threshold)
      : this.#threshold;
    if (this.#elicitingUnacked >= threshold || this.#shouldTellGap()) this.#isDue = true;
    else if (this.#deadline === undefined) {
      const delayMs = Math.min(ACK_DELAY_MS, minRttMs / 4, this.#maxDelayMs);
      this.#deadline = after(now, Math.max(delayMs, ACK_DELAY_MS_MIN));
    }
  }

  #shouldTellGap(): boolean {
    return this.#reorderThreshold > 0 && this.#untoldGap !== undefined &&
      this.ranges.largest - this.#untoldGap >= this.#reorderThreshold;
  }

  /** The peer's numbers begin anew, under new keys. */
  restart(): void {
    this.ranges.count = 0;
    this.onAckSent();
  }

  /** The peer wants an ACK now. */
  onImmediateAck(): void {
    this.#isDue = true;
  }

  onAckFreq(frame: AckFreqFrame): void {
    this.#threshold = Math.max(1, frame.threshold);
    this.#maxDelayMs = frame.maxDelayMs;
    this.#reorderThreshold = frame.reorder;
  }

  /** The ack timer ran out. */
  onDeadline(): void {
    if (this.#elicitingUnacked > 0) this.#isDue = true;
    this.#deadline = undefined;
  }

  /** Fills in the delay of the ACK that is about to be written. */
  prepareAck(now: Instant): AckRanges {
    this.ranges.delayMs = Math.max(0, now - this.#largestAt);
    return this.ranges;
  }

  /** The ACK left. */
  onAckSent(): void {
    this.#elicitingUnacked = 0;
    this.#isDue = false;
    this.#deadline = undefined;
    this.#untoldGap = undefined;
  }

  /** The peer has seen an ACK of ours up to `largest`: older ranges need not be told again
   * (RFC 9000 §13.2.4). */
  onAckAcked(largest: number): void {
    const ranges = this.ranges;
    while (ranges.count > 1 && (ranges.last[ranges.count - 1] ?? 0) <= largest) ranges.count--;
  }

  #insert(number: number): void {
    const { first, last, count } = this.ranges;
    let i = 0; // the first range that starts at or below number + 1: it may take the number in
    while (i < count && (first[i] ?? 0) > number + 1) i++;
    if (i < count && number <= (last[i] ?? 0) + 1) {
      const startOf = first[i] ?? 0;
      if (number >= startOf && number <= (last[i] ?? 0)) return;
      if (number === startOf - 1) {
        first[i] = number;
        if (i + 1 < count && (last[i + 1] ?? 0) === number - 1) this.#join(i);
      } else {
        last[i] = number;
      }
      return;
    }
    if (i === ACK_RANGES_MAX) return; // older than all that is remembered
    if (count === ACK_RANGES_MAX) this.ranges.count--;
    this.#makeRoom(i);
    this.ranges.first[i] = number;
    this.ranges.last[i] = number;
    this.ranges.count++;
  }

  /** Moves the ranges from `i` on one place up. */
  #makeRoom(i: number): void {
    const { ranges } = this;
    if (ranges.count === ranges.first.length) ranges.resize(ACK_RANGES_MAX);
    ranges.first.copyWithin(i + 1, i, ranges.count);
    ranges.last.copyWithin(i + 1, i, ranges.count);
  }

  /** Range i + 1 ends where range i starts: make them one. */
  #join(i: number): void {
    const { first, last, count } = this.ranges;
    first[i] = first[i + 1] ?? 0;
    first.copyWithin(i + 1, i + 2, count);
    last.copyWithin(i + 1, i + 2, count);
    this.ranges.count--;
  }
}
