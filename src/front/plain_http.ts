import { type Address, randomBytes, toHex } from "../lib/mod.ts";
import type {
  Clock,
  ConnectStream,
  HttpHandler,
  HttpLimits,
  HttpServeOptions,
  HttpServer,
  Introduce,
  ListenStreams,
  ServeHttp,
  StreamHandler,
  StreamServer,
  StreamSocket,
  WatchReceiver,
} from "../ports/mod.ts";
import { AnswerText } from "./answer_text.ts";
import { NodeLink } from "./node_link.ts";
import { OpenConnections } from "./open_connections.ts";
import { PlainConnection } from "./plain_connection.ts";
import type { PlainDoors } from "./plain_doors.ts";

const SECRET_BYTES = 32;

export interface PlainHttpDoors {
  readonly clock: Clock;
  readonly random: Parameters<typeof randomBytes>[0];
  /** For what is not plain. */
  readonly serveHttp: ServeHttp;
  /** Alone: a second server on the address has to hear that it is taken. */
  readonly listenStreams: ListenStreams;
  readonly connectStream: ConnectStream;
  readonly introduce: Introduce;
  readonly watchReceiver: WatchReceiver;
  /** As PlainDoors. */
  readonly tooLate: Uint8Array;
  readonly httpLimits: Required<HttpLimits>;
}

/** ServeHttp over plain sockets, with `serveHttp` behind it on loopback for whatever is not plain.
 * A server with TLS, for what is relayed to it, or that takes bodies is all `serveHttp`'s. */
export const plainHttpWith = (doors: PlainHttpDoors): ServeHttp => async (options, handler) => {
  const isPlain = options.tls === undefined && options.introducedBy === undefined &&
    options.requestBodyBytesMax === 0;
  if (!isPlain) return await doors.serveHttp(options, handler);
  const secret = toHex(randomBytes(doors.random, SECRET_BYTES));
  const relayed = { host: "127.0.0.1", port: 0, introducedBy: secret };
  const behind = await doors.serveHttp({ ...options, ...relayed }, handler);
  try {
    return new PlainServer(options, handler, doors, { server: behind, secret });
  } catch (error) {
    await behind.stop(0);
    throw error;
  }
};

interface Behind {
  readonly server: HttpServer;
  readonly secret: string;
}

class PlainServer implements HttpServer {
  readonly #limits: Required<HttpLimits>;
  readonly #connections: OpenConnections;
  readonly #server: StreamServer;
  readonly #behind: HttpServer;
  readonly #shared: PlainDoors;
  #isStopping = false;

  /** @throws as ListenStreams. */
  constructor(
    options: HttpServeOptions,
    handler: HttpHandler,
    doors: PlainHttpDoors,
    behind: Behind,
  ) {
    this.#behind = behind.server;
    this.#limits = { ...doors.httpLimits, ...options.limits };
    const { stallTimeoutMs, headerTimeoutMs, idleTimeoutMs } = this.#limits;
    const watchMs = Math.min(4_000, stallTimeoutMs, headerTimeoutMs, idleTimeoutMs) / 4;
    this.#connections = new OpenConnections(doors.clock, watchMs);
    this.#shared = this.#share(options, handler, doors, behind);
    const at = { ip: options.host, port: options.port };
    this.#server = doors.listenStreams(at, (socket) => this.#accept(socket));
  }

  get localAddress(): Address {
    return this.#server.localAddress;
  }

  useTls(): void {}

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#server.stop();
    const stopped = this.#behind.stop(graceMs); // it ends what rests behind a tunnel
    await new Promise<void>((resolve) => this.#connections.drain(graceMs, resolve));
    await stopped;
  }

  #share(
    options: HttpServeOptions,
    handler: HttpHandler,
    doors: PlainHttpDoors,
    { server, secret }: Behind,
  ): PlainDoors {
    const { clock, connectStream, introduce, watchReceiver, tooLate } = doors;
    const connect = (to: StreamHandler) => connectStream(server.localAddress, to);
    return {
      limits: this.#limits,
      handler,
      options,
      text: new AnswerText(() => clock.unixMs(), this.#limits.idleTimeoutMs),
      now: () => clock.now(),
      isDraining: () => this.#isStopping,
      openLink: ({ remote, local }, its) =>
        new NodeLink(connect, introduce(secret, remote, local), its),
      watchReceiver,
      tooLate,
      later: (task) => void clock.schedule(0, task),
      onOver: (connection) => this.#connections.delete(connection),
    };
  }

  #accept(socket: StreamSocket): StreamHandler {
    const connection = new PlainConnection(socket, this.#shared);
    if (this.#isStopping || this.#connections.size >= this.#limits.connectionsMax) socket.close();
    else this.#connections.add(connection);
    return connection;
  }
}
