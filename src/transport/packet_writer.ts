import { broken, type Instant, type Random, randomBelow } from "../lib/mod.ts";
import {
  DATAGRAM_BYTES_BASE,
  encodeAck,
  encodeClose,
  encodeImmediateAck,
  encodePad,
  encodePathChallenge,
  encodePathResponse,
  encodePing,
  IMMEDIATE_ACK_FRAME,
  PACKET_HEAD_BYTES,
  PACKET_OVERHEAD_BYTES,
  PATH_FRAME,
  PING_FRAME,
} from "../wire/mod.ts";
import type { ConnectionParts } from "./connection_parts.ts";
import { Pacer } from "./pacer.ts";
import type { PacketSealer } from "./packet_sealer.ts";
import type { SentPacket } from "./sent_packets.ts";

const TAG_BYTES = PACKET_OVERHEAD_BYTES - PACKET_HEAD_BYTES;
/** From this many PTOs in a row on, probes are small: the path may have begun to swallow large
 * datagrams (RFC 8899 §4.3). */
const SMALL_PROBE_PTOS = 2;
/** A receiver that sends nothing ack-eliciting never learns which of its ACKs arrived, and would
 * tell all its ranges for ever: with more than these, a PING per round trip asks. */
const RANGES_WITHOUT_PING = 8;
/** One packet number in so many is skipped, at a distance drawn anew each time. */
const SKIP_PACKETS_MIN = 128;
const SKIP_PACKETS_SPREAD = 1_024;
const NO_BYTES = new Uint8Array(0);

/** What a packet may carry: "control" leaves slices out, so that it need not wait for their turn. A
 * probe after a timeout carries whatever there is. */
export type PacketContents = "control" | "all";

/** Fills packets: what goes in, in which order, and whether one may leave now. */
export class PacketWriter {
  readonly #parts: ConnectionParts;
  readonly #sealer: PacketSealer;
  readonly #random: Random;
  readonly #pacer = new Pacer();
  #skipAt: number;
  /** A PING is wanted, unless something else ack-eliciting goes out. */
  isPingDue = false;
  /** When the pacer lets the next packet go; undefined if it is not what holds sending back. */
  pacedUntil: Instant | undefined;
  /** When something was last sent, and when something ack-eliciting. */
  lastSentAt = 0 as Instant;
  lastElicitingSentAt: Instant | undefined;

  constructor(parts: ConnectionParts, sealer: PacketSealer, random: Random) {
    this.#parts = parts;
    this.#sealer = sealer;
    this.#random = random;
    this.#skipAt = this.#drawSkip();
  }

  /** Packet numbers have begun anew. */
  restart(): void {
    this.#skipAt = this.#drawSkip();
  }

  /** Size of a full packet now. */
  get datagramBytes(): number {
    const { loss, mtu } = this.#parts;
    if (loss.ptoCount < SMALL_PROBE_PTOS) return mtu.datagramBytes;
    return Math.min(mtu.datagramBytes, DATAGRAM_BYTES_BASE);
  }

