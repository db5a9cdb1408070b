import { type Address, canonicalIp } from "../../lib/mod.ts";
import type { HttpLimits } from "../../ports/mod.ts";
import { answerRequest, type Http3Desk } from "./http3_exchange.ts";
import { readRequest } from "./http3_request.ts";
import {
  AnswerStream,
  MESSAGE_ERROR,
  NO_ERROR,
  REQUEST_INCOMPLETE,
  REQUEST_REJECTED,
} from "./http3_stream.ts";
import type { QuicSession, QuicStream } from "./quic_types.ts";

/** Streams at once, over all clients: each holds 100 to 220 KB where its client takes nothing
 * (measured), so 225 MB at the most. Above this a client is told to try again (RFC 9114 §8.1). */
const STREAMS_IN_ALL_MAX = 1_024;

/** What a connection shares with the others of its server. */
export interface Http3Shared {
  /** Of all clients. BOUNDED by STREAMS_IN_ALL_MAX. */
  readonly streams: Set<QuicStream>;
  readonly desk: Http3Desk;
  readonly limits: Required<HttpLimits>;
  /** Answers under way. */
  readonly answers: Set<AnswerStream>;
  /** There is one more; and one less. */
  begun(): void;
  ended(): void;
}

/** One client's connection. Its requests run side by side. */
export class Http3Connection {
  readonly #session: QuicSession;
  readonly #shared: Http3Shared;
  #streams = 0;
  #isClosing = false;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(session: QuicSession, shared: Http3Shared) {
    this.#session = session;
    this.#shared = shared;
    this.#rest(shared.limits.headerTimeoutMs);
  }

  /** A client has begun a stream of its own, most likely a request. */
  accept(stream: QuicStream): void {
    stream.onerror = () => {}; // `closed` tells
    const { limits: { headerTimeoutMs, idleTimeoutMs }, streams } = this.#shared;
    if (this.#isClosing || streams.size >= STREAMS_IN_ALL_MAX) {
      return stream.destroy(undefined, { code: REQUEST_REJECTED });
    }
    streams.add(stream);
    this.#streams++;
    clearTimeout(this.#idle);
    const late = setTimeout(
      () => stream.destroy(undefined, { code: REQUEST_INCOMPLETE }),
      headerTimeoutMs,
    );
    const over = (): void => {
      clearTimeout(late);
      streams.delete(stream);
      this.#streams--;
      if (this.#streams > 0) return;
      if (this.#isClosing) this.destroy();
      else this.#rest(idleTimeoutMs);
    };
    stream.closed.then(over, over);
    let isRead = false;
    stream.onheaders = (fields) => {
      if (isRead) return;
      isRead = true;
      clearTimeout(late);
      const request = readRequest(fields);
      if (request === undefined) return stream.destroy(undefined, { code: MESSAGE_ERROR });
      this.#answer(stream, request);
    };
  }

  /** No further requests; ends with the last one under way. */
  drain(): void {
    this.#isClosing = true;
    if (this.#streams === 0) this.destroy();
    else this.#session.close().catch(() => {});
  }

  /** Ends it at once, with whatever runs on it. */
  destroy(): void {
    clearTimeout(this.#idle);
    this.#session.destroy(undefined, { code: NO_ERROR, type: "application" });
  }

  /** It has ended. */
  closed(): void {
    this.#isClosing = true;
    clearTimeout(this.#idle);
  }

  #answer(stream: QuicStream, request: NonNullable<ReturnType<typeof readRequest>>): void {
    const { answers, begun, desk, ended } = this.#shared;
    const answer = new AnswerStream(stream);
    answers.add(answer);
    begun();
    answerRequest(request, answer, remoteOf(this.#session), desk)
      .catch((error) => {
        answer.cut();
        desk.options.onFault?.(error);
      })
      .finally(() => {
        answers.delete(answer);
        ended();
      });
  }

  /** Nothing runs on it. QUIC has such a bound too, but a client that pings is never idle there. */
  #rest(timeoutMs: number): void {
    clearTimeout(this.#idle);
    if (!this.#isClosing) this.#idle = setTimeout(() => this.destroy(), timeoutMs);
  }
}

/** Where the client was first: one that moves on (RFC 9000 §9) is counted there. */
function remoteOf({ path }: QuicSession): Address {
  const { address = "", port = 0 } = path?.remote ?? {};
  return { ip: canonicalIp(address) ?? "0.0.0.0", port };
}
