import { Fifo, type Instant, type Random } from "../lib/mod.ts";
import { ALL_PARTIAL_MESSAGE_BYTES_MAX, DATAGRAM_BYTES_BASE } from "../wire/mod.ts";
import { BbrLite } from "./bbr_lite.ts";
import { type ConnectionConfig, RECEIVE_BUDGET_BYTES } from "./config.ts";
import type { CongestionController } from "./congestion.ts";
import type { ConnectionEvent } from "./connection_event.ts";
import { ControlQueue } from "./control_queue.ts";
import { Cubic } from "./cubic.ts";
import { DeliveryRate } from "./delivery_rate.ts";
import { FlowControl } from "./flow_control.ts";
import { FrameDispatcher } from "./frame_dispatcher.ts";
import { FrameSettlement } from "./frame_settlement.ts";
import { IncomingData } from "./incoming_data.ts";
import { IncomingMessages } from "./incoming_messages.ts";
import { LossDetection } from "./loss_detection.ts";
import { MtuDiscovery } from "./mtu_discovery.ts";
import { OutgoingAnswers } from "./outgoing_answers.ts";
import { OutgoingData } from "./outgoing_data.ts";
import { OutgoingMessages } from "./outgoing_messages.ts";
import { ReceivedPackets, type ReceivedRange } from "./received_packets.ts";
import { ReceiveRate } from "./receive_rate.ts";
import { RttEstimator } from "./rtt_estimator.ts";
import type { SeenWindow } from "./seen_window.ts";
import { SentPackets } from "./sent_packets.ts";
import { SharedBudget } from "./shared_budget.ts";
import { Traffic } from "./traffic.ts";

/** Memory that all connections of a node share. */
export interface ConnectionBudgets {
  /** FETCH bytes outstanding. */
  readonly receive: SharedBudget;
  /** Messages in reassembly. */
  readonly partialMessages: SharedBudget;
}

/** The budgets of one node, at their sizes of protocol.md §2.2 and §2.3. */
export function createBudgets(): ConnectionBudgets {
  return {
    receive: new SharedBudget(RECEIVE_BUDGET_BYTES),
    partialMessages: new SharedBudget(ALL_PARTIAL_MESSAGE_BYTES_MAX),
  };
}

/** Parts of a connection that fetches fill, and what slices in number teach of the path. */
export interface BulkParts {
  readonly events: Fifo<ConnectionEvent>;
  readonly congestion: CongestionController;
  readonly deliveryRate: DeliveryRate;
  readonly receiveRate: ReceiveRate;
  readonly mtu: MtuDiscovery;
  readonly control: ControlQueue;
  readonly flow: FlowControl;
  readonly outgoingData: OutgoingData;
  readonly incomingData: IncomingData;
}

/** What one connection is made of. */
export interface ConnectionParts extends BulkParts {
  readonly bulk: BulkParts;
  readonly budgets: ConnectionBudgets;
  readonly traffic: Traffic;
  readonly rtt: RttEstimator;
  readonly sent: SentPackets;
  readonly received: ReceivedPackets;
  readonly loss: LossDetection;
  readonly outgoingMessages: OutgoingMessages;
  readonly outgoingAnswers: OutgoingAnswers;
  readonly incomingMessages: IncomingMessages;
  readonly dispatcher: FrameDispatcher;
}

/** What is kept of a connection that rests (resting_connection.ts) to make its parts anew. */
export interface RestedParts {
  readonly rtt: RttEstimator;
  readonly traffic: Traffic;
  readonly nextPacketNumber: number;
  /** What came before it is behind us: the session's window knows it, too. */
  readonly received: ReceivedRange | undefined;
  readonly nextMessageId: number;
  readonly seenMessages: SeenWindow | undefined;
  /** Undefined if none has moved. */
  readonly bulk: BulkParts | undefined;
}

