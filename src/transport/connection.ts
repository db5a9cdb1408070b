import { after, type Instant, type Random } from "../lib/mod.ts";
import { CLOSE_CODE, type Drop, drop, PACKET_OVERHEAD_BYTES, readFrames } from "../wire/mod.ts";
import type { FetchAnswer, FetchProgress, FetchRequest } from "./api.ts";
import { Closing } from "./closing.ts";
import { CONNECTION_DEFAULTS, type ConnectionConfig } from "./config.ts";
import type { CloseReason, ConnectionEvent } from "./connection_event.ts";
import {
  clearParts,
  type ConnectionBudgets,
  type ConnectionParts,
  createBudgets,
  createParts,
  isAtRest,
  isIdle,
} from "./connection_parts.ts";
import { ConnectionPath } from "./connection_path.ts";
import { ID_REST_PTOS } from "./frame_dispatcher.ts";
import { Liveness } from "./liveness.ts";
import type { PacketSealer } from "./packet_sealer.ts";
import { type PacketContents, PacketWriter } from "./packet_writer.ts";
import { RestingConnection } from "./resting_connection.ts";
import { TIMER, Timers } from "./timers.ts";

/** Events that may wait to be polled. Beyond it packets are turned away unacknowledged, so that a
 * peer which sends faster than we work is slowed down, not obeyed. */
const EVENTS_MAX = 4_096;
/** RFC 9000 §10.2: how long a closed connection still answers stragglers; not longer than a
 * handshake may take, however slow the path was. */
const DRAIN_PTOS = 3;
const DRAIN_MS_MAX = 10_000;
/** A connection may rest after so much silence: seldom between two questions of a lookup, and soon
 * enough that most sessions of a node do. And after 3 PTO, when any message id may be used anew. */
const REST_MS = 3_000;
const REST_PTOS = 3;

export interface ConnectionOptions {
  readonly sealer: PacketSealer;
  /** For packet numbers to skip, and for congestion control. */
  readonly random: Random;
  /** The largest UDP payload that our interface and the peer (its maxUdp) take; ≥ 1,200. */
  readonly maxDatagramBytes: number;
  readonly now: Instant;
  /** Shared by all connections of a node; its own if absent. */
  readonly budgets?: ConnectionBudgets;
  readonly config?: Partial<ConnectionConfig>;
  /** What rest() has left of the connection that goes on. */
  readonly rested?: RestingConnection;
}

