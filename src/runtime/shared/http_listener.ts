import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { HttpLimits, TlsPair } from "../../ports/mod.ts";

/** Header fields of one request (gateway.md §9). */
export const HEADER_FIELDS_MAX = 64;
/** Bytes of a request's head; longer ones get 431. */
export const HEADER_BYTES_MAX = 16_384;

/** Streams of one HTTP/2 connection at once; what browsers expect at least (RFC 9113 §6.5.2). */
const STREAMS_MAX = 100;
/** `:method`, `:scheme`, `:authority` and `:path`. */
const PSEUDO_FIELDS = 4;
/** NGHTTP2_NO_ERROR: the answer is whole, the rest of the request is not wanted. */
const NO_ERROR = 0;
/** NGHTTP2_INTERNAL_ERROR: the answer cannot go on, the connection can (RFC 9113 §7). */
export const INTERNAL_ERROR = 2;

/** What speaks HTTP: node:http, or where there is TLS node:http2 with HTTP/1.1 beside it. Both hand
 * out requests and answers of one shape; what differs is in this file. */
export type Listener =
  | { readonly kind: "plain"; readonly server: Server }
  | { readonly kind: "secure"; readonly server: Http2SecureServer };

export function createListener(
  tls: TlsPair | undefined,
  { headerTimeoutMs, idleTimeoutMs }: Required<HttpLimits>,
  takesBodies: boolean,
): Listener {
  const http1 = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: headerTimeoutMs,
    // A body may take as long as it keeps coming; without one the head is the whole request.
    requestTimeout: takesBodies ? 0 : headerTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, headerTimeoutMs / 2),
    requireHostHeader: false, // refusal() does
  };
  if (tls === undefined) return { kind: "plain", server: createServer(http1) };
  const server = createSecureServer({
    ...http1,
    allowHTTP1: true,
    cert: tls.certificate,
    key: tls.privateKey,
    handshakeTimeout: headerTimeoutMs,
    maxHeaderListPairs: HEADER_FIELDS_MAX + PSEUDO_FIELDS,
    settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADER_BYTES_MAX },
  });
  return { kind: "secure", server };
}

/** The HTTP/2 stream of a request or an answer; undefined in HTTP/1.1. */
export function streamOf(
  message: IncomingMessage | ServerResponse,
): ServerHttp2Stream | undefined {
  return (message as unknown as Partial<Http2ServerRequest>).stream;
}

/** The HTTP/2 session that a request came in; undefined in HTTP/1.1. */
export function sessionOf(incoming: IncomingMessage): ServerHttp2Session | undefined {
  const session = streamOf(incoming)?.session;
  return session === undefined ? undefined : session as ServerHttp2Session;
}

/** True if an answer can go nowhere any more. */
export function isClosed(outgoing: ServerResponse): boolean {
  const stream = streamOf(outgoing);
  return stream === undefined ? outgoing.destroyed : stream.destroyed || stream.closed;
}

/** Whether an answer that is over went out whole, as far as this end can tell. */
export function hasLeft(outgoing: ServerResponse): boolean {
  const stream = streamOf(outgoing);
  if (stream === undefined) return outgoing.writableFinished;
  return outgoing.writableEnded && stream.rstCode === 0;
}

/** How an answer ends; both come in one turn. */
export interface AnswerEnd {
  /** Resolves, never rejects, when it has left or its client is gone. */
  readonly finished: Promise<void>;
  /** Aborts if the client goes away before it has left. */
  readonly clientGone: AbortSignal;
}

/** Watches an answer that is open: of one that is not, there is nothing to come. */
export function watchEnd(outgoing: ServerResponse): AnswerEnd {
  const client = new AbortController();
  const finished = new Promise<void>((resolve) =>
    outgoing.once("close", () => {
      resolve();
      if (!hasLeft(outgoing)) client.abort();
    })
  );
  return { finished, clientGone: client.signal };
}

/** Ends an answer, and in HTTP/2 its stream: one whose client keeps back the end of its request
 * would stay half open for ever, so it is told that the rest is not wanted (RFC 9113 §8.1). */
export function endAnswer(outgoing: ServerResponse, last?: Uint8Array): void {
  const stream = streamOf(outgoing);
  if (stream === undefined) return void outgoing.end(last);
  const close = (): void => {
    if (stream.state.remoteClose === 0) stream.close(NO_ERROR);
  };
  // Not before the last byte is out: a closed stream that waits for the client's window could not
  // be cut off any more.
  stream.once("finish", close);
  // A write, even of nothing, behind a head that may have no body keeps Deno from ever closing.
  outgoing.end(last?.length === 0 ? undefined : last);
  // The end is out already where there is no body, and then Deno has no "finish". Bun knows whether
  // the request had an end after this turn only.
  if (stream.state.localClose === 1) setImmediate(close);
}

/** Raw header fields in the words of HTTP/1.1: names and values in turn, with Host. */
export function fieldsOf(incoming: IncomingMessage): readonly string[] {
  const raw = incoming.rawHeaders;
  if (streamOf(incoming) === undefined) return raw;
  const fields: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    if (name === ":authority") fields.push("host", raw[i + 1] ?? "");
    else if (!name.startsWith(":")) fields.push(name, raw[i + 1] ?? "");
  }
  return fields;
}
