import { type Address, concatBytes, utf8 } from "../lib/mod.ts";
import type { ReceiverWatch, StreamSocket } from "../ports/mod.ts";
import type { OpenConnection } from "./connection_doors.ts";
import { HeadReader } from "./head_reader.ts";
import type { LinkHandler, NodeLink } from "./node_link.ts";
import { Outbox } from "./outbox.ts";
import type { AnswerClient, PlainDoors } from "./plain_doors.ts";
import { PlainExchange } from "./plain_exchange.ts";
import type { PlainHead } from "./plain_head.ts";

/** What a client may send ahead while it has to wait: who sends more is cut, as node:http's server
 * cuts who has more than 32 requests in line. */
const PENDING_MAX = 32_768;
/** Requests that are answered in one turn of the loop: others want theirs. */
const TURN_MAX = 32;
/** After the last answer, for the client to read it and close. */
const LINGER_MS = 2_000;
const CR = 13;
const LF = 10;
const EMPTY = new Uint8Array();

/** resting: nothing runs, and the client has all. answering: one request. waiting: for its next
 * turn, with requests at hand. tunnel: all from now on goes to node:http and back as it is.
 * lingering: the last answer was given. */
type Mode = "resting" | "answering" | "waiting" | "tunnel" | "lingering" | "over";

/** One client's connection: plain requests are answered here, one after the other; whatever else
 * comes, node:http gets from its first byte on. */
export class PlainConnection implements OpenConnection, LinkHandler, AnswerClient {
  readonly outbox: Outbox;
  readonly #socket: StreamSocket;
  readonly #doors: PlainDoors;
  readonly #reader = new HeadReader();
  #mode: Mode = "resting";
  /** What was read and not looked at; BOUNDED by PENDING_MAX, and while its head comes by that of
   * HeadReader. */
  #pending: Uint8Array = EMPTY;
  /** The client writes no more. */
  #isEnded = false;
  #hasAsked = false;
  #link: NodeLink | undefined;
  #exchange: PlainExchange | undefined;
  #receiver: ReceiverWatch | undefined;
  #wake: (() => void) | undefined;
  /** When it began to rest or to linger, its next head began to come, or the client took something
   * last. */
  #since: number;

  constructor(socket: StreamSocket, doors: PlainDoors) {
    this.#socket = socket;
    this.#doors = doors;
    this.outbox = new Outbox(socket);
    this.#since = doors.now();
  }

  get remote(): Address {
    return this.#socket.remote;
  }

  get local(): Address {
    return this.#socket.local;
  }

  get isEnding(): boolean {
    return this.#doors.isDraining();
  }