/** Everything inside one established session: frames, recovery, pacing, fetches and messages.
 * Sans-I/O. The methods are of four kinds:
 * - commands (sendMessage … close) queue something; nothing leaves before pollTransmit();
 * - world → core: handlePacket() for each opened packet, handleTimeout() at nextTimeout();
 * - core → world: pollEvent() until undefined, then pollTransmit() until 0;
 * - getters.
 * After each turn (packets, timer or commands) poll events, then transmits, then arm the timer. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #writer: PacketWriter;
  /** For when the peer's address becomes known, or changes. */
  readonly path: ConnectionPath;
  readonly #timers = new Timers();
  readonly #closing = new Closing();
  readonly #liveness: Liveness;

  constructor(options: ConnectionOptions) {
    const { sealer, random, maxDatagramBytes, budgets = createBudgets(), rested } = options;
    const config = { ...CONNECTION_DEFAULTS, ...options.config };
    this.#parts = createParts(config, budgets, maxDatagramBytes, random, rested);
    this.#writer = new PacketWriter(this.#parts, sealer, random);
    this.path = new ConnectionPath(this.#parts, this.#writer);
    this.#liveness = rested?.liveness ?? new Liveness(config, options.now);
  }

  // commands

  /** Queues a copy of `bytes` (1 … 65,535). @returns false if closed or too much is queued. */
  sendMessage(bytes: Uint8Array, now: Instant): boolean {
    const restMs = ID_REST_PTOS * this.ptoMs;
    return this.#closing.isOpen && this.#parts.outgoingMessages.send(bytes, restMs, now);
  }

  /** Queues `bytes`, which are kept, to be said once; too long or one too many, as a message. */
  sendAnswer(bytes: Uint8Array, now: Instant): boolean {
    return !this.isClosed && this.#parts.outgoingAnswers.add(bytes) || this.sendMessage(bytes, now);
  }

  /** Asks for slices. `request.into` is written until the last of them is reported or the fetch is
   * cancelled. @returns the request id, or undefined at a limit or if closed.
   * @throws {RangeError} if the bitmap is empty or reaches beyond `into`. */
  startFetch(request: FetchRequest, now: Instant): number | undefined {
    return this.#closing.isOpen ? this.#parts.incomingData.start(request, now) : undefined;
  }

  /** From here on `into` is not written for it; no event of it follows. @param slice if not all. */
  cancelFetch(requestId: number, now: Instant, slice?: number): number {
    return this.#closing.isOpen ? this.#parts.incomingData.cancel(requestId, now, slice) : 0;
  }

  /** Server side: the first answer to fetch_requested. A status other than ok ends the fetch. */
  fetchInfo(requestId: number, info: FetchAnswer, _now: Instant): void {
    this.#parts.outgoingData.fetchInfo(requestId, info);
  }

  /** Server side: the fetch gets no answer, and is forgotten. */
  ignoreFetch(requestId: number): void {
    this.#parts.outgoingData.ignoreFetch(requestId);
  }

  /** Server side: slice `slice` of what was asked for, 1 … 65,536 bytes, kept by reference until
   * all is acknowledged. @returns false if the fetch is gone or does not await this slice. */
  provideSlice(requestId: number, slice: number, bytes: Uint8Array, _now: Instant): boolean {
    this.#parts.mtu.enable();
    return this.#parts.outgoingData.provideSlice(requestId, slice, bytes);
  }

  /** Server side: this slice will not come. @param status 1 … 255. */
  refuseSlice(requestId: number, slice: number, status: number, _now: Instant): void {
    this.#parts.outgoingData.refuseSlice(requestId, slice, status);
  }

  /** Ends the connection: event `closed` with reason `local`, and CLOSE to the peer. */
  close(code: number, now: Instant): void {
    if (this.#closing.isOpen) this.#end("local", code, true, now);
  }

  /** Ends the connection without a word to the peer, which has forgotten it by itself. */
  abandon(now: Instant): void {
    if (this.#closing.isOpen) this.#end("idle", CLOSE_CODE.done, false, now);
  }

  /** Both sides have put the connection on new keys: packet numbers begin at 0 in both directions,
   * what was in flight is sent again, and everything else goes on. */
  renew(now: Instant): void {
    if (this.isClosed) return;
    this.#parts.loss.restart(now);
    this.#parts.received.restart();
    this.#writer.restart();
    this.path.forgetIds();
    this.#liveness.onHeard(now);
  }

  /** @returns what it goes on from when something happens again, with this one not to be used any
   * more; undefined if it may not rest at `now`. */
  rest(now: Instant): RestingConnection | undefined {
    const at = this.restAt;
    if (at === undefined || at > now) return undefined;
    return new RestingConnection(this.#parts, this.#liveness);
  }

  /** When it may rest unless something happens; undefined while something is open or due. */
  get restAt(): Instant | undefined {
    if (this.isClosed || this.#writer.isPingDue || !isAtRest(this.#parts)) return undefined;
    const last = Math.max(this.#liveness.heardAt, this.#writer.lastSentAt) as Instant;
    return after(last, Math.max(REST_MS, REST_PTOS * this.ptoMs));
  }

  /** Sends something soon, a PING if there is nothing else. */
  ping(): void {
    this.#writer.isPingDue = true;
  }

  // world → core

  /** Handles the frames of an opened packet; `payload` is borrowed until return.
   * @returns why something of it was not accepted: `no_room` = not acknowledged, comes again;
   * `replayed` = its number has been here; all else broke the protocol and ended the connection. */
  handlePacket(packetNumber: number, payload: Uint8Array, now: Instant): Drop | undefined {
    if (this.isClosed) return this.#closing.answerStraggler();
    const { events, received, dispatcher, incomingData, traffic } = this.#parts;
    if (events.length >= EVENTS_MAX) return drop("no_room");
    if (received.has(packetNumber)) return drop("replayed");
    this.#liveness.onHeard(now);
    traffic.receivedBytes += payload.length + PACKET_OVERHEAD_BYTES;
    traffic.receivedPackets++;
    const arrivedBefore = incomingData.arrivedBytes;
    dispatcher.begin(now);
    const dropped = payload.length === 0
      ? drop("bad_frame") // RFC 9000 §12.4
      : readFrames(payload, dispatcher);
    if (dropped?.drop === "no_room") return dropped;
    if (dropped !== undefined) {
      const code = dropped.drop === "limit" ? CLOSE_CODE.limit : CLOSE_CODE.protocol;
      this.#end("protocol", code, true, now);
      return dropped;
    }
    if (dispatcher.closeCode !== undefined) {
      this.#end("peer", dispatcher.closeCode, false, now);
      return undefined;
    }
    received.onPacket(packetNumber, dispatcher.isAckEliciting, this.#parts.rtt.minMs, now);
    if (dispatcher.hasAck) this.#afterAck();
    this.#afterData(incomingData.arrivedBytes - arrivedBefore, now);
    return undefined;
  }

  #afterAck(): void {
    const { congestion, mtu, outgoingData } = this.#parts;
    congestion.setDatagramBytes(mtu.datagramBytes);
    outgoingData.setWindow(congestion.windowBytes);
  }

  #afterData(bytes: number, now: Instant): void {
    if (bytes === 0) return;
    const { receiveRate, flow, rtt } = this.#parts;
    receiveRate.onData(bytes, rtt.minMs, now);
    flow.update(receiveRate.bytesPerMs, rtt.minMs);
  }

  /** Does whatever is due. Safe to call early or twice. */
  handleTimeout(now: Instant): void {
    const { loss, received, mtu, incomingMessages } = this.#parts;
    if (this.#closing.isOpen) this.#armTimers();
    const timers = this.#timers;
    if (timers.expire(TIMER.drain, now)) this.#closing.drained();
    if (timers.expire(TIMER.lossDetection, now)) {
      loss.handleTimeout(now);
      this.#afterAck();
    }
    if (timers.expire(TIMER.ack, now)) received.onDeadline();
    if (timers.expire(TIMER.pacing, now)) this.#writer.pacedUntil = undefined;
    if (timers.expire(TIMER.mtuRaise, now)) mtu.onResume();
    if (timers.expire(TIMER.keepAlive, now)) this.#writer.isPingDue = true;
    if (timers.expire(TIMER.partialMessages, now)) {
      const deadline = incomingMessages.deadline;
      if (deadline !== undefined && deadline <= now) {
        this.#end("protocol", CLOSE_CODE.limit, true, now);
      }
    }
    if (timers.expire(TIMER.idle, now)) {
      this.#end(this.#liveness.reason, CLOSE_CODE.done, false, now);
    }
  }

  /** When handleTimeout() must be called, at the latest. */
  nextTimeout(): Instant | undefined {
    if (this.#closing.isOpen) this.#armTimers();
    return this.#timers.next;
  }

  #armTimers(): void {
    const { loss, received, mtu, incomingMessages } = this.#parts;
    const timers = this.#timers;
    timers.set(TIMER.lossDetection, loss.deadline);
    timers.set(TIMER.ack, received.ackDeadline);
    timers.set(TIMER.pacing, this.#writer.pacedUntil);
    timers.set(TIMER.mtuRaise, mtu.resumeAt);
    timers.set(TIMER.idle, this.#liveness.deadline(loss.ptoCount));
    timers.set(TIMER.keepAlive, this.#keepAliveAt);
    timers.set(
      TIMER.partialMessages,
      incomingMessages.partialBytes > 0 ? incomingMessages.deadline : undefined,
    );
  }

  get #keepAliveAt(): Instant | undefined {
    if (this.#parts.incomingData.openFetches === 0 || this.#writer.isPingDue) return undefined;
    return this.#liveness.keepAliveAt(this.#writer.lastElicitingSentAt);
  }

  // core → world

  /** The next event, oldest first. */
  pollEvent(): ConnectionEvent | undefined {
    const event = this.#parts.events.shift();
    if (event !== undefined || this.isClosed) return event;
    return this.#parts.outgoingData.takeWant() ? { kind: "slices_wanted" } : undefined;
  }

  /** Writes ONE packet to out[at …]. A train is made by calling again behind it, with the first
   * packet's size as `maxBytes`, while packets come out at that size.
   * @param maxBytes the packet is no longer than this; ≥ 1,200.
   * @returns its bytes, ≤ maxBytes; 0 if nothing may be sent now, or `out` has not room for it. */
  pollTransmit(
    now: Instant,
    out: Uint8Array,
    at: number,
    maxBytes: number = out.length,
    contents: PacketContents = "all",
  ): number {
    if (this.isClosed) {
      const code = this.#closing.takeCode();
      return code === undefined ? 0 : this.#writer.writeClose(code, now, out, at);
    }
    if (out.length - at < Math.min(this.#writer.datagramBytes, maxBytes)) return 0;
    const elicitedBefore = this.#parts.sent.packetsInFlight;
    const bytes = this.#writer.write(now, out, at, maxBytes, contents);
    if (bytes === 0) return 0;
    if (this.#parts.sent.packetsInFlight > elicitedBefore) this.#liveness.onElicitingSent(now);
    else this.#parts.traffic.unackedPackets++;
    return bytes;
  }

  // getters

  /** How many slices should be handed over now, those being read meanwhile included. */
  sliceRoom(): number {
    return this.#closing.isOpen ? this.#parts.outgoingData.sliceRoom : 0;
  }

  /** Bytes of slices wait to be sent, for the first time or again. */
  get hasBulk(): boolean {
    return this.#parts.outgoingData.hasBulk;
  }

  /** The peer has asked for slices, ever. */
  get isBuyer(): boolean {
    return !this.#parts.outgoingData.isUnused;
  }

  /** FETCH bytes that may still be asked of the peer now. */
  fetchRoom(): number {
    const { incomingData, flow } = this.#parts;
    return this.#closing.isOpen && incomingData.mayStart ? flow.roomBytes : 0;
  }

  /** Ended, whoever did it: commands do nothing any more. */
  get isClosed(): boolean {
    return !this.#closing.isOpen;
  }

  /** Ended, and stragglers need no answer any more: it can be forgotten. */
  get isDrained(): boolean {
    return this.#closing.isDrained;
  }

  /** Nothing is open, queued or in flight: closing it would interrupt nothing. */
  get isIdle(): boolean {
    return isIdle(this.#parts);
  }

  /** Size of a full packet on this path now; an MTU probe may be larger. */
  get datagramBytes(): number {
    return this.#writer.datagramBytes;
  }

  /** Undefined before the first sample. */
  get smoothedRttMs(): number | undefined {
    return this.#parts.rtt.hasSample ? this.#parts.rtt.smoothedMs : undefined;
  }

  /** The probe timeout without backoff: old keys are kept for three of it. */
  get ptoMs(): number {
    return this.#parts.loss.ptoMs;
  }

  /** Probe timeouts in a row without an answer. */
  get ptoCount(): number {
    return this.#parts.loss.ptoCount;
  }

  /** What the path has lately carried, in the faster of the two directions; 0 if unknown. */
  get bandwidthBytesPerSecond(): number {
    const { deliveryRate, receiveRate } = this.#parts;
    return 1_000 * Math.max(deliveryRate.bytesPerMs, receiveRate.bytesPerMs);
  }

  get congestionWindowBytes(): number {
    return this.#parts.congestion.windowBytes;
  }

  get bytesInFlight(): number {
    return this.#parts.sent.bytesInFlight;
  }

  /** Of answers, ever: neither acknowledged nor in flight. */
  get answerBytes(): number {
    return this.#parts.traffic.answerBytes;
  }

  /** Whole datagrams, as all byte counts of this class but the last. */
  get sentBytes(): number {
    return this.#parts.traffic.sentBytes;
  }

  get receivedBytes(): number {
    return this.#parts.traffic.receivedBytes;
  }

  get fetchProgress(): FetchProgress {
    return this.#parts.incomingData.progress;
  }

  /** Plain counters, for metrics. */
  stats(): Readonly<Record<string, number>> {
    const { arrivedBytes: dataBytes, strayBytes } = this.#parts.incomingData;
    return { ...this.#parts.traffic, dataBytes, strayBytes };
  }

  #end(reason: CloseReason, code: number, tellsPeer: boolean, now: Instant): void {
    if (this.isClosed) return;
    const drainMs = Math.min(DRAIN_PTOS * this.ptoMs, DRAIN_MS_MAX);
    clearParts(this.#parts, now);
    this.#timers.clear();
    this.#parts.events.push({ kind: "closed", reason, code });
    const isSilent = reason === "idle" || reason === "lost";
    this.#closing.begin(tellsPeer ? code : undefined, isSilent);
    if (!isSilent) this.#timers.set(TIMER.drain, after(now, drainMs));
  }
}
