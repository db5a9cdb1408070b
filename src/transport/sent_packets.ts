import { assert, broken, type Instant } from "../lib/mod.ts";
import type { ControlFrame } from "./control_queue.ts";
import type { SendBuffer } from "./send_buffer.ts";

/** `untracked` packets (ACK and PAD alone, CLOSE) are never in flight and never missed; `skipped`
 * numbers were never sent. */
export type PacketState = "untracked" | "skipped" | "in_flight" | "acked" | "lost";

/** What is known of one sent packet. Records are used again for later packets, so nobody keeps one
 * beyond the call it was handed to. */
export class SentPacket {
  number = 0;
  /** Of the whole datagram. */
  bytes = 0;
  sentAt = 0 as Instant;
  lostAt = 0 as Instant;
  state: PacketState = "untracked";
  isMtuProbe = false;
  /** Its frames have been queued again by a PTO though it is still in flight. */
  isResent = false;
  /** The largest packet acknowledged by the ACK inside. */
  ackedLargest: number | undefined;

  // For the delivery rate (protocol.md §2.4): the connection's state when this packet left.
  deliveredBytes = 0;
  deliveredAt = 0 as Instant;
  firstSentAt = 0 as Instant;
  isAppLimited = false;
  /** In flight when it left, itself among them. */
  inFlightBytes = 0;

  /** Bytes [starts[i], ends[i]) of buffers[i] for i < segmentCount. The arrays are never cut, so
   * that a reused record allocates nothing. */
  segmentCount = 0;
  readonly buffers: (SendBuffer | undefined)[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly controls: ControlFrame[] = [];

  addSegment(buffer: SendBuffer, start: number, end: number): void {
    const index = this.segmentCount++;
    this.buffers[index] = buffer;
    this.starts[index] = start;
    this.ends[index] = end;
  }

  get carriesFrames(): boolean {
    return this.segmentCount > 0 || this.controls.length > 0;
  }

  /** Forgets the frames, so that the record keeps no slice in memory. */
  dropFrames(): void {
    for (let i = 0; i < this.segmentCount; i++) this.buffers[i] = undefined;
    this.segmentCount = 0;
    if (this.controls.length > 0) this.controls.length = 0;
  }

  /** Makes the record ready for another packet. */
  reset(): void {
    this.dropFrames();
    this.state = "untracked";
    this.isMtuProbe = false;
    this.isResent = false;
    this.ackedLargest = undefined;
  }
}

/** A record is 300 bytes. */
const CAPACITY_START = 2;
/** A full congestion window of the smallest packets is 28,000; records of what was sent after an
 * unanswered one fill the rest. */
const CAPACITY_MAX = 65_536;
/** Lost packets remembered in case they arrive after all. */
const LOST_MAX = 256;

/** Records of sent packets by number, from the oldest in flight to the newest (RFC 9002 §A.1).
 * BOUNDED by CAPACITY_MAX: isFull tells the sender to give the oldest up. */
export class SentPackets {
  #ring: SentPacket[] = [];
  #spares: SentPacket[] = [];
  /** Lost packets, oldest number first, with their frames. BOUNDED by LOST_MAX. */
  #lost: SentPacket[] = [];
  #oldest: number;
  #nextNumber: number;
  #bytesInFlight = 0;
  #packetsInFlight = 0;

  /** @param nextNumber the first to be used. */
  constructor(nextNumber = 0) {
    this.#oldest = nextNumber;
    this.#nextNumber = nextNumber;
  }

  /** No packet below this is in flight. */
  get oldest(): number {
    return this.#oldest;
  }

