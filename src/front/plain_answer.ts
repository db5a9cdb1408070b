import { concatBytes, utf8 } from "../lib/mod.ts";
import type { BodyPieces, ReceiverWatch } from "../ports/mod.ts";
import { TURN_BYTES_MAX } from "./outbox.ts";
import type { AnswerClient, ExchangeDoors } from "./plain_doors.ts";
import type { PlainHead } from "./plain_head.ts";

const EMPTY = new Uint8Array();
const CRLF = utf8("\r\n");
const LAST_CHUNK = utf8("0\r\n\r\n");
const SORRY: readonly string[] = ["cache-control", "no-store", "content-length", "0"];

/** What is to be given. */
export interface AnswerParts {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** They are given again, with that status. */
  readonly isKept: boolean;
  readonly body: Uint8Array | BodyPieces;
  /** Of a body in pieces; undefined = chunked, as `headers` say, or for HTTP/1.0 up to the end of
   * the connection. */
  readonly length?: number | undefined;
}

/** Writes one answer. Invariant: what is not whole never looks so. */
export class PlainAnswer {
  readonly #head: PlainHead;
  readonly #client: AnswerClient;
  readonly #doors: ExchangeDoors;
  #pieces: BodyPieces | undefined;
  #written = 0;
  /** Of them, in this turn of the loop. */
  #atOnce = 0;
  #isGone = false;
  #hasBegun = false;
  #isLast = false;

  constructor(head: PlainHead, client: AnswerClient, doors: ExchangeDoors) {
    this.#head = head;
    this.#client = client;
    this.#doors = doors;
  }

  /** Bytes of the body that were handed over. */
  get written(): number {
    return this.#written;
  }

  /** The client may have some of it. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The client was told that the connection ends behind it. */
  get isLast(): boolean {
    return this.#isLast;
  }

  /** Nobody takes the rest. */
  leave(): void {
    this.#isGone = true;
    this.#pieces?.stop();
  }

  /** @returns undefined if the kernel has all of it, or nobody wants it; else what resolves when
   * that is so, and rejects with what is to cut the connection. */
  give(parts: AnswerParts): Promise<void> | undefined {
    const body = this.#head.method === "HEAD" ? stopped(parts.body) : parts.body;
    if (this.#isGone) return void stopped(body);
    this.#isLast = this.#head.isLast || this.#client.isEnding;
    const { text } = this.#doors;
    const { status, headers, isKept, length } = parts;
    let head: Uint8Array;
    try {
      head = isKept
        ? text.headOfKept(status, headers, this.#isLast)
        : text.headOf(status, headers, this.#isLast);
    } catch (fault) {
      this.#doors.options.onFault?.(fault);
      return this.#giveWhole(text.headOfKept(500, SORRY, this.#isLast), stopped(body));
    }
    if (body instanceof Uint8Array) return this.#giveWhole(head, body);
    return this.#givePieces(head, body, length);
  }

  #giveWhole(head: Uint8Array, body: Uint8Array): Promise<void> | undefined {
    this.#hasBegun = true;
    this.#written = body.length;
    if (this.#client.outbox.sendBoth(head, body)) return undefined;
    const receiver = this.#client.watched();
    receiver.wrote(body.length);
    return this.#client.taken(receiver);
  }

  async #givePieces(
    head: Uint8Array,
    pieces: BodyPieces,
    length: number | undefined,
  ): Promise<void> {
    this.#pieces = pieces;
    const receiver = this.#client.watched();
    const isChunked = length === undefined && !this.#head.isHttp10;
    try {
      let before = head;
      while (this.#written !== length) {
        const piece = await this.#next(pieces);
        if (this.#isGone) return;
        if (piece === undefined) break;
        if (piece.length === 0) continue; // as a chunk it would be the last
        this.#count(piece, length, receiver);
        if (isChunked) before = concatBytes(before, chunkStart(piece));
        await this.#send(before, piece, isChunked ? CRLF : EMPTY, receiver);
        if (this.#isGone) return;
        before = EMPTY;
      }
      if (length !== undefined && this.#written < length) throw lengthFault(length, this.#written);
      await this.#send(before, isChunked ? LAST_CHUNK : EMPTY, EMPTY, receiver);
    } finally {
      pieces.stop();
    }
  }

  /** @returns undefined behind the last piece, and when nobody wants one: that is why, if it
   * fails. */
  async #next(pieces: BodyPieces): Promise<Uint8Array | undefined> {
    try {
      return await pieces.next();
    } catch (fault) {
      if (this.#isGone) return undefined;
      throw fault;
    }
  }

  #count(piece: Uint8Array, length: number | undefined, receiver: ReceiverWatch): void {
    const sent = this.#written + piece.length;
    if (length !== undefined && sent > length) throw lengthFault(length, sent);
    this.#written = sent;
    this.#atOnce += piece.length;
    receiver.wrote(piece.length);
  }

  async #send(
    before: Uint8Array,
    piece: Uint8Array,
    end: Uint8Array,
    receiver: ReceiverWatch,
  ): Promise<void> {
    const { outbox } = this.#client;
    this.#hasBegun = true;
    const isTaken = before.length === 0 ? outbox.send(piece) : outbox.sendBoth(before, piece);
    const isAllTaken = end.length === 0 ? isTaken : outbox.send(end);
    if (isAllTaken && this.#atOnce < TURN_BYTES_MAX) return;
    this.#atOnce = 0;
    if (!isAllTaken) await this.#client.taken(receiver);
    else await new Promise<void>((resolve) => this.#doors.later(resolve));
  }
}

/** Stops what will not be given. @returns what is given instead. */
function stopped(body: Uint8Array | BodyPieces): Uint8Array {
  if (!(body instanceof Uint8Array)) body.stop();
  return EMPTY;
}

const chunkStart = ({ length }: Uint8Array): Uint8Array => utf8(`${length.toString(16)}\r\n`);

function lengthFault(announced: number, sent: number): Error {
  return new RangeError(`a body of ${announced} bytes was announced, the stream gave ${sent}`);
}
