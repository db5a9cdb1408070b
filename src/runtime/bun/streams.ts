import type { Socket } from "bun";
import { type Address, canonicalIp } from "../../lib/mod.ts";
import type {
  ConnectStream,
  ListenStreams,
  StreamHandler,
  StreamServer,
  StreamSocket,
} from "../../ports/mod.ts";
import { bindError, isIpv6Missing } from "../shared/bind_errors.ts";
import { SendQueues } from "./send_queues.ts";

/** What hangs on Bun's socket. */
interface Link {
  handler: StreamHandler | undefined;
  /** A write has failed. The kernel tells of a cut once, to whoever asks first: a read behind that
   * write meets what looks like an end. */
  hasFailed: boolean;
  readonly onFault: OnFault;
  /** Of the server that has accepted it. */
  readonly queues?: SendQueues;
}

/** Told what a handler threw, which is a fault of ours: its connection has been cut, the others go
 * on. Bun by itself would swallow it and leave the other end waiting. */
type OnFault = (fault: unknown) => void;

const printFault: OnFault = (fault) => console.error("A connection was cut by a fault:", fault);

type Listen = (
  ...[at, accept, onFault]: [...Parameters<ListenStreams>, onFault?: OnFault]
) => StreamServer;

/** Bun.listen as ListenStreams. @param sharing Bun takes it, its types do not know it yet. */
const listenWith =
  (sharing: { readonly reusePort?: true }): Listen => (at, accept, onFault = printFault) => {
    const queues = new SendQueues();
    const open = (hostname: string) =>
      Bun.listen<Link>({
        hostname,
        port: at.port,
        ...sharing,
        allowHalfOpen: true,
        data: { handler: undefined, hasFailed: false, onFault },
        socket: {
          ...EVENTS,
          open(socket) {
            queues.opened(fdOf(socket));
            const data: Link = { handler: undefined, hasFailed: false, onFault, queues };
            socket.data = data;
            // Reset before it was accepted: Bun does not know any more from whom it came.
            if (!isKnown(socket)) return socket.terminate();
            guard(socket, () => data.handler = accept(new BunStream(socket)));
          },
        },
      });
    const server = openOn(at, open);
    return {
      localAddress: addressOf(server.hostname, server.port),
      stop: () => server.stop(),
    };
  };

/** Beside others who listen so. */
export const listenOnBun = listenWith({ reusePort: true });

/** Beside nobody. */
export const listenAloneOnBun = listenWith({});

/** Bun.connect as ConnectStream. */
export const connectOnBun = async (
  ...[to, handler, onFault = printFault]: [...Parameters<ConnectStream>, onFault?: OnFault]
): Promise<StreamSocket> => {
  const socket = await Bun.connect<Link>({
    hostname: to.ip,
    port: to.port,
    allowHalfOpen: true,
    data: { handler, hasFailed: false, onFault },
    socket: EVENTS,
  });
  if (!isKnown(socket)) throw new Error("The connection was closed as soon as it was made");
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
  data(socket: Socket<Link>, bytes: Uint8Array): void {
    try { // as guard, without a function for each piece
      socket.data.handler?.onData(bytes);
    } catch (fault) {
      cutBy(fault, socket);
    }
  },
  drain: (socket: Socket<Link>): void => guard(socket, () => socket.data.handler?.onDrain()),
  end: (socket: Socket<Link>): void => {
    if (socket.data.hasFailed) socket.terminate();
    else guard(socket, () => socket.data.handler?.onEnd());
  },
  error: (): void => {}, // the connection's own, and "close" follows
  close(socket: Socket<Link>, error?: Error): void {
    const { handler, hasFailed, queues } = socket.data;
    socket.data.handler = undefined;
    queues?.closed();
    const wasCut = hasFailed || (error !== undefined && error !== null);
    guard(socket, () => handler?.onClose(wasCut));
  },
};

function guard(socket: Socket<Link>, call: () => void): void {
  try {
    call();
  } catch (fault) {
    cutBy(fault, socket);
  }
}

function cutBy(fault: unknown, socket: Socket<Link>): void {
  socket.terminate();
  socket.data.onFault(fault);
}

/** Whether Bun says whose it is: not of one that is closed, whatever its types say. */
function isKnown({ remoteAddress }: { readonly remoteAddress: string | undefined }): boolean {
  return remoteAddress !== undefined;
}

/** Bun has it, its types do not know it yet. */
function fdOf(socket: object): number {
  return (socket as { readonly fd: number }).fd;
}

class BunStream implements StreamSocket {
  readonly remote: Address;
  readonly local: Address;
  readonly #socket: Socket<Link>;
  #isPaused = false;

  constructor(socket: Socket<Link>) {
    this.#socket = socket;
    // Now: once it is closed, Bun does not know them any more.
    this.remote = addressOf(socket.remoteAddress, socket.remotePort);
    this.local = addressOf(socket.localAddress, socket.localPort);
  }

  write(bytes: Uint8Array): number {
    const taken = this.#socket.write(bytes); // -1 once it is closed, or was cut
    if (taken < 0) this.#socket.data.hasFailed = true;
    return Math.max(0, taken);
  }

  pause(): void {
    if (!this.#isPaused) this.#socket.pause();
    this.#isPaused = true;
  }

  resume(): void {
    if (this.#isPaused) this.#socket.resume();
    this.#isPaused = false;
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
  ? { listen: listenOnBun, listenAlone: listenAloneOnBun, connect: connectOnBun }
  : undefined;
