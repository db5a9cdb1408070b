import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Address, canonicalIp } from "../../lib/mod.ts";
import type {
  HttpHandler,
  HttpLimits,
  HttpServeOptions,
  HttpServer,
  ReadyAnswer,
  ServeHttp,
} from "../../ports/mod.ts";
import { cut, sendReady, sendResponse } from "./http_answer.ts";
import { ReceiverRate } from "./http_receiver_rate.ts";
import {
  hasBody,
  HEADER_BYTES_MAX,
  headOf,
  localAddress,
  refusal,
  remoteAddress,
  toRequest,
} from "./http_request.ts";
import { bindError, isIpv6Missing } from "./bind_errors.ts";

const DEFAULTS: Required<HttpLimits> = {
  headerTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  stallTimeoutMs: 30_000,
  responseTimeoutMs: 3_600_000,
  sendRateMin: 8_192,
  slowClientGraceMs: 20_000,
  connectionsMax: 16_384,
};
/** Requests that may wait on one connection for their turn (HTTP pipelining). */
const PIPELINED_MAX = 32;
/** How long the rest of an unread request body is taken and thrown away after the answer, so that
 * the client reads the answer before it meets a closed connection. */
const LINGER_MS = 2_000;

/** node:http as ServeHttp, for Bun and Deno. Neither Bun.serve nor Deno.serve will do (ADR 0021):
 * the first strips the Content-Length of a streamed body (oven-sh/bun#10507), the second takes bare
 * line feeds and has no deadline for a request's head, and both hide the raw header fields. */
export const serveHttp: ServeHttp = (options, handler) =>
  new NodeHttpServer(options, handler).listen();

interface Connection {
  // Read once: making an address canonical costs more than all else about a small request.
  readonly remote: Address;
  readonly local: Address;
  /** The end of the last answer so far. */
  tail: Promise<void>;
  /** Requests under way or in line. */
  waiting: number;
  /** Its last answer is chosen: whatever else it sent is not looked at. */
  isLast: boolean;
  /** What followed the last request in line was none. */
  isBroken: boolean;
}

class NodeHttpServer implements HttpServer {
  readonly #options: HttpServeOptions;
  readonly #limits: Required<HttpLimits>;
  readonly #handler: HttpHandler;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Connection>();
  readonly #exchanges = new Map<ServerResponse, ReceiverRate>();
  #watch: ReturnType<typeof setInterval> | undefined;
  #isStopping = false;
  #onIdle: (() => void) | undefined;
  #local: Address = { ip: "0.0.0.0", port: 0 };