  onData(bytes: Uint8Array): void {
    if (this.#mode === "over" || this.#mode === "lingering") return;
    if (this.#mode === "tunnel") return this.#toNode(bytes);
    const hadMore = this.#hasMore();
    this.#pending = this.#pending.length === 0 ? bytes : concatBytes(this.#pending, bytes);
    if (this.#mode !== "resting") return this.#bound();
    if (!hadMore && this.#hasMore()) this.#since = this.#doors.now();
    this.#next();
  }

  onDrain(): void {
    this.#since = this.#doors.now();
    if (!this.outbox.drain()) return;
    this.#wake?.();
    this.#link?.resume();
    if (this.#mode === "lingering") this.#end();
  }

  onEnd(): void {
    this.#isEnded = true;
    if (this.#mode === "resting") this.#close();
    else if (this.#mode === "tunnel") this.#endLink();
    else if (this.#mode === "answering" && this.#exchange?.answer.hasBegun === false) {
      // As node:http on Bun: who ends while nothing is there yet is taken for gone.
      this.#exchange.leave();
      this.#close();
    } else if (this.#mode === "lingering" && this.outbox.writableLength === 0) this.#close();
  }

  onClose(): void {
    this.#mode = "over";
    this.#pending = EMPTY; // who works for it may go on for a while
    this.#link?.close();
    this.#link = undefined;
    this.#exchange?.leave();
    this.#wake?.();
    this.#doors.onOver(this);
  }

  onLinkData(bytes: Uint8Array): void {
    if (this.outbox.writableLength === 0) this.#since = this.#doors.now();
    if (!this.outbox.send(bytes)) this.#link?.pause();
  }

  onLinkDrain(): void {
    this.#socket.resume();
  }

  onLinkClose(wasCut: boolean): void {
    this.#link = undefined;
    if (wasCut) this.#socket.cut();
    else this.#finish();
  }

  watched(): ReceiverWatch {
    return this.#receiver = this.#doors.watchReceiver(this.outbox);
  }

  async taken(receiver: ReceiverWatch): Promise<void> {
    if (this.#mode !== "answering") return;
    receiver.blocked();
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
    receiver.unblocked();
  }

  watch(now: number): void {
    const { headerTimeoutMs, idleTimeoutMs, stallTimeoutMs } = this.#doors.limits;
    const restMs = now - this.#since;
    if (this.#mode === "resting") {
      const isHeadUnderWay = this.#hasMore();
      const isBetween = this.#hasAsked && !isHeadUnderWay;
      if (restMs <= (isBetween ? idleTimeoutMs : headerTimeoutMs)) return;
      if (!isHeadUnderWay) return this.#close();
      this.outbox.send(this.#doors.tooLate);
      this.#finish();
    } else if (this.#receiver !== undefined) {
      if (this.#receiver.isTooSlow(this.#doors.limits, now)) this.#socket.cut();
    } else if (this.outbox.writableLength > 0) {
      if (restMs > stallTimeoutMs) this.#socket.cut();
    } else if (this.#mode === "lingering" && restMs > LINGER_MS) this.#close();
  }

  excuse(lateMs: number): void {
    this.#since += lateMs;
  }

  drain(): boolean {
    if (this.#mode === "resting") this.#close();
    return this.#mode !== "over";
  }

  cut(): void {
    this.#socket.cut();
  }

  /** Answers what has come, in order. */
  #next(): void {
    for (let turn = 0; this.#mode === "resting" && this.#hasMore(); turn++) {
      if (turn === TURN_MAX) this.#wait();
      else if (!this.#answerNext()) break;
    }
    this.#bound();
  }

  /** Passes over the empty lines before a request (RFC 9112 §2.2). @returns whether more has come
   * than the start of another: a client that sends nothing else is one that rests. */
  #hasMore(): boolean {
    let at = 0;
    while (this.#pending[at] === CR && this.#pending[at + 1] === LF) at += 2;
    if (at > 0) this.#pending = this.#pending.subarray(at);
    return this.#pending.length > 1 || (this.#pending.length === 1 && this.#pending[0] !== CR);
  }

  /** Keeps no more of what was read than is to be looked at. */
  #bound(): void {
    const { length, buffer } = this.#pending;
    if (length > PENDING_MAX) this.#socket.cut();
    else if (length > 0 && buffer.byteLength > 2 * length) this.#pending = this.#pending.slice();
  }

  #wait(): void {
    this.#mode = "waiting";
    this.#doors.later(() => {
      if (this.#mode !== "waiting") return;
      this.#mode = "resting";
      this.#next();
    });
  }

  /** @returns whether the next may be looked at. */
  #answerNext(): boolean {
    const head = this.#reader.read(this.#pending);
    if (head === "odd") this.#tunnel();
    else if (head !== "part") this.#answer(head);
    else if (this.#isEnded) this.#close(); // the rest will never come
    return head !== "part";
  }

  #answer(head: PlainHead): void {
    const { length } = head.text;
    this.#pending = length === this.#pending.length ? EMPTY : this.#pending.subarray(length);
    this.#hasAsked = true;
    this.#mode = "answering";
    const exchange = new PlainExchange(head, this, this.#doors);
    this.#exchange = exchange;
    try {
      const giving = exchange.start();
      if (giving === undefined) return this.#over(exchange);
      giving.then(() => {
        this.#over(exchange);
        this.#next();
      }).catch((fault) => this.#fail(fault));
    } catch (fault) {
      this.#fail(fault);
    }
  }

  /** What is not whole must not look so. */
  #fail(fault: unknown): void {
    this.#socket.cut();
    this.#doors.options.onFault?.(fault);
  }

  #over({ head, isForNode, answer }: PlainExchange): void {
    this.#exchange = undefined;
    this.#receiver = undefined;
    if (this.#mode !== "answering") return;
    if (isForNode) {
      this.#pending = concatBytes(utf8(head.text), this.#pending);
      return this.#tunnel();
    }
    const isNobodyThere = this.#isEnded && !this.#hasMore();
    if (answer.isLast || isNobodyThere || this.#doors.isDraining()) return this.#finish();
    this.#mode = "resting";
    this.#since = this.#doors.now();
  }

  /** Ends it behind what the client was given. */
  #finish(): void {
    this.#mode = "lingering";
    this.#since = this.#doors.now();
    this.#pending = EMPTY;
    this.#link?.close();
    this.#link = undefined;
    this.#socket.resume(); // its end is to be heard
    if (this.outbox.writableLength === 0) this.#end();
  }

  #end(): void {
    this.#socket.end();
    if (this.#isEnded) this.#close();
  }

  /** Nobody waits for anything on it. */
  #close(): void {
    this.#mode = "over";
    this.#socket.close();
  }

  #tunnel(): void {
    this.#mode = "tunnel";
    const bytes = this.#pending;
    this.#pending = EMPTY;
    this.#link = this.#doors.openLink(this.#socket, this);
    this.#socket.resume();
    this.#toNode(bytes);
    this.#endLink();
  }

  /** Hands the client's end on behind its last request. */
  #endLink(): void {
    if (this.#isEnded) this.#link?.end();
  }

  #toNode(bytes: Uint8Array): void {
    if (this.#link?.write(bytes) === false) this.#socket.pause();
  }
}
