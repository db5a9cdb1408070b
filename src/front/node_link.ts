import { Fifo } from "../lib/mod.ts";
import type { StreamHandler, StreamSocket } from "../ports/mod.ts";
import { AnswerFraming } from "./answer_framing.ts";
import { Outbox } from "./outbox.ts";

export interface LinkHandler {
  onLinkData(bytes: Uint8Array): void;
  /** All that was written has been taken. */
  onLinkDrain(): void;
  /** The node has closed it. @param wasCut what came may not be all. */
  onLinkClose(wasCut: boolean): void;
}

/** One client's connection to the node. It begins with an introduction, whose answer nobody else
 * sees. */
export class NodeLink implements StreamHandler {
  readonly #handler: LinkHandler;
  readonly #introduction = new AnswerFraming("OPTIONS");
  #socket: StreamSocket | undefined;
  #outbox: Outbox | undefined;
  /** Written while it is being opened; BOUNDED by what a client's connection holds back. */
  readonly #early = new Fifo<Uint8Array>();
  #isIntroduced = false;
  #isOver = false;
  #isEnding = false;
  #isPaused = false;

  /** @param connect to the node; @param introduction what it is told first. */
  constructor(
    connect: (handler: StreamHandler) => Promise<StreamSocket>,
    introduction: Uint8Array,
    handler: LinkHandler,
  ) {
    this.#handler = handler;
    this.#early.push(introduction);
    connect(this).then((socket) => this.#opened(socket), () => this.onClose(true));
  }

  /** The node knows for whom it is. Before that it has looked at nothing that was written. */
  get isIntroduced(): boolean {
    return this.#isIntroduced;
  }

  /** @returns whether all was taken; if not, stop until `onLinkDrain`. */
  write(bytes: Uint8Array): boolean {
    if (this.#outbox !== undefined) return this.#outbox.send(bytes);
    this.#early.push(bytes);
    return false;
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket?.resume();
  }

  /** The client writes no more. */
  end(): void {
    this.#isEnding = true;
    if (this.#outbox?.writableLength === 0) this.#socket?.end();
  }

  /** Nobody wants what comes from it. */
  close(): void {
    this.#isOver = true;
    this.#socket?.cut();
  }

  onData(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#isIntroduced) return this.#handler.onLinkData(bytes);
    const taken = this.#introduction.take(bytes);
    const status = this.#introduction.head?.status ?? 204;
    if (taken === undefined || status !== 204) return this.#over(true);
    this.#isIntroduced = this.#introduction.isOver;
    if (taken.end < bytes.length) this.#handler.onLinkData(bytes.subarray(taken.end));
  }

  onDrain(): void {
    if (this.#isOver || this.#outbox?.drain() !== true) return;
    if (this.#isEnding) this.#socket?.end();
    this.#handler.onLinkDrain();
  }

  onEnd(): void {
    this.#over(false);
  }

  onClose(wasCut: boolean): void {
    this.#over(wasCut);
  }

  #opened(socket: StreamSocket): void {
    this.#socket = socket;
    if (this.#isOver) return socket.cut();
    if (this.#isPaused) socket.pause();
    this.#outbox = new Outbox(socket);
    let isTaken = true;
    for (let bytes = this.#early.shift(); bytes; bytes = this.#early.shift()) {
      isTaken = this.#outbox.send(bytes);
    }
    if (!isTaken) return;
    if (this.#isEnding) socket.end();
    this.#handler.onLinkDrain();
  }

  #over(wasCut: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket?.close();
    this.#handler.onLinkClose(wasCut);
  }
}
