import type { Address, Instant } from "../lib/mod.ts";
import type {
  AckFreqFrame,
  AckRanges,
  CloseFrame,
  DataFrame,
  Drop,
  FetchFrame,
  FetchInfoFrame,
  FrameHandler,
  MsgFrame,
  NewCidFrame,
  SliceEndFrame,
} from "../wire/mod.ts";
import type { IncomingData } from "./incoming_data.ts";
import type { IncomingMessages } from "./incoming_messages.ts";
import type { LossDetection } from "./loss_detection.ts";
import type { OutgoingData } from "./outgoing_data.ts";
import type { ReceivedPackets } from "./received_packets.ts";

export interface FrameDestinations {
  readonly loss: LossDetection;
  readonly received: ReceivedPackets;
  readonly incomingData: IncomingData;
  readonly outgoingData: OutgoingData;
  readonly incomingMessages: IncomingMessages;
}

/** Id rest in units of the probe timeout (protocol.md §2.2). */
export const ID_REST_PTOS = 3;

/** Hands the frames of one packet to the parts of a connection, and remembers what the packet as a
 * whole means. Everything but ACK, PAD, CLOSE and ANSWER is ack-eliciting (RFC 9000 §13.2). */
export class FrameDispatcher implements FrameHandler {
  readonly #to: FrameDestinations;
  #now = 0 as Instant;
  isAckEliciting = false;
  hasAck = false;
  /** The code of a CLOSE in this packet. */
  closeCode: number | undefined;
  /** The latest challenge that waits for its echo. One place: a flood of challenges is answered
   * by one response per packet of ours. */
  pathChallenge: Uint8Array | undefined;
  /** The echo of a challenge of ours, until it is taken. */
  pathResponse: Uint8Array | undefined;
  /** Ids that the peer has given us, until they are taken: at most what a packet holds. */
  givenIds: NewCidFrame[] | undefined;
  /** Our address as the peer last told it. */
  observedAddress: Address | undefined;

  constructor(destinations: FrameDestinations) {
    this.#to = destinations;
  }

  begin(now: Instant): void {
    this.#now = now;
    this.isAckEliciting = false;
    this.hasAck = false;
    this.closeCode = undefined;
    this.givenIds = undefined;
  }

  onAck(ack: AckRanges): Drop | undefined {
    this.hasAck = true;
    return this.#to.loss.handleAck(ack, this.#now);
  }

  onData(frame: DataFrame, packet: Uint8Array): Drop | undefined {
    this.isAckEliciting = true;
    return this.#to.incomingData.onData(frame, packet, this.#restMs, this.#now);
  }

  onMsg(frame: MsgFrame, packet: Uint8Array): Drop | undefined {
    this.isAckEliciting = true;
    return this.#to.incomingMessages.onMsg(frame, packet, this.#now);
  }

  onAnswer(packet: Uint8Array, from: number, to: number): undefined {
    this.#to.incomingMessages.onAnswer(packet, from, to);
  }

  onFetch(frame: FetchFrame): Drop | undefined {
    this.isAckEliciting = true;
    return this.#to.outgoingData.onFetch(frame);
  }

  onFetchInfo(frame: FetchInfoFrame): undefined {
    this.isAckEliciting = true;
    this.#to.incomingData.onFetchInfo(frame, this.#restMs, this.#now);
  }

  onSliceEnd(frame: SliceEndFrame): undefined {
    this.isAckEliciting = true;
    this.#to.incomingData.onSliceEnd(frame, this.#restMs, this.#now);
  }

  onCancel(requestId: number): undefined {
    this.isAckEliciting = true;
    this.#to.outgoingData.onCancel(requestId);
  }

  onPing(): undefined {
    this.isAckEliciting = true;
  }

  onImmediateAck(): undefined {
    this.isAckEliciting = true;
    this.#to.received.onImmediateAck();
  }

  onAckFreq(frame: AckFreqFrame): undefined {
    this.isAckEliciting = true;
    this.#to.received.onAckFreq(frame);
  }

  onPathChallenge(data: Uint8Array): undefined {
    this.isAckEliciting = true;
    this.pathChallenge = data;
  }

  onPathResponse(data: Uint8Array): undefined {
    this.isAckEliciting = true;
    this.pathResponse = new Uint8Array(data);
  }

  onAddr(address: Address): undefined {
    this.isAckEliciting = true;
    this.observedAddress = address;
  }

  onNewCid(frame: NewCidFrame): undefined {
    this.isAckEliciting = true;
    (this.givenIds ??= []).push(frame);
  }

  /** No extension is known yet, and unknown ones are ignored. */
  onExtensions(): undefined {
    this.isAckEliciting = true;
  }

  onClose(frame: CloseFrame): undefined {
    this.closeCode = frame.code;
  }

  get #restMs(): number {
    return ID_REST_PTOS * this.#to.loss.ptoMs;
  }
}
