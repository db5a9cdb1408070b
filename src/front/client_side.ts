import type { HttpLimits, ReceiverWatch, StreamSocket } from "../ports/mod.ts";
import { headText } from "./head_bytes.ts";
import type { LinkHandler, NodeLink } from "./node_link.ts";
import { Outbox } from "./outbox.ts";

/** After the last answer, for the client to read it and close. */
const LINGER_MS = 2_000;
const LF = 10;

/** What it shares with those of other clients. */
export interface ClientSideDoors {
  readonly limits: Required<HttpLimits>;
  /** Monotonic ms. */
  readonly now: () => number;
  /** A connection to node:http, for the client of that socket. */
  readonly openLink: (socket: StreamSocket, handler: LinkHandler) => NodeLink;
  readonly watchReceiver: (outbox: { readonly writableLength: number }) => ReceiverWatch;
}

/** A client's socket, and the link to node:http if it has one: what goes to and fro between them as
 * it is, how fast the client takes it, and how it ends. What is said, its owner knows. */
export class ClientSide {
  readonly socket: StreamSocket;
  readonly outbox: Outbox;
  readonly #doors: ClientSideDoors;
  #link: NodeLink | undefined;
  #receiver: ReceiverWatch | undefined;
  #wake: (() => void) | undefined;
  #since: number;
  #isEnded = false;
  /** As holdEnd. */
  #isEndHeld = false;
  /** Something of the answer has come for which it is held. */
  #hasAnswer = false;
  #isLingering = false;

  constructor(socket: StreamSocket, doors: ClientSideDoors) {
    this.socket = socket;
    this.outbox = new Outbox(socket);
    this.#doors = doors;
    this.#since = doors.now();
  }

  /** The client writes no more. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get link(): NodeLink | undefined {
    return this.#link;
  }

  /** From when it began to rest or to linger, or the client took something last. */
  restMs(now: number): number {
    return now - this.#since;
  }

  rests(): void {
    this.#since = this.#doors.now();
  }

  excuse(lateMs: number): void {
    this.#since += lateMs;
  }

  /** As StreamHandler.onDrain. */
  drained(): void {
    this.rests();
    if (!this.outbox.drain()) return;
    this.#wake?.();
    this.#link?.resume();
    if (this.#isLingering) this.#end();
  }

  /** As StreamHandler.onEnd. */
  ended(): void {
    this.#isEnded = true;
    if (this.#isLingering && this.outbox.writableLength === 0) this.socket.close();
  }

  /** As StreamHandler.onClose. */
  closed(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#wake?.();
  }

  /** @returns the link that there is, or a new one. */
  linkFor(handler: LinkHandler): NodeLink {
    return this.#link ??= this.#doors.openLink(this.socket, handler);
  }

  /** node:http has closed it. */
  unlinked(): void {
    this.#link = undefined;
  }

  /** From now on all goes to node:http and back. @param bytes first, a request's. */
  tunnel(bytes: Uint8Array, handler: LinkHandler): void {
    if (!isHttp11(bytes)) this.holdEnd();
    this.linkFor(handler);
    this.socket.resume();
    this.toNode(bytes);
    this.handEndOn();
  }

  /** What node:http is asked now may be HTTP/1.0, whose answer may have no length. node:http breaks
   * off an answer whose client has ended, with FIN, by which such a one would look whole: it hears
   * of that end from `watch` alone, and only if nothing has come yet. */
  holdEnd(): void {
    this.#isEndHeld = true;
    this.#hasAnswer = false;
  }

  /** Hands the client's end on, if there is one: node:http judges whether what it does for that
   * client goes on. */
  handEndOn(): void {
    if (this.#isEnded && !this.#isEndHeld) this.#link?.end();
  }

  toNode(bytes: Uint8Array): void {
    if (this.#link?.write(bytes) === false) this.socket.pause();
  }

  toClient(bytes: Uint8Array): void {
    this.#hasAnswer ||= bytes.length > 0;
    if (this.outbox.writableLength === 0) this.rests();
    if (bytes.length > 0 && !this.outbox.send(bytes)) this.#link?.pause();
  }

  /** Watches from now on how the client takes its answer. */
  watched(): ReceiverWatch {
    return this.#receiver = this.#doors.watchReceiver(this.outbox);
  }

  unwatched(): void {
    this.#receiver = undefined;
  }

  /** Resolves when the kernel has taken all, or the client is gone. */
  async taken(receiver: ReceiverWatch): Promise<void> {
    receiver.blocked();
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
    receiver.unblocked();
  }

  /** Looks how it goes while it does not rest; to be called about once a second. */
  watch(now: number): void {
    const { limits } = this.#doors;
    if (this.#isEnded && this.#isEndHeld && !this.#hasAnswer) this.#link?.end();
    if (this.#receiver !== undefined) {
      if (this.#receiver.isTooSlow(limits, now)) this.socket.cut();
    } else if (this.outbox.writableLength > 0) {
      if (this.restMs(now) > limits.stallTimeoutMs) this.socket.cut();
    } else if (this.#isLingering && this.restMs(now) > LINGER_MS) this.socket.close();
  }

  /** Ends it behind what the client was given, which is read on until it closes: a byte that meets
   * a closed socket costs it what is still on its way (RFC 9112 §9.6). */
  finish(): void {
    this.#isLingering = true;
    this.rests();
    this.#link?.close();
    this.#link = undefined;
    this.socket.resume(); // its end is to be heard
    if (this.outbox.writableLength === 0) this.#end();
  }

  #end(): void {
    this.socket.end();
    if (this.#isEnded) this.socket.close();
  }
}

/** Whether the first line says so. Of one that has not come as a whole nobody knows yet. */
function isHttp11(bytes: Uint8Array): boolean {
  return /HTTP\/1\.1\r?$/.test(headText(bytes.subarray(0, Math.max(0, bytes.indexOf(LF)))));
}
