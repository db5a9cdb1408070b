import type { Address } from "../lib/mod.ts";

/** What a handler may know of a request beyond the standard Request. */
export interface RequestInfo {
  readonly remote: Address;
  /** Where the request came in: the server's own address, as this client dialled it. */
  readonly local: Address;
  /** The request target as it was sent. Request.url is what the URL standard makes of it, with dot
   * segments resolved and backslashes turned round. */
  readonly target: string;
  /** When its turn on the connection came, monotonic ms: what was at hand may have been tried in
   * vain since. */
  readonly startedAt: number;
  /** Resolves, never rejects, when the answer has left or the connection is gone: to the bytes of
   * its body that were handed to the client's connection. */
  readonly finished: Promise<number>;
}

/** Answers one request. `request.signal` aborts when the client goes away. */
export type HttpHandler = (request: Request, info: RequestInfo) => Response | Promise<Response>;

/** The head of a request, before a Request is made of it. */
export interface RequestHead {
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  readonly remote: Address;
  /** A field's value; undefined if there is none. @param name in lower case. */
  header(name: string): string | undefined;
}

/** The bytes of a body, in order. */
export interface BodyPieces {
  /** The next piece that holds a byte; undefined after the last. Asked for when the server is done
   * with the one before, whose memory may then be used again. What it rejects with cuts the
   * connection. */
  next(): Promise<Uint8Array | undefined>;
  /** All was given, or nobody wants the rest. */
  stop(): void;
}

/** An answer that is at hand. */
export interface ReadyAnswer {
  readonly status: number;
  /** Names and values in turn, each name once; with Content-Length. */
  readonly headers: readonly string[];
  /** All of it, which stays as it is; or pieces of it, the first of which is there. */
  readonly body: Uint8Array | BodyPieces;
  /** Called once, when the answer has left or the connection is gone. @param bodyBytes of it that
   * were handed to the client's connection. */
  onLeft(bodyBytes: number): void;
}

/** Gives what is at hand for a request without a body; undefined = ask the handler, which is not
 * done any more once the client is gone. @param clientGone its signal, made when it is asked for,
 * aborts when the client goes away. */
export type ReadyAnswers = (
  head: RequestHead,
  clientGone: () => AbortSignal,
) => ReadyAnswer | Promise<ReadyAnswer | undefined> | undefined;

/** A certificate chain and its private key, as PEM texts. */
export interface TlsPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a certificate says of itself. */
export interface TlsFacts {
  /** DNS names and addresses that it is for. */
  readonly names: readonly string[];
  /** Unix ms. */
  readonly notBeforeMs: number;
  readonly expiresMs: number;
}

/** Reads a pair. @throws {SkerryError} INVALID_CONFIG for one that is unreadable or does not belong
 * together; the message says which, and holds no part of the key. */
export type InspectTls = (pair: TlsPair) => TlsFacts;

export interface HttpServer {
  readonly localAddress: Address;
  /** Takes another pair for connections from now on; the others go on. Does nothing on a server
   * without TLS. @throws {SkerryError} INVALID_CONFIG for a pair that is none. */
  useTls(pair: TlsPair): void;
  /** Stops accepting, waits up to `graceMs` for requests in flight, then cuts them. */
  stop(graceMs: number): Promise<void>;
}

/** Bounds on one connection, all in ms; what runs into one is cut. Defaults: gateway.md §9. */
export interface HttpLimits {
  /** From the first byte of a request (or from connecting) to the end of its head. 5,000. */
  readonly headerTimeoutMs?: number;
  /** Between two requests of a connection. 30,000. */
  readonly idleTimeoutMs?: number;
  /** Without progress while the client takes nothing of the answer. 30,000. */
  readonly stallTimeoutMs?: number;
  /** For one answer, first byte to last. 3,600,000. */
  readonly responseTimeoutMs?: number;
  /** The client may be this slow, bytes a second, once it has kept us waiting for
   * `slowClientGraceMs` in one answer. 8,192 and 20,000. */
  readonly sendRateMin?: number;
  readonly slowClientGraceMs?: number;
  /** Connections at once; further ones are closed at once. 16,384. */
  readonly connectionsMax?: number;
  /** Requests by HTTP/2 at once, over all connections: each holds up to 70 KB where its client
   * takes nothing. Further ones are answered by 503; from the half on, also those of a connection
   * that has eight. 8,192. */
  readonly streamsMax?: number;
}