function createCongestion(config: ConnectionConfig, random: Random): CongestionController {
  const { congestionControl, congestionWindowBytesMax: windowBytesMax, initialRttMs } = config;
  switch (congestionControl) {
    case "cubic":
      return new Cubic(DATAGRAM_BYTES_BASE, windowBytesMax);
    case "bbr_lite":
      return new BbrLite({
        datagramBytes: DATAGRAM_BYTES_BASE,
        windowBytesMax,
        initialRttMs,
        random,
      });
  }
}

function createBulkParts(
  config: ConnectionConfig,
  budgets: ConnectionBudgets,
  maxDatagramBytes: number,
  random: Random,
): BulkParts {
  const events = new Fifo<ConnectionEvent>();
  const control = new ControlQueue();
  const flow = new FlowControl(budgets.receive);
  return {
    events,
    congestion: createCongestion(config, random),
    deliveryRate: new DeliveryRate(),
    receiveRate: new ReceiveRate(),
    mtu: new MtuDiscovery(maxDatagramBytes),
    control,
    flow,
    outgoingData: new OutgoingData(control, events),
    incomingData: new IncomingData(control, flow, events),
  };
}

/** Makes the parts and ties them together. @param random for the controller's dice.
 * @param rested what a connection that goes on has kept. */
export function createParts(
  config: ConnectionConfig,
  budgets: ConnectionBudgets,
  maxDatagramBytes: number,
  random: Random,
  rested?: RestedParts,
): ConnectionParts {
  const bulk = rested?.bulk ?? createBulkParts(config, budgets, maxDatagramBytes, random);
  const { events, congestion, deliveryRate, mtu, control, outgoingData, incomingData } = bulk;
  const traffic = rested?.traffic ?? new Traffic();
  const rtt = rested?.rtt ?? new RttEstimator(config.initialRttMs);
  const sent = new SentPackets(rested?.nextPacketNumber);
  const received = new ReceivedPackets(rested?.received);
  const outgoingAnswers = new OutgoingAnswers();
  const fate = new FrameSettlement(control, received, mtu, outgoingAnswers);
  const loss = new LossDetection({ sent, rtt, congestion, deliveryRate, fate, traffic });
  const incomingMessages = new IncomingMessages(
    budgets.partialMessages,
    (bytes) => events.push({ kind: "message", bytes }),
    rested?.seenMessages,
  );
  const destinations = { loss, received, incomingData, outgoingData, incomingMessages };
  return {
    ...bulk,
    bulk,
    budgets,
    traffic,
    rtt,
    sent,
    received,
    loss,
    outgoingMessages: new OutgoingMessages(rested?.nextMessageId),
    outgoingAnswers,
    incomingMessages,
    dispatcher: new FrameDispatcher(destinations),
  };
}

/** Nothing is open, queued or in flight. */
export function isIdle(parts: ConnectionParts): boolean {
  const { incomingData, outgoingData, outgoingMessages, outgoingAnswers, sent, events } = parts;
  return sent.packetsInFlight === 0 && events.length === 0 && outgoingMessages.isEmpty &&
    outgoingAnswers.isEmpty &&
    incomingData.openFetches === 0 && outgoingData.openFetches === 0;
}

/** And nothing is due, half here or unusual: what is left can be told in a few numbers. */
export function isAtRest(parts: ConnectionParts): boolean {
  const { received, loss, control, incomingMessages, dispatcher } = parts;
  return isIdle(parts) && !received.isAckDue && !received.hasUnacked && received.isUsual &&
    loss.probesDue === 0 && control.length === 0 && incomingMessages.partialBytes === 0 &&
    dispatcher.pathChallenge === undefined && dispatcher.pathResponse === undefined;
}

/** The connection is over: lets go of all that it holds. */
export function clearParts(parts: ConnectionParts, now: Instant): void {
  parts.outgoingMessages.clear();
  parts.outgoingAnswers.clear();
  parts.incomingMessages.clear();
  parts.outgoingData.clear();
  parts.incomingData.clear(now);
  parts.control.clear();
  parts.sent.clear();
}
