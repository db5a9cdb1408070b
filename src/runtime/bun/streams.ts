import type { Socket } from "bun";
import { type Address, canonicalIp } from "../../lib/mod.ts";
import type { ConnectStream, ListenStreams, StreamHandler, StreamSocket } from "../../ports/mod.ts";
import { bindError, isIpv6Missing } from "../shared/bind_errors.ts";

/** What hangs on Bun's socket. */
interface Link {
  handler: StreamHandler | undefined;
}

/** Bun takes it, its types do not know it yet. */
const SHARED = { reusePort: true };

/** Bun.listen as ListenStreams. */
export const listenOnBun: ListenStreams = (at, accept) => {
  const open = (hostname: string) =>
    Bun.listen<Link>({
      hostname,
      port: at.port,
      ...SHARED,
      allowHalfOpen: true,
      data: { handler: undefined },
      socket: {
        ...EVENTS,
        open(socket) {
          socket.data = { handler: accept(new BunStream(socket)) };
        },
      },
    });
  const server = openOn(at, open);
  return {
    localAddress: addressOf(server.hostname, server.port),
    stop: () => server.stop(),
  };
};

/** Bun.connect as ConnectStream. */
export const connectOnBun: ConnectStream = async (to, handler) => {
  const socket = await Bun.connect<Link>({
    hostname: to.ip,
    port: to.port,
    allowHalfOpen: true,
    data: { handler },
    socket: EVENTS,
  });
  return new BunStream(socket);
};

function openOn<T>(at: Address, open: (hostname: string) => T): T {
  try {
    return open(at.ip);
  } catch (error) {
    if (at.ip !== "::" || !isIpv6Missing(error)) throw bindError("TCP", at.ip, at.port, error);
  }
  try {
    return open("0.0.0.0");
  } catch (error) {
    throw bindError("TCP", "0.0.0.0", at.port, error);
  }
}

const EVENTS = {
  data: (socket: Socket<Link>, bytes: Uint8Array): void => socket.data.handler?.onData(bytes),
  drain: (socket: Socket<Link>): void => socket.data.handler?.onDrain(),
  end: (socket: Socket<Link>): void => socket.data.handler?.onEnd(),
  error: (): void => {}, // "close" follows
  close(socket: Socket<Link>, error?: Error): void {
    const { handler } = socket.data;
    socket.data.handler = undefined;
    handler?.onClose(error !== undefined && error !== null);
  },
};

class BunStream implements StreamSocket {
  readonly remote: Address;
  readonly local: Address;
  readonly #socket: Socket<Link>;

  constructor(socket: Socket<Link>) {
    this.#socket = socket;
    // Now: once it is closed, Bun does not know them any more.
    this.remote = addressOf(socket.remoteAddress, socket.remotePort);
    this.local = addressOf(socket.localAddress, socket.localPort);
  }

  write(bytes: Uint8Array): number {
    return Math.max(0, this.#socket.write(bytes)); // -1 once it is closed
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.shutdown();
  }

  close(): void {
    this.#socket.end();
  }

  cut(): void {
    this.#socket.terminate();
  }
}

function addressOf(ip: string, port: number): Address {
  return { ip: canonicalIp(ip) ?? ip, port };
}

/** Only Linux spreads connections over those who listen on one port. */
export const streamsOnBun = process.platform === "linux"
  ? { listen: listenOnBun, connect: connectOnBun }
  : undefined;