/** How one client takes its answer; only time in which it keeps us waiting counts against it. */
export interface ReceiverWatch {
  /** Bytes of the body were handed over. */
  wrote(bytes: number): void;
  /** From now on it is the client that is waited for; and not any more. */
  blocked(): void;
  unblocked(): void;
  /** To be asked about once a second. @returns true if the client is to be cut off. */
  isTooSlow(limits: Required<HttpLimits>, now: number): boolean;
}

/** @param outgoing tells how many bytes the client has not taken. */
export type WatchReceiver = (outgoing: { readonly writableLength: number }) => ReceiverWatch;

export interface HttpServeOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Bound on a request body, bytes. 0: no body reaches the handler. GET, HEAD and OPTIONS with a
   * body, and any Transfer-Encoding, are refused with 400; another method with a body is handed
   * over without it, so that it can be told 405. The connection closes after either. */
  readonly requestBodyBytesMax: number;
  /** TLS, with HTTP/2 for clients that offer it, HTTP/1.1 for others. Default: plain HTTP/1.1. */
  readonly tls?: TlsPair | undefined;
  readonly limits?: HttpLimits;
  /** A secret. With it every connection is one that is relayed for somebody else, and begins with
   * an introduction (Introduce) that says for whom: what it is told counts as the connection's own
   * addresses. One that begins otherwise is cut. Default: whoever connects is who asks. */
  readonly introducedBy?: string | undefined;
  /** Asked before the handler, by GET and HEAD that framing does not refuse. Default: nothing. */
  readonly ready?: ReadyAnswers;
  /** A handler that threw, or a body that failed half-way: for the log. Default: nothing. */
  readonly onFault?: (error: unknown) => void;
}

/** The introduction of a connection that is relayed to a server with that secret: a request, whose
 * answer comes before all others and has no body. @param remote who asks. @param local where he
 * came in. */
export type Introduce = (secret: string, remote: Address, local: Address) => Uint8Array;

/** What an HTTP/3 server is told; its requests have no body. */
export type Http3ServeOptions =
  & Omit<HttpServeOptions, "introducedBy" | "requestBodyBytesMax" | "tls">
  & { readonly tls: TlsPair };

/** Starts a server for HTTP/3 on a UDP port, by the same law as ServeHttp: what that says of an
 * HTTP/2 stream holds of an HTTP/3 one. Not more clients at once than it has bounds for get in.
 * @throws {SkerryError} as ServeHttp, and INVALID_CONFIG where the system cannot keep those who
 * flood it out. */
export type ServeHttp3 = (options: Http3ServeOptions, handler: HttpHandler) => Promise<HttpServer>;

/** Starts a server for HTTP/1.1, and with TLS for HTTP/2. A Content-Length that the handler sets is
 * sent. A body stream that errors after the first byte, or ends short of Content-Length, cuts the
 * connection (RST; in HTTP/2 the stream, RST_STREAM), never ends it cleanly; the body is cancelled
 * when the client goes away, and read no faster than the client takes it: the next piece is asked
 * for, and the body cancelled, when the server is done with the one before, whose memory may then
 * be used again.
 * @throws {SkerryError} ADDRESS_IN_USE, or INVALID_CONFIG for a foreign host or a pair that is
 * none. */
export type ServeHttp = (options: HttpServeOptions, handler: HttpHandler) => Promise<HttpServer>;
