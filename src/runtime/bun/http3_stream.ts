import type { BodyPieces } from "../../ports/mod.ts";
import { lengthFault } from "../shared/http_answer.ts";
import { ReceiverRate } from "../shared/http_receiver_rate.ts";
import { DRAINABLE, type QuicStream, type QuicWriter } from "./quic_types.ts";

/** Error codes of RFC 9114 §8.1. */
export const NO_ERROR = 0x100n;
export const REQUEST_REJECTED = 0x10bn;
export const REQUEST_INCOMPLETE = 0x10dn;
export const MESSAGE_ERROR = 0x10en;

/** Bytes that Bun takes at once for one stream, beyond what it holds already (64 KiB). */
const WRITE_BYTES_MAX = 65_536;

/** What is the connection's, which in HTTP/3 is the transport's own matter (RFC 9114 §4.2). */
const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
];

/** One request's stream, as its answer is written to it. */
export class AnswerStream {
  readonly rate: ReceiverRate;
  /** Resolves when it is over, whole or not. */
  readonly closed: Promise<void>;
  readonly #stream: QuicStream;
  readonly #client = new AbortController();
  /** All of the answer was handed over. */
  #isEnded = false;
  #isClosed = false;
  #onGone: (() => void) | undefined;

  constructor(stream: QuicStream) {
    this.#stream = stream;
    // Asked by name, so that it need not be read before it is there.
    const rate: ReceiverRate = new ReceiverRate({
      get writableLength() {
        return Math.max(0, rate.written - Number(stream.stats.bytesSent));
      },
    });
    this.rate = rate;
    const over = (): void => {
      this.#isClosed = true;
      if (this.#isEnded) return;
      this.#client.abort();
      this.#onGone?.();
    };
    this.closed = stream.closed.then(over, over);
    stream.onreset = () => {
      if (!this.#isEnded) this.cut(); // else it answers our stopSending()
    };
  }

  get clientGone(): AbortSignal {
    return this.#client.signal;
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#stream.destroyed;
  }

  /** Ends it so that the client cannot take what it has for the whole: RESET_STREAM, not FIN. */
  cut(): void {
    this.#stream.destroy(new Error("the answer cannot go on"));
  }

  /** Sends an answer that has no body. */
  sendHead(status: number, fields: readonly string[]): void {
    this.rate.wrote(0);
    if (this.#head(status, fields, true)) this.#ended();
  }

  /** Sends an answer whose body is there. */
  sendWhole(status: number, fields: readonly string[], body: Uint8Array): Promise<void> {
    let rest: Uint8Array | undefined = body.length === 0 ? undefined : body;
    const next = (): Promise<Uint8Array | undefined> => {
      const piece = rest;
      rest = undefined;
      return Promise.resolve(piece);
    };
    return this.sendPieces(status, fields, { next, stop: () => {} }, body.length);
  }

  /** Resolves when all of it is handed over or the client is gone; rejects, after cutting it, if
   * the body failed or its length was not as announced. @param length undefined = any. */
  async sendPieces(
    status: number,
    fields: readonly string[],
    pieces: BodyPieces,
    length: number | undefined,
  ): Promise<void> {
    this.#onGone = () => pieces.stop();
    try {
      if (this.isClosed || !this.#head(status, fields, false)) return;
      await this.#pump(this.#stream.writer, pieces, length);
    } catch (error) {
      if (this.isClosed) return; // that is why
      this.cut();
      throw error;
    } finally {
      this.#onGone = undefined;
      pieces.stop();
    }
  }

  async #pump(writer: QuicWriter, pieces: BodyPieces, length: number | undefined): Promise<void> {
    let sent = 0;
    while (length === undefined || sent < length || sent === 0) {
      const value = await pieces.next();
      if (this.isClosed) return;
      if (value === undefined) break;
      sent += value.length;
      if (length !== undefined && sent > length) throw lengthFault(length, sent);
      for (let at = 0; at < value.length; at += WRITE_BYTES_MAX) {
        if (!await this.#write(writer, value.subarray(at, at + WRITE_BYTES_MAX))) return;
      }
    }
    if (length !== undefined && sent < length) throw lengthFault(length, sent);
    writer.endSync();
    this.#ended();
  }

  /** @returns false if nobody takes it any more. */
  async #write(writer: QuicWriter, bytes: Uint8Array): Promise<boolean> {
    this.rate.wrote(bytes.length);
    while (!writer.writeSync(bytes)) {
      const room = this.isClosed ? null : writer[DRAINABLE]();
      if (room === null) {
        this.#goneUnseen();
        return false;
      }
      this.rate.blocked();
      await room.catch(() => {}); // of a stream that is over
      this.rate.unblocked();
      if (this.isClosed) return false;
    }
    return true;
  }

  /** @returns false if nobody takes it any more. */
  #head(status: number, fields: readonly string[], isAll: boolean): boolean {
    const named: Record<string, string> = { ":status": String(status) };
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = (fields[i] ?? "").toLowerCase();
      if (!HOP_BY_HOP.includes(name)) named[name] = fields[i + 1] ?? "";
    }
    // Of an origin with a clock (RFC 9110 §6.6.1): node:http adds it by itself, node:quic does not.
    named["date"] ??= new Date().toUTCString();
    if (this.#stream.sendHeaders(named, { terminal: isAll })) return true;
    this.#goneUnseen();
    return false;
  }

  /** The client has reset the stream, which takes a turn of the loop to be told. */
  #goneUnseen(): void {
    if (!this.isClosed) this.cut();
  }

  /** A client that keeps back the end of its request is told that it is not wanted: its stream
   * would stay half open for ever (RFC 9114 §4.1). What is left of the answer still goes out. */
  #ended(): void {
    this.#isEnded = true;
    this.rate.blocked(); // until it is gone
    this.#stream.stopSending(NO_ERROR);
  }
}