  /** True if something ack-eliciting waits to be sent. */
  #hasFrames(contents: PacketContents): boolean {
    const { control, outgoingMessages, outgoingData, dispatcher } = this.#parts;
    return control.length > 0 || outgoingMessages.hasLost || outgoingMessages.hasFresh ||
      this.isPingDue || dispatcher.pathChallenge !== undefined ||
      (contents === "all" && (outgoingData.hasFresh || outgoingData.hasLost));
  }

  /** Writes the next packet to out[at …], at most `maxBytes` long.
   * @returns its bytes; 0 if none may leave now. */
  write(
    now: Instant,
    out: Uint8Array,
    at: number,
    maxBytes: number,
    contents: PacketContents,
  ): number {
    const { sent, received, loss, outgoingAnswers } = this.#parts;
    this.pacedUntil = undefined;
    if (sent.isFull) loss.giveUpOldest(now);
    if (outgoingAnswers.wantsAck && sent.packetsInFlight === 0) this.isPingDue = true;
    const isProbe = loss.probesDue > 0;
    const isWanted = isProbe || this.#hasFrames(contents);
    const mayElicit = isWanted && this.#mayElicit(now);
    if (!mayElicit && !received.isAckDue && !outgoingAnswers.isReady) {
      if (!isWanted && contents === "all") loss.onNothingToSend();
      return 0;
    }
    const room = Math.min(maxBytes, out.length - at);
    if (mayElicit && !isProbe && contents === "all") {
      const probe = this.#writeMtuProbe(now, out, at, room);
      if (probe > 0) return probe;
    }
    const end = at + Math.min(room, this.datagramBytes) - TAG_BYTES;
    const frames = mayElicit ? isProbe ? "all" : contents : "none";
    return this.#writePacket(now, out, at, end, frames);
  }

  /** Writes a packet with a PATH_CHALLENGE, for another address than the rest. It is not in flight:
   * whoever validates the path asks again. @returns its bytes. */
  writePathChallenge(data: Uint8Array, now: Instant, out: Uint8Array, at: number): number {
    const packet = this.#draft();
    const from = at + PACKET_HEAD_BYTES;
    const next = encodePathChallenge(data, out, from);
    return this.#send(packet, false, out, at, next - from, now);
  }

  /** Writes a packet that says CLOSE. @returns its bytes. */
  writeClose(code: number, now: Instant, out: Uint8Array, at: number): number {
    const packet = this.#draft();
    const from = at + PACKET_HEAD_BYTES;
    const next = encodeClose(code, NO_BYTES, out, from);
    return this.#send(packet, false, out, at, next - from, now);
  }

  /** Whether window and pacer let an ack-eliciting packet go (RFC 9002 §7). */
  #mayElicit(now: Instant): boolean {
    const { loss, sent, congestion, rtt } = this.#parts;
    const bytes = this.datagramBytes;
    this.#pacer.refill(congestion.pacingRate(rtt.smoothedMs), bytes, now);
    if (loss.probesDue > 0) return true;
    if (sent.bytesInFlight + bytes > congestion.windowBytes) return false;
    if (this.#pacer.allows(bytes)) return true;
    this.pacedUntil = this.#pacer.readyAt(bytes);
    return false;
  }

  #writeMtuProbe(now: Instant, out: Uint8Array, at: number, room: number): number {
    const { mtu, sent, congestion } = this.#parts;
    const bytes = mtu.probeBytes;
    if (bytes === undefined || bytes > room) return 0;
    if (sent.bytesInFlight + bytes > congestion.windowBytes) return 0;
    const packet = this.#draft();
    packet.isMtuProbe = true;
    mtu.onProbeSent();
    const payloadBytes = bytes - PACKET_OVERHEAD_BYTES;
    const next = encodePing(out, at + PACKET_HEAD_BYTES);
    encodePad(payloadBytes - PING_FRAME.bytes, out, next);
    return this.#send(packet, true, out, at, payloadBytes, now);
  }

  /** One packet of frames between its head at `at` and `end`. */
  #writePacket(
    now: Instant,
    out: Uint8Array,
    at: number,
    end: number,
    contents: PacketContents | "none",
  ): number {
    const { received, outgoingAnswers, traffic } = this.#parts;
    const packet = this.#draft();
    const from = at + PACKET_HEAD_BYTES;
    let next = from;
    if (received.isAckDue || received.hasUnacked) {
      const ack = received.prepareAck(now);
      next = encodeAck(ack, out, from, end);
      if (next > from) packet.ackedLargest = ack.largest;
    }
    const answersAt = next;
    const behindAnswers = next = outgoingAnswers.write(out, next, end);
    traffic.answerBytes += behindAnswers - answersAt;
    if (contents !== "none") next = this.#writeFrames(packet, out, next, end, contents);
    else if (this.#wantsAckOfAcks(now) && next + PING_FRAME.bytes <= end) {
      next = encodePing(out, next);
    }
    if (next === from) return 0;
    const isEliciting = next > behindAnswers;
    if (contents === "all" && packet.segmentCount > 0 && this.#parts.outgoingData.hasFresh) {
      next = encodePad(end - next, out, next); // a train is of equal packets
    }
    if (packet.ackedLargest !== undefined) received.onAckSent();
    return this.#send(packet, isEliciting, out, at, next - from, now);
  }

  #wantsAckOfAcks(now: Instant): boolean {
    const { received, rtt, sent } = this.#parts;
    if (received.ranges.count <= RANGES_WITHOUT_PING || sent.packetsInFlight > 0) return false;
    return now - (this.lastElicitingSentAt ?? 0) > rtt.smoothedMs;
  }

  /** Control, then what is sent again, then messages, then data. */
  #writeFrames(
    packet: SentPacket,
    out: Uint8Array,
    at: number,
    end: number,
    contents: PacketContents,
  ): number {
    const { control, outgoingMessages, outgoingData, dispatcher, loss } = this.#parts;
    let next = at;
    if (dispatcher.pathChallenge !== undefined && next + PATH_FRAME.bytes <= end) {
      next = encodePathResponse(dispatcher.pathChallenge, out, next);
      dispatcher.pathChallenge = undefined;
    }
    next = control.write(packet.controls, out, next, end);
    next = outgoingMessages.writeLost(packet, out, next, end);
    // a short message that is sent again needs all the room that it had, and data takes any
    if (loss.probesDue > 0 && next + IMMEDIATE_ACK_FRAME.bytes <= end) {
      next = encodeImmediateAck(out, next);
    }
    if (contents === "all") next = outgoingData.writeLost(packet, out, next, end);
    next = outgoingMessages.writeFresh(packet, out, next, end);
    if (contents === "all") next = outgoingData.writeFresh(packet, out, next, end);
    next = control.write(packet.controls, out, next, end); // SLICE_END of a slice that ended
    if (next === at && this.isPingDue && next + PING_FRAME.bytes <= end) {
      next = encodePing(out, next);
    }
    if (next > at) this.isPingDue = false;
    return next;
  }

  #draft(): SentPacket {
    const { sent } = this.#parts;
    if (sent.nextNumber === this.#skipAt && !sent.isFull) {
      sent.skip();
      this.#skipAt = this.#drawSkip();
    }
    return sent.draft();
  }

  #drawSkip(): number {
    return this.#parts.sent.nextNumber + SKIP_PACKETS_MIN +
      randomBelow(this.#random, SKIP_PACKETS_SPREAD);
  }

  #send(
    packet: SentPacket,
    isEliciting: boolean,
    out: Uint8Array,
    at: number,
    payloadBytes: number,
    now: Instant,
  ): number {
    const { sent, loss, traffic } = this.#parts;
    const bytes = this.#sealer.seal(packet.number, out, at, payloadBytes);
    if (bytes !== payloadBytes + PACKET_OVERHEAD_BYTES) {
      broken(`sealed ${payloadBytes} to ${bytes}`);
    }
    if (isEliciting) {
      this.#pacer.spend(bytes);
      this.lastElicitingSentAt = now;
      loss.onSent(packet, bytes, now);
    }
    sent.sent(packet, bytes, isEliciting, now);
    this.lastSentAt = now;
    traffic.sentBytes += bytes;
    traffic.sentPackets++;
    return bytes;
  }
}