  constructor(options: HttpServeOptions, handler: HttpHandler) {
    this.#options = options;
    this.#limits = { ...DEFAULTS, ...options.limits };
    this.#handler = handler;
    const { headerTimeoutMs, idleTimeoutMs } = this.#limits;
    this.#server = createServer({
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: headerTimeoutMs,
      // A body may take as long as it keeps coming; without one the head is the whole request.
      requestTimeout: options.requestBodyBytesMax === 0 ? headerTimeoutMs : 0,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, headerTimeoutMs / 2),
      requireHostHeader: false, // refusal() does
    });
    this.#server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#server.on("request", (incoming, outgoing) => this.#queue(incoming, outgoing));
    this.#server.on("checkContinue", (incoming, outgoing) => this.#queue(incoming, outgoing));
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
      if (host !== "::" || !isIpv6Missing(error)) throw bindError(host, port, error);
      await this.#bind("0.0.0.0", port).catch((second) => {
        throw bindError("0.0.0.0", port, second);
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

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, { waiting }] of this.#connections) if (waiting === 0) socket.destroy();
    if (this.#exchanges.size > 0 && graceMs > 0) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        new Promise<void>((resolve) => this.#onIdle = resolve),
        new Promise<void>((resolve) => timer = setTimeout(resolve, graceMs)),
      ]);
      clearTimeout(timer);
    }
    for (const outgoing of this.#exchanges.keys()) cut(outgoing);
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#unwatch();
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#isStopping || this.#connections.size >= this.#limits.connectionsMax) {
      socket.destroy();
      return;
    }
    this.#connections.set(socket, {
      remote: remoteAddress(socket),
      local: localAddress(socket),
      tail: Promise.resolve(),
      waiting: 0,
      isLast: false,
      isBroken: false,
    });
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("error", () => {}); // a reset by the client; "close" follows
  }

  /** What node:http could not read as a request, or waited too long for. An answer under way goes
   * on to its end: a second status line in its midst would be taken for content. */
  #refuseSocket(error: Error & { code?: string }, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) connection.isBroken = true;
    if (!socket.writable || error.code === "ECONNRESET") {
      socket.destroy();
    } else if (connection !== undefined && connection.waiting > 0) {
      void connection.tail.finally(() => socket.destroySoon());
    } else {
      const status = CLIENT_ERROR_STATUS[error.code ?? ""] ?? "400 Bad Request";
      socket.end(
        `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nCache-Control: no-store\r\n` +
          "Connection: close\r\n\r\n",
        () => socket.destroy(),
      );
    }
  }

  /** One request of a connection at a time: pipelined ones would run side by side otherwise. */
  #queue(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const connection = this.#connections.get(incoming.socket);
    if (connection?.isBroken === true) return;
    if (connection === undefined || connection.waiting >= PIPELINED_MAX) {
      incoming.socket.destroy();
      return;
    }
    connection.waiting++;
    connection.tail = connection.tail.then(() => this.#exchange(connection, incoming, outgoing))
      .catch((error) => this.#options.onFault?.(error))
      .finally(() => connection.waiting--);
  }

  async #exchange(
    connection: Connection,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    if (connection.isLast || outgoing.destroyed || incoming.socket.destroyed) return;
    const status = refusal(incoming, this.#options.requestBodyBytesMax);
    if (status !== undefined) return refuse(connection, incoming, outgoing, status);
    // After an Upgrade that we do not take, Deno's parser reads no further request.
    connection.isLast = hasBody(incoming) || incoming.headers.upgrade !== undefined;
    if (!connection.isLast) {
      const ready = this.#options.ready?.(headOf(incoming, connection.remote));
      if (ready !== undefined) return await this.#sendReady(connection, outgoing, ready);
    }
    const finished = new Promise<void>((resolve) => outgoing.once("close", resolve));
    const client = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) client.abort();
    });
    const request = toRequest(incoming, client.signal, this.#options.requestBodyBytesMax);
    if (request === undefined) return refuse(connection, incoming, outgoing, 400);
    if (incoming.headers.expect !== undefined && request.body !== null) outgoing.writeContinue();
    const rate = new ReceiverRate(outgoing);
    this.#begin(outgoing, rate);
    try {
      const response = await this.#handle(request, connection, incoming, finished);
      if (outgoing.destroyed) await response.body?.cancel();
      else await sendResponse(outgoing, response, rate, this.#closesAfter(connection));
      if (!incoming.complete) await discardRest(incoming);
      await finished;
    } finally {
      this.#end(outgoing);
    }
  }

  async #sendReady(
    connection: Connection,
    outgoing: ServerResponse,
    ready: ReadyAnswer,
  ): Promise<void> {
    const rate = new ReceiverRate(outgoing);
    this.#begin(outgoing, rate);
    try {
      await sendReady(outgoing, ready, rate, this.#closesAfter(connection));
    } finally {
      this.#end(outgoing);
      ready.onLeft();
    }
  }

  #closesAfter(connection: Connection): boolean {
    return this.#isStopping || connection.isLast || connection.isBroken;
  }

  async #handle(
    request: Request,
    connection: Connection,
    incoming: IncomingMessage,
    finished: Promise<void>,
  ): Promise<Response> {
    try {
      return await this.#handler(request, {
        remote: connection.remote,
        local: connection.local,
        target: incoming.url ?? "/",
        finished,
      });
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

/** Answers a request that never reaches the handler, and closes: what follows it on the connection
 * may be the body that was refused, or somebody else's request. */
function refuse(
  connection: Connection,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
): void {
  connection.isLast = true;
  outgoing.writeHead(status, [
    ...["content-length", "0", "cache-control", "no-store", "connection", "close"],
  ]);
  outgoing.end(() => incoming.socket.destroySoon());
}

const CLIENT_ERROR_STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};

async function discardRest(incoming: IncomingMessage): Promise<void> {
  if (incoming.destroyed) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LINGER_MS);
    incoming.once("end", resolve).once("close", resolve).resume();
  });
  clearTimeout(timer);
}
