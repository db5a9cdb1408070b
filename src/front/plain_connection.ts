import { type Address, concatBytes, utf8 } from "../lib/mod.ts";
import type { ReceiverWatch, StreamSocket } from "../ports/mod.ts";
import { ClientSide } from "./client_side.ts";
import type { OpenConnection } from "./connection_doors.ts";
import { HeadReader } from "./head_reader.ts";
import type { LinkHandler } from "./node_link.ts";
import type { Outbox } from "./outbox.ts";
import type { AnswerClient, PlainDoors } from "./plain_doors.ts";
import { PlainExchange } from "./plain_exchange.ts";
import type { PlainHead } from "./plain_head.ts";

/** What a client may send ahead while it has to wait: who sends more is cut, as node:http's server
 * cuts who has more than 32 requests in line. */
const PENDING_MAX = 32_768;
/** Requests that are answered in one turn of the loop: others want theirs. */
const TURN_MAX = 32;
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
  readonly #doors: PlainDoors;
  readonly #side: ClientSide;
  readonly #reader = new HeadReader();
  #mode: Mode = "resting";
  /** What was read and not looked at; BOUNDED by PENDING_MAX, and while its head comes by that of
   * HeadReader. */
  #pending: Uint8Array = EMPTY;
  #hasAsked = false;
  #exchange: PlainExchange | undefined;

  constructor(socket: StreamSocket, doors: PlainDoors) {
    this.#doors = doors;
    this.#side = new ClientSide(socket, doors);
  }

  get #socket(): StreamSocket {
    return this.#side.socket;
  }

  get outbox(): Outbox {
    return this.#side.outbox;
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
    if (this.#mode === "tunnel") return this.#side.toNode(bytes);
    const hadMore = this.#hasMore();
    this.#pending = this.#pending.length === 0 ? bytes : concatBytes(this.#pending, bytes);
    if (this.#mode !== "resting") return this.#bound();
    if (!hadMore && this.#hasMore()) this.#side.rests(); // its next head begins to come
    this.#next();
  }

  onDrain(): void {
    this.#side.drained();
  }

  onEnd(): void {
    this.#side.ended();
    if (this.#mode === "resting") this.#close();
    else if (this.#mode === "tunnel") this.#side.handEndOn();
    else if (this.#mode === "answering" && this.#exchange?.answer.hasBegun === false) {
      // As node:http on Bun: who ends while nothing is there yet is taken for gone.
      this.#exchange.leave();
      this.#close();
    }
  }

  onClose(): void {
    this.#mode = "over";
    this.#pending = EMPTY; // who works for it may go on for a while
    this.#exchange?.leave();
    this.#side.closed();
    this.#doors.onOver(this);
  }

  onLinkData(bytes: Uint8Array): void {
    this.#side.toClient(bytes);
  }

  onLinkDrain(): void {
    this.#socket.resume();
  }

  onLinkClose(wasCut: boolean): void {
    this.#side.unlinked();
    if (wasCut) this.#socket.cut();
    else this.#finish();
  }

  watched(): ReceiverWatch {
    return this.#side.watched();
  }

  async taken(receiver: ReceiverWatch): Promise<void> {
    if (this.#mode === "answering") await this.#side.taken(receiver);
  }

  watch(now: number): void {
    const { headerTimeoutMs, idleTimeoutMs } = this.#doors.limits;
    if (this.#mode !== "resting") return this.#side.watch(now);
    const isHeadUnderWay = this.#hasMore();
    const isBetween = this.#hasAsked && !isHeadUnderWay;
    if (this.#side.restMs(now) <= (isBetween ? idleTimeoutMs : headerTimeoutMs)) return;
    if (!isHeadUnderWay) return this.#close();
    this.outbox.send(this.#doors.tooLate);
    this.#finish();
  }

  excuse(lateMs: number): void {
    this.#side.excuse(lateMs);
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
    else if (this.#side.isEnded) this.#close(); // the rest will never come
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
    this.#side.unwatched();
    if (this.#mode !== "answering") return;
    if (isForNode) {
      this.#pending = concatBytes(utf8(head.text), this.#pending);
      return this.#tunnel();
    }
    const isNobodyThere = this.#side.isEnded && !this.#hasMore();
    if (answer.isLast || isNobodyThere || this.#doors.isDraining()) return this.#finish();
    this.#mode = "resting";
    this.#side.rests();
  }

  #finish(): void {
    this.#mode = "lingering";
    this.#pending = EMPTY;
    this.#side.finish();
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
    this.#side.tunnel(bytes, this);
  }
}
