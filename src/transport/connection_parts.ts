import { Fifo, type Random } from "../lib/mod.ts";
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
import { OutgoingData } from "./outgoing_data.ts";
import { OutgoingMessages } from "./outgoing_messages.ts";
import { ReceivedPackets } from "./received_packets.ts";
import { ReceiveRate } from "./receive_rate.ts";
import { RttEstimator } from "./rtt_estimator.ts";
import { SentPackets } from "./sent_packets.ts";
import { SharedBudget } from "./shared_budget.ts";

/** Memory that all connections of a node share. */
export interface ConnectionBudgets {
  /** FETCH bytes outstanding. */
  readonly receive: SharedBudget;
  /** Messages in reassembly. */
  readonly partialMessages: SharedBudget;
}

/** The budgets of one node, at their sizes of protocol.md §2.2 and §2.3. */
export function createBudgets(receiveBytes: number = RECEIVE_BUDGET_BYTES): ConnectionBudgets {
  return {
    receive: new SharedBudget(receiveBytes),
    partialMessages: new SharedBudget(ALL_PARTIAL_MESSAGE_BYTES_MAX),
  };
}

/** What one connection is made of. */
export interface ConnectionParts {
  readonly events: Fifo<ConnectionEvent>;
  readonly rtt: RttEstimator;
  readonly sent: SentPackets;
  readonly received: ReceivedPackets;
  readonly congestion: CongestionController;
  readonly deliveryRate: DeliveryRate;
  readonly receiveRate: ReceiveRate;
  readonly loss: LossDetection;
  readonly mtu: MtuDiscovery;
  readonly control: ControlQueue;
  readonly flow: FlowControl;
  readonly outgoingMessages: OutgoingMessages;
  readonly incomingMessages: IncomingMessages;
  readonly outgoingData: OutgoingData;
  readonly incomingData: IncomingData;
  readonly dispatcher: FrameDispatcher;
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

/** Makes the parts and ties them together. @param random for the controller's dice. */
export function createParts(
  config: ConnectionConfig,
  budgets: ConnectionBudgets,
  maxDatagramBytes: number,
  random: Random,
): ConnectionParts {
  const events = new Fifo<ConnectionEvent>();
  const rtt = new RttEstimator(config.initialRttMs);
  const sent = new SentPackets();
  const received = new ReceivedPackets();
  const congestion = createCongestion(config, random);
  const deliveryRate = new DeliveryRate();
  const mtu = new MtuDiscovery(maxDatagramBytes);
  const control = new ControlQueue();
  const fate = new FrameSettlement(control, received, mtu);
  const loss = new LossDetection({ sent, rtt, congestion, deliveryRate, fate });
  const flow = new FlowControl(budgets.receive);
  const outgoingData = new OutgoingData(control, events);
  const incomingData = new IncomingData(control, flow, events);
  const incomingMessages = new IncomingMessages(
    budgets.partialMessages,
    (bytes) => events.push({ kind: "message", bytes }),
  );
  const destinations = { loss, received, incomingData, outgoingData, incomingMessages };
  return {
    events,
    rtt,
    sent,
    received,
    congestion,
    deliveryRate,
    receiveRate: new ReceiveRate(),
    loss,
    mtu,
    control,
    flow,
    outgoingMessages: new OutgoingMessages(),
    incomingMessages,
    outgoingData,
    incomingData,
    dispatcher: new FrameDispatcher(destinations),
  };
}
