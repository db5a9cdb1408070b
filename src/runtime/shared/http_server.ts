import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Address, canonicalIp } from "../../lib/mod.ts";
import type {
  HttpHandler,
  HttpLimits,
  HttpServeOptions,
  HttpServer,
  ReadyAnswer,
  RequestInfo,
  ServeHttp,
  TlsPair,
} from "../../ports/mod.ts";
import {
  type Connection,
  lingerAtEnd,
  newConnection,
  refuse,
  unreadable,
} from "./http_connection.ts";
import { takeIntroduction } from "./http_introduction.ts";
import { cut, GoOn, sendReady, sendResponse, sendSorry } from "./http_answer.ts";
import { HTTP_LIMITS } from "./http_limits.ts";
import {
  type AnswerEnd,
  createListener,
  isClosed,
  type Listener,
  sessionOf,
  watchEnd,
} from "./http_listener.ts";
import { ReceiverRate } from "./http_receiver_rate.ts";
import { StreamTurns } from "./http_streams.ts";
import { discardRest, hasBody, headOf, NO_REQUEST, refusal, toRequest } from "./http_request.ts";
import { Handshakes } from "./tls_handshakes.ts";
import { inspectTls } from "./tls_pair.ts";
import { bindError, isIpv6Missing } from "./bind_errors.ts";

/** Requests that may wait on one connection for their turn (HTTP pipelining). */
const PIPELINED_MAX = 32;

/** node:http, and with TLS node:http2, as ServeHttp, for Bun and Deno. Neither Bun.serve nor
 * Deno.serve will do (ADR 0021): the first strips the Content-Length of a streamed body
 * (oven-sh/bun#10507), the second takes bare line feeds and has no deadline for a request's head,
 * and both hide the raw header fields. */
export const serveHttp: ServeHttp = (options, handler) =>
  new NodeHttpServer(options, handler).listen();

/** What is known of an answer that is under way. */
interface Progress {
  readonly rate: ReceiverRate;
  readonly end: AnswerEnd;
  /** As RequestInfo. */
  readonly startedAt: number;
}

class NodeHttpServer implements HttpServer {
  readonly #options: HttpServeOptions;
  readonly #limits: Required<HttpLimits>;
  readonly #handler: HttpHandler;
  readonly #listener: Listener;
  /** The same: a server of either kind takes these calls. */
  readonly #server: Server;
  readonly #connections = new Map<Socket | ServerHttp2Session, Connection>();
  readonly #handshakes = new Handshakes();
  readonly #exchanges = new Map<ServerResponse, ReceiverRate>();
  readonly #turns: StreamTurns;
  #watch: ReturnType<typeof setInterval> | undefined;
  #isStopping = false;
  #onIdle: (() => void) | undefined;
  #local: Address = { ip: "0.0.0.0", port: 0 };

  constructor(options: HttpServeOptions, handler: HttpHandler) {
    this.#options = options;
    this.#limits = { ...HTTP_LIMITS, ...options.limits };
    this.#handler = handler;
    this.#turns = new StreamTurns(this.#limits.streamsMax);
    if (options.tls !== undefined) inspectTls(options.tls);
    this.#listener = createListener(options.tls, this.#limits, options.requestBodyBytesMax > 0);
    this.#server = this.#listener.server as unknown as Server;
    if (this.#listener.kind === "plain") {
      this.#server.on("connection", (socket: Socket) => this.#accept(socket));
    } else {
      const { server } = this.#listener;
      server.on("connection", (socket: Socket) => this.#shakeHands(socket));
      server.on("secureConnection", (socket: TLSSocket) => {
        if (socket.alpnProtocol === "h2") return;
        this.#accept(socket);
      });
      server.on("session", (session: ServerHttp2Session) => this.#acceptSession(session));
      server.on("sessionError", () => {}); // "close" follows
    }
    this.#server.on("request", (incoming, outgoing) => this.#queue(incoming, outgoing));
    this.#server.on("checkContinue", (incoming, outgoing) => this.#queue(incoming, outgoing));
    // Without a listener node:http answers 417 itself, past all that is below.
    this.#server.on("checkExpectation", (incoming, outgoing) => this.#queue(incoming, outgoing));
    this.#server.on("clientError", (error, socket) => this.#refuseSocket(error, socket as Socket));
  }

  get localAddress(): Address {
    return this.#local;
  }

  async listen(): Promise<HttpServer> {
    const { host, port } = this.#options;
    try {
      await this.#bind(host, port);
    } catch (error) {
      if (host !== "::" || !isIpv6Missing(error)) throw bindError("TCP", host, port, error);
      await this.#bind("0.0.0.0", port).catch((second) => {
        throw bindError("TCP", "0.0.0.0", port, second);
      });
    }
    const bound = this.#server.address();
    if (bound !== null && typeof bound === "object") {
      this.#local = { ip: canonicalIp(bound.address) ?? bound.address, port: bound.port };
    }
    return this;
  }

