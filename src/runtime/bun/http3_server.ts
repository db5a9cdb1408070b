import { createPrivateKey } from "node:crypto";
import { constants } from "node:os";
import { type Address, canonicalIp, SkerryError, utf8 } from "../../lib/mod.ts";
import type { HttpLimits, HttpServer, ServeHttp3, TlsPair } from "../../ports/mod.ts";
import { bindError, isIpv6Missing } from "../shared/bind_errors.ts";
import { HTTP_LIMITS } from "../shared/http_limits.ts";
import { inspectTls } from "../shared/tls_pair.ts";
import { Http3Connection, type Http3Shared } from "./http3_connection.ts";
import { Http3Door } from "./http3_door.ts";
import type { AnswerStream } from "./http3_stream.ts";
import { setInitialGate } from "./initial_gate.ts";
import { openLibc } from "./libc.ts";
import { openSockets, udpSocketSince } from "./opened_socket.ts";
import type {
  Identity,
  ListenOptions,
  QuicEndpoint,
  QuicModule,
  QuicSession,
} from "./quic_types.ts";
import { ignoreIcmpErrors } from "./socket_buffers.ts";

/** Requests of one connection at once, as in HTTP/2. */
const STREAMS_MAX = 100;
/** The client's control stream and two for QPACK (RFC 9114 §6.2). */
const CLIENT_STREAMS = 3;
/** Of what a client may send before we read it. A request's head comes in one stream's. */
const STREAM_WINDOW_BYTES = 65_536;
const WINDOW_BYTES = 262_144;
/** Bun passes over fields that are more or longer than this and says nothing: so it has to be more
 * than we take, and than QPACK carries here in one field (64 KiB). */
const HEADER_PAIRS_SEEN = 80;
const HEADER_BYTES_SEEN = 131_072;
/** What Bun's own bounds on connections can be raised to: see Http3Door. */
const BUN_CONNECTIONS_MAX = 65_535;

/** node:quic as ServeHttp3, on Linux with glibc, where a flood can be kept out (ADR 0198). */
export const serveHttp3OnBun: ServeHttp3 = async (options, handler) => {
  inspectTls(options.tls);
  const { host, port } = options;
  const quic = await importQuic();
  const open = (at: string): Promise<HttpServer> =>
    QuicHttpServer.open(quic, { ...options, host: at }, handler);
  try {
    return await open(host);
  } catch (error) {
    if (error instanceof SkerryError) throw error;
    if (host !== "::" || !isIpv6Missing(error)) throw bindError("UDP", host, port, error);
  }
  try {
    return await open("0.0.0.0");
  } catch (error) {
    throw error instanceof SkerryError ? error : bindError("UDP", "0.0.0.0", port, error);
  }
};

/** Says nothing of its own on standard error, where each line is the log's: --help says that it
 * is an experiment, and Bun names a switch that this program has not. */
async function importQuic(): Promise<QuicModule> {
  const { emitWarning } = process;
  process.emitWarning = (...said: unknown[]) => {
    if (said[1] !== "ExperimentalWarning") Reflect.apply(emitWarning, process, said);
  };
  try {
    return await import("node:quic") as unknown as QuicModule;
  } finally {
    process.emitWarning = emitWarning;
  }
}

class QuicHttpServer implements HttpServer {
  readonly localAddress: Address;
  readonly #endpoint: QuicEndpoint;
  readonly #limits: Required<HttpLimits>;
  readonly #door: Http3Door;
  readonly #shared: Http3Shared;
  readonly #connections = new Map<QuicSession, Http3Connection>();
  readonly #answers = new Set<AnswerStream>();
  #watch: ReturnType<typeof setInterval> | undefined;
  #onIdle: (() => void) | undefined;
  #isStopping = false;

  static async open(
    quic: QuicModule,
    ...[options, handler]: Parameters<ServeHttp3>
  ): Promise<HttpServer> {
    if (openLibc() === undefined) throw unguarded();
    const { host, port, tls } = options;
    const endpoint = new quic.QuicEndpoint({
      address: { address: host, family: host.includes(":") ? "ipv6" : "ipv4", port },
      maxConnectionsTotal: BUN_CONNECTIONS_MAX,
      maxConnectionsPerHost: BUN_CONNECTIONS_MAX,
    });
    const limits = { ...HTTP_LIMITS, ...options.limits };
    const opened: { server?: QuicHttpServer } = {};
    const before = openSockets();
    // It binds before it waits: until the server is there nothing else runs, nobody can come in.
    const listening = quic.listen((session) => opened.server?.accept(session), {
      ...sessionOptions(limits, tls),
      endpoint,
      onstream(stream) {
        opened.server?.connectionOf(this)?.accept(stream);
      },
    });
    const bound = endpoint.address;
    if (bound === undefined) {
      listening.catch(() => {}); // the endpoint says why
      await endpoint.closed.catch((error) => Promise.reject(named(error)));
      throw new Error("the endpoint has closed");
    }
    const fd = udpSocketSince(before, bound.port);
    if (fd === undefined || !isGuarded(fd)) {
      listening.catch(() => {});
      await endpoint.destroy().catch(() => {});
      throw unguarded();
    }
    const local = { ip: canonicalIp(bound.address) ?? bound.address, port: bound.port };
    const server = new QuicHttpServer(endpoint, local, limits, [options, handler], fd);
    opened.server = server;
    await listening;
    return server;
  }

