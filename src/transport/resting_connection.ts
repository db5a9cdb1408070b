import type { Instant } from "../lib/mod.ts";
import type { FetchProgress } from "./api.ts";
import type { BulkParts, ConnectionParts, RestedParts } from "./connection_parts.ts";
import { FlowControl } from "./flow_control.ts";
import type { Liveness } from "./liveness.ts";
import { MAX_ACK_DELAY_MS, type ReceivedRange } from "./received_packets.ts";
import type { RttEstimator } from "./rtt_estimator.ts";
import type { SeenWindow } from "./seen_window.ts";
import type { SharedBudget } from "./shared_budget.ts";
import type { Traffic } from "./traffic.ts";

const NO_PROGRESS: FetchProgress = Object.freeze({
  outstandingBytes: 0,
  busySince: undefined,
  arrivedBytes: 0,
  arrivedAt: undefined,
});

/** What a connection is while nothing happens in it: the little from which the next packet or
 * command makes it anew. What the path has taught is kept if bulk has taught it; else the next
 * burst begins as the first one did, which after a pause is only prudent (RFC 9002 §7.8). */
export class RestingConnection implements RestedParts {
  readonly rtt: RttEstimator;
  readonly traffic: Traffic;
  readonly nextPacketNumber: number;
  readonly received: ReceivedRange | undefined;
  readonly nextMessageId: number;
  readonly seenMessages: SeenWindow | undefined;
  readonly bulk: BulkParts | undefined;
  readonly liveness: Liveness;
  readonly maxDatagramBytes: number;
  readonly #receiveBudget: SharedBudget;

  constructor(parts: ConnectionParts, liveness: Liveness) {
    const { outgoingData, incomingData, mtu } = parts;
    this.rtt = parts.rtt;
    this.liveness = liveness;
    this.traffic = parts.traffic;
    this.nextPacketNumber = parts.sent.nextNumber;
    this.received = parts.received.newest;
    this.nextMessageId = parts.outgoingMessages.nextId;
    this.seenMessages = parts.incomingMessages.seen;
    this.maxDatagramBytes = mtu.maxDatagramBytes;
    this.bulk = outgoingData.isUnused && incomingData.isUnused ? undefined : parts.bulk;
    this.#receiveBudget = parts.budgets.receive;
  }

  // what else Connection tells, of one in which nothing happens

  get isClosed(): boolean {
    return false;
  }

  get isDrained(): boolean {
    return false;
  }

  get hasBulk(): boolean {
    return false;
  }

  get isBuyer(): boolean {
    return this.bulk?.outgoingData.isUnused === false;
  }

  get bytesInFlight(): number {
    return 0;
  }

  get answerBytes(): number {
    return this.traffic.answerBytes;
  }

  get smoothedRttMs(): number | undefined {
    return this.rtt.hasSample ? this.rtt.smoothedMs : undefined;
  }

  get ptoMs(): number {
    return this.rtt.ptoMs(MAX_ACK_DELAY_MS);
  }

  get bandwidthBytesPerSecond(): number {
    if (this.bulk === undefined) return 0;
    const { deliveryRate, receiveRate } = this.bulk;
    return 1_000 * Math.max(deliveryRate.bytesPerMs, receiveRate.bytesPerMs);
  }

  get sentBytes(): number {
    return this.traffic.sentBytes;
  }

  get receivedBytes(): number {
    return this.traffic.receivedBytes;
  }

  get fetchProgress(): FetchProgress {
    return this.bulk?.incomingData.progress ?? NO_PROGRESS;
  }

  sliceRoom(): number {
    return 0;
  }

  fetchRoom(): number {
    return (this.bulk?.flow ?? new FlowControl(this.#receiveBudget)).roomBytes;
  }

  pollEvent(): undefined {
    return undefined;
  }

  /** When it must be woken for handleTimeout(), at the latest. */
  nextTimeout(): Instant {
    return this.liveness.deadline(0);
  }
}