  get nextNumber(): number {
    return this.#nextNumber;
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  /** All packets in flight are ack-eliciting. */
  get packetsInFlight(): number {
    return this.#packetsInFlight;
  }

  get isFull(): boolean {
    return this.#nextNumber - this.#oldest >= CAPACITY_MAX;
  }

  /** Lost packets that might still arrive, ascending by number. */
  get lost(): readonly SentPacket[] {
    return this.#lost;
  }

  /** The record of `number`. Only for oldest ≤ number < nextNumber. */
  at(number: number): SentPacket {
    return this.#ring[number & (this.#ring.length - 1)] as SentPacket;
  }

  /** A clean record for the next packet, which counts only once sent() is called with it. */
  draft(): SentPacket {
    assert(!this.isFull, "a packet is sent though the record of sent packets is full");
    if (this.#nextNumber - this.#oldest >= this.#ring.length) this.#grow();
    const packet = this.at(this.#nextNumber);
    packet.reset();
    packet.number = this.#nextNumber;
    return packet;
  }

  /** Leaves out the next number: nobody can honestly acknowledge it (RFC 9000 §21.4). */
  skip(): void {
    this.draft().state = "skipped";
    this.#nextNumber++;
    this.#advance();
  }

  /** The draft left as a datagram of `bytes`. */
  sent(packet: SentPacket, bytes: number, isInFlight: boolean, now: Instant): void {
    packet.bytes = bytes;
    packet.sentAt = now;
    packet.state = isInFlight ? "in_flight" : "untracked";
    this.#nextNumber++;
    if (isInFlight) {
      this.#bytesInFlight += bytes;
      this.#packetsInFlight++;
    } else {
      this.#advance();
    }
  }

  /** An in-flight packet has arrived. Its frames are the caller's to settle and drop. */
  markAcked(packet: SentPacket): void {
    this.#leaveFlight(packet);
    packet.state = "acked";
  }

  /** An in-flight packet is given up. It stays in `lost` with its frames for a while. */
  markLost(packet: SentPacket, now: Instant): void {
    this.#leaveFlight(packet);
    packet.state = "lost";
    packet.lostAt = now;
    const stand_in = this.#spares.pop() ?? new SentPacket();
    stand_in.reset();
    stand_in.number = packet.number;
    stand_in.state = "lost";
    this.#ring[packet.number & (this.#ring.length - 1)] = stand_in;
    this.#lost.push(packet);
    if (this.#lost.length > LOST_MAX) this.#forget(1);
  }

  /** Drops lost packets given up before `limit`. */
  forgetLostBefore(limit: Instant): void {
    let count = 0;
    while (count < this.#lost.length && (this.#lost[count]?.lostAt ?? limit) < limit) count++;
    if (count > 0) this.#forget(count);
  }

  /** Takes packet `index` out of `lost`: it arrived after all. */
  forgetLostAt(index: number): void {
    for (const packet of this.#lost.splice(index, 1)) this.#spare(packet);
  }

  /** Moves `oldest` past everything settled. Call after marking. */
  settle(): void {
    this.#advance();
  }

  /** Numbers begin anew, under new keys. @throws {AssertionError} if anything is in flight. */
  restart(): void {
    assert(this.#packetsInFlight === 0, "packet numbers begin anew with packets in flight");
    this.#shrink();
    this.#lost = [];
    this.#oldest = 0;
    this.#nextNumber = 0;
  }

  /** The connection is over: no frame is kept. */
  clear(): void {
    this.#shrink();
    this.#lost = [];
    this.#oldest = this.#nextNumber;
    this.#bytesInFlight = 0;
    this.#packetsInFlight = 0;
  }

  #leaveFlight(packet: SentPacket): void {
    if (packet.state !== "in_flight") broken(`packet ${packet.number} is ${packet.state}`);
    this.#bytesInFlight -= packet.bytes;
    this.#packetsInFlight--;
    const isSound = this.#packetsInFlight > 0 ? this.#bytesInFlight > 0 : this.#bytesInFlight === 0;
    if (!isSound) {
      broken(`${this.#bytesInFlight} bytes in flight in ${this.#packetsInFlight} packets`);
    }
  }

  #advance(): void {
    while (this.#oldest < this.#nextNumber && this.at(this.#oldest).state !== "in_flight") {
      this.#oldest++;
    }
  }

  #forget(count: number): void {
    for (const packet of this.#lost.splice(0, count)) this.#spare(packet);
  }

  #spare(packet: SentPacket): void {
    packet.dropFrames();
    if (this.#spares.length < LOST_MAX) this.#spares.push(packet);
  }

  #grow(): void {
    const ring = this.#ring;
    const larger: SentPacket[] = new Array(Math.max(CAPACITY_START, ring.length * 2));
    for (let i = 0; i < ring.length; i++) {
      const number = this.#oldest + i;
      larger[number & (larger.length - 1)] = this.at(number);
    }
    for (let i = 0; i < larger.length; i++) larger[i] ??= new SentPacket();
    this.#ring = larger;
  }

  /** Nothing is in flight. */
  #shrink(): void {
    this.#ring = [];
    this.#spares = [];
  }
}