  constructor(
    endpoint: QuicEndpoint,
    local: Address,
    limits: Required<HttpLimits>,
    [options, handler]: Parameters<ServeHttp3>,
    fd: number,
  ) {
    this.#endpoint = endpoint;
    this.localAddress = local;
    this.#limits = limits;
    this.#door = new Http3Door(limits.connectionsMax, (isOpen) => void setInitialGate(fd, isOpen));
    this.#shared = {
      desk: { options, handler, local },
      limits,
      streams: new Set(),
      answers: this.#answers,
      begun: () => this.#begin(),
      ended: () => {
        if (this.#answers.size === 0) this.#onIdle?.();
      },
    };
    endpoint.closed.then(() => this.#door.lost(), (error) => {
      this.#door.lost();
      options.onFault?.(error);
    });
  }

  accept(session: QuicSession): void {
    const end = this.#door.begun();
    session.opened.then(end, end);
    const connection = new Http3Connection(session, this.#shared);
    this.#connections.set(session, connection);
    const closed = (): void => {
      end();
      this.#connections.delete(session);
      connection.closed();
      this.#door.gone();
    };
    session.closed.then(closed, closed);
    if (this.#isStopping) connection.destroy();
  }

  connectionOf(session: QuicSession): Http3Connection | undefined {
    return this.#connections.get(session);
  }

  useTls(pair: TlsPair): void {
    inspectTls(pair);
    this.#endpoint.setSNIContexts({ "*": identityOf(pair) }, { replace: true });
  }

  async stop(graceMs: number): Promise<void> {
    if (!this.#isStopping) this.#door.shut();
    this.#isStopping = true;
    for (const connection of this.#connections.values()) connection.drain();
    if (this.#answers.size > 0 && graceMs > 0) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        new Promise<void>((resolve) => this.#onIdle = resolve),
        new Promise<void>((resolve) => timer = setTimeout(resolve, graceMs)),
      ]);
      clearTimeout(timer);
    }
    for (const answer of this.#answers) answer.cut();
    for (const connection of this.#connections.values()) connection.destroy();
    clearInterval(this.#watch);
    await this.#endpoint.destroy().catch(() => {});
  }

  #begin(): void {
    if (this.#watch !== undefined) return;
    const everyMs = Math.min(1_000, this.#limits.stallTimeoutMs / 4);
    this.#watch = setInterval(() => {
      const now = performance.now();
      for (const answer of this.#answers) {
        if (answer.rate.isTooSlow(this.#limits, now)) answer.cut();
      }
      if (this.#answers.size > 0) return;
      clearInterval(this.#watch);
      this.#watch = undefined;
    }, everyMs);
  }
}

/** Makes a socket fit to be met by strangers. With errors from ICMP on, as Bun has it, one of them
 * has Bun sleep through what comes behind it, for seconds. */
function isGuarded(fd: number): boolean {
  return ignoreIcmpErrors(fd) && setInitialGate(fd, false) && setInitialGate(fd, true);
}

function unguarded(): SkerryError {
  return new SkerryError(
    "INVALID_CONFIG",
    "HTTP/3 needs Linux with glibc: elsewhere its port cannot be guarded against floods",
  );
}

/** Bun tells of a bind that failed by its number. */
function named(error: unknown): unknown {
  const number = Number(/Bind failure \((\d+)\)/.exec(String(error))?.[1]);
  const [name] = Object.entries(constants.errno).find(([, errno]) => errno === number) ?? [];
  return name === undefined ? error : new Error(name, { cause: error });
}

/** What each connection is opened with. */
function sessionOptions(
  { headerTimeoutMs, idleTimeoutMs }: Required<HttpLimits>,
  tls: TlsPair,
): Omit<ListenOptions, "endpoint" | "onstream"> {
  return {
    alpn: ["h3"],
    sni: { "*": identityOf(tls) },
    enableEarlyData: false, // what comes in it may come twice
    handshakeTimeout: headerTimeoutMs,
    transportParams: {
      initialMaxStreamsBidi: STREAMS_MAX,
      initialMaxStreamsUni: CLIENT_STREAMS,
      initialMaxStreamDataBidiRemote: STREAM_WINDOW_BYTES,
      initialMaxStreamDataUni: STREAM_WINDOW_BYTES,
      initialMaxData: WINDOW_BYTES,
      maxIdleTimeout: Math.ceil(idleTimeoutMs / 1_000),
    },
    application: {
      maxHeaderPairs: HEADER_PAIRS_SEEN,
      maxHeaderLength: HEADER_BYTES_SEEN,
      enableDatagrams: false,
    },
    onerror: () => {}, // `closed` tells; without it Bun ends the process
  };
}

function identityOf({ certificate, privateKey }: TlsPair): Identity {
  return { keys: [createPrivateKey(privateKey)], certs: [utf8(certificate)] };
}