  #bind(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, backlog: 1024 }, () => {
        this.#server.off("error", reject);
        // EMFILE and the like: the connection is lost, the server is not.
        this.#server.on("error", (error) => this.#options.onFault?.(error));
        resolve();
      });
    });
  }

  useTls(pair: TlsPair): void {
    if (this.#listener.kind === "plain") return;
    inspectTls(pair); // Deno takes anything
    this.#listener.server.setSecureContext({ cert: pair.certificate, key: pair.privateKey });
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections.values()) {
      if (connection.waiting === 0) connection.destroy();
    }
    if (this.#exchanges.size > 0 && graceMs > 0) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        new Promise<void>((resolve) => this.#onIdle = resolve),
        new Promise<void>((resolve) => timer = setTimeout(resolve, graceMs)),
      ]);
      clearTimeout(timer);
    }
    for (const outgoing of this.#exchanges.keys()) cut(outgoing);
    for (const { destroy } of this.#connections.values()) destroy();
    this.#handshakes.destroy();
    this.#unwatch();
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#isStopping || this.#connections.size >= this.#limits.connectionsMax) {
      socket.destroy();
      return;
    }
    const connection = {
      ...newConnection(socket),
      isMultiplexed: false,
      destroy: () => void socket.destroy(),
    };
    lingerAtEnd(socket, connection, this.#limits);
    this.#admit(socket, connection);
  }

  #acceptSession(session: ServerHttp2Session): void {
    const connection = {
      ...newConnection(session.socket),
      isMultiplexed: true,
      destroy: () => session.destroy(),
    };
    this.#admit(session, connection);
  }

  #admit(key: Socket | ServerHttp2Session, connection: Connection): void {
    this.#handshakes.end(connection.remote);
    this.#connections.set(key, connection);
    this.#rest(connection, this.#limits.headerTimeoutMs);
    key.on("close", () => {
      clearTimeout(connection.idle);
      this.#connections.delete(key);
    });
    key.on("error", () => {}); // a reset by the client; "close" follows
  }

  /** Counts a connection from before its handshake. */
  #shakeHands(socket: Socket): void {
    const isFull = this.#connections.size + this.#handshakes.size >= this.#limits.connectionsMax;
    if (this.#isStopping || isFull) {
      socket.destroy();
      return;
    }
    this.#handshakes.begin(socket, this.#limits.headerTimeoutMs);
  }

  /** Nothing runs on it. With TLS the runtimes do not end what stays so, or half a request. */
  #rest(connection: Connection, timeoutMs: number): void {
    if (this.#listener.kind === "plain") return;
    clearTimeout(connection.idle);
    connection.idle = setTimeout(connection.destroy, timeoutMs);
  }

  /** What node:http could not read as a request, or waited too long for. An answer under way goes
   * on to its end: a second status line in its midst would be taken for content. */
  #refuseSocket(error: Error & { code?: string }, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection?.isOver === true && error.code !== "ECONNRESET") return;
    // Bun's HTTP/1.1 over TLS ends this side by itself.
    if (socket.writableEnded && error.code !== "ECONNRESET") return socket.destroySoon();
    if (connection !== undefined) connection.isBroken = true;
    const isHandshake = connection === undefined && this.#listener.kind === "secure";
    if (!socket.writable || error.code === "ECONNRESET" || isHandshake) {
      socket.destroy();
    } else if (connection !== undefined && connection.waiting > 0) {
      void connection.tail.finally(() => socket.destroySoon());
    } else {
      socket.write(unreadable(error.code));
      socket.destroySoon();
    }
  }

  /** One request of a connection at a time: pipelined ones would run side by side otherwise. In
   * HTTP/2 they do. */
  #queue(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const session = sessionOf(incoming);
    const connection = this.#connections.get(session ?? incoming.socket);
    if (connection?.isBroken === true || connection?.isOver === true) return;
    if (connection === undefined) return cut(outgoing);
    if (!connection.isMultiplexed && connection.waiting >= PIPELINED_MAX) {
      connection.destroy();
      return;
    }
    const { isMultiplexed, tail } = connection;
    const before = isMultiplexed ? this.#turns.enter(connection, outgoing) : tail;
    if (before === undefined) return;
    connection.waiting++;
    clearTimeout(connection.idle);
    connection.tail = before.then(() => this.#exchange(connection, incoming, outgoing))
      .catch((error) => this.#options.onFault?.(error))
      .finally(() => {
        connection.waiting--;
        if (connection.waiting > 0) return;
        if (this.#isStopping && connection.isMultiplexed) connection.destroy();
        else this.#rest(connection, this.#limits.idleTimeoutMs);
      });
  }

  async #exchange(
    connection: Connection,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    if (connection.isLast || isClosed(outgoing)) return;
    if (!connection.isMultiplexed && incoming.socket.destroyed) return;
    const { introducedBy: secret } = this.#options;
    if (secret !== undefined && !connection.isIntroduced) {
      return await takeIntroduction(connection, incoming, outgoing, secret);
    }
    const rate = new ReceiverRate(outgoing);
    this.#begin(outgoing, rate);
    try {
      await this.#answer(connection, incoming, outgoing, rate);
    } catch (fault) {
      sendSorry(outgoing, this.#closesAfter(connection));
      throw fault;
    } finally {
      this.#end(outgoing);
    }
  }

  async #answer(
    connection: Connection,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    rate: ReceiverRate,
  ): Promise<void> {
    const refused = refusal(incoming, this.#options.requestBodyBytesMax);
    if (refused !== undefined) return await refuse(connection, incoming, outgoing, refused, rate);
    // After an Upgrade that we do not take, Deno's parser reads no further request.
    const isLast = hasBody(incoming) || incoming.headers.upgrade !== undefined;
    connection.isLast = isLast && !connection.isMultiplexed;
    const startedAt = performance.now();
    const end = watchEnd(outgoing); // before anything is waited for: it is told once
    const found = isLast
      ? undefined
      : this.#options.ready?.(headOf(incoming, connection.remote), () => end.clientGone);
    const ready = found instanceof Promise ? await found : found;
    if (ready !== undefined) await this.#sendReady(connection, outgoing, rate, ready);
    else if (!end.clientGone.aborted) {
      await this.#askHandler(connection, incoming, outgoing, { rate, end, startedAt });
    }
  }

  async #askHandler(
    connection: Connection,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { rate, end, startedAt }: Progress,
  ): Promise<void> {
    const scheme = this.#listener.kind === "secure" ? "https" : "http";
    const { requestBodyBytesMax } = this.#options;
    const { clientGone } = end;
    const goOn = new GoOn(incoming, outgoing);
    const request = toRequest(incoming, clientGone, requestBodyBytesMax, scheme, () => goOn.say());
    if (request === undefined) {
      return await refuse(connection, incoming, outgoing, NO_REQUEST, rate);
    }
    const response = await this.#handle(request, {
      remote: connection.remote,
      local: connection.local,
      target: incoming.url ?? "/",
      startedAt,
      finished: end.finished.then(() => rate.written),
    });
    if (response.ok && request.body !== null) goOn.say();
    goOn.tooLate();
    if (isClosed(outgoing)) await response.body?.cancel();
    else await sendResponse(outgoing, response, rate, this.#closesAfter(connection));
    if (!incoming.complete && !connection.isMultiplexed) await discardRest(incoming);
    await end.finished;
  }

  async #sendReady(
    connection: Connection,
    outgoing: ServerResponse,
    rate: ReceiverRate,
    ready: ReadyAnswer,
  ): Promise<void> {
    try {
      if (!isClosed(outgoing)) {
        await sendReady(outgoing, ready, rate, this.#closesAfter(connection));
      } else if (!(ready.body instanceof Uint8Array)) ready.body.stop();
    } finally {
      ready.onLeft(rate.written);
    }
  }

  #closesAfter(connection: Connection): boolean {
    if (connection.isMultiplexed) return false; // its streams end, the connection is told apart
    return this.#isStopping || connection.isLast || connection.isBroken;
  }

  async #handle(request: Request, info: RequestInfo): Promise<Response> {
    try {
      return await this.#handler(request, info);
    } catch (error) {
      this.#options.onFault?.(error);
      return new Response(null, { status: 500, headers: { "cache-control": "no-store" } });
    }
  }

  #begin(outgoing: ServerResponse, rate: ReceiverRate): void {
    this.#exchanges.set(outgoing, rate);
    if (this.#watch !== undefined) return;
    const everyMs = Math.min(1_000, this.#limits.stallTimeoutMs / 4);
    this.#watch = setInterval(() => {
      const now = performance.now();
      for (const [answer, its] of this.#exchanges) {
        if (its.isTooSlow(this.#limits, now)) cut(answer);
      }
      if (this.#exchanges.size === 0) this.#unwatch();
    }, everyMs);
  }

  #end(outgoing: ServerResponse): void {
    this.#exchanges.delete(outgoing);
    if (this.#exchanges.size === 0) this.#onIdle?.();
  }

  #unwatch(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}
