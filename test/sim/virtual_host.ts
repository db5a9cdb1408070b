import { type Address, canonicalIp, formatAddress, SkerryError } from "../../src/lib/mod.ts";
import type {
  Clock,
  DatagramHandlers,
  DatagramSocket,
  OpenDatagramSocket,
} from "../../src/ports/mod.ts";

/** Linux's default receive buffer (net.core.rmem_default): what a node gets without asking. */
const RECEIVE_BUFFER_BYTES = 212_992;
/** The kernel charges a datagram's bookkeeping to the buffer too; about this much on Linux. */
const RECEIVE_OVERHEAD_BYTES = 768;
/** Datagrams handed over per wake-up, as the real adapters do. */
const DATAGRAMS_PER_WAKE = 32;
const EPHEMERAL_PORT_MIN = 49_152;

export type HostDrop = "no_socket" | "receive_buffer_full";

/** What a host needs of the network around it. */
export interface HostNetwork {
  /** A datagram leaves. `bytes` must be copied before returning. */
  transmit(from: Address, to: Address, bytes: Uint8Array): void;
}

export interface VirtualHostOptions {
  readonly ip: string;
  /** Wakes the sockets: give the machine's NodeClock, so that a pause or a stop holds them too. */
  readonly clock: Clock;
  readonly receiveBufferBytes?: number;
}

/** A simulated machine with one IP address and UDP ports. */
export class VirtualHost {
  readonly ip: string;
  readonly #network: HostNetwork;
  readonly #options: VirtualHostOptions;
  readonly #sockets = new Map<number, VirtualSocket>();
  #nextPort = EPHEMERAL_PORT_MIN;
  #sendLimit: (() => number) | undefined;

  constructor(network: HostNetwork, options: VirtualHostOptions) {
    this.ip = options.ip;
    this.#network = network;
    this.#options = options;
  }

  /** The port of src/ports/datagram_socket.ts. */
  readonly open: OpenDatagramSocket = (bind, handlers) =>
    new Promise((resolve) => resolve(this.bind(bind.port, handlers, bind.host)));

  /** Opens a socket at once. @throws {SkerryError} ADDRESS_IN_USE, INVALID_CONFIG. */
  bind(port: number, handlers: DatagramHandlers, host = "::"): DatagramSocket {
    const ip = canonicalIp(host);
    if (ip !== "::" && ip !== "0.0.0.0" && ip !== this.ip) {
      throw new SkerryError("INVALID_CONFIG", `Cannot bind ${host}: this host is ${this.ip}`);
    }
    const address = { ip: this.ip, port: port === 0 ? this.#freePort() : port };
    if (this.#sockets.has(address.port)) {
      const where = formatAddress(address);
      throw new SkerryError("ADDRESS_IN_USE", `Cannot bind ${where}: it is taken`);
    }
    const socket = new VirtualSocket(address, handlers, this.#options, {
      transmit: (to, bytes) => this.#network.transmit(address, to, bytes),
      acceptedBytes: () => this.#sendLimit?.() ?? Infinity,
      closed: () => this.#sockets.delete(address.port),
    });
    this.#sockets.set(address.port, socket);
    return socket;
  }

  /** Every `send` accepts at most `limit()` datagrams, as a kernel under pressure does; undefined
   * lifts it. `onDrain` is not called: the port says it may never come. */
  limitSends(limit: (() => number) | undefined): void {
    this.#sendLimit = limit;
  }

  /** Tells every socket that the kernel can take more. */
  drain(): void {
    for (const socket of [...this.#sockets.values()]) socket.drain();
  }

  /** A crash or a pulled plug: every socket is gone without a goodbye. */
  closeAll(): void {
    for (const socket of [...this.#sockets.values()]) socket.close();
  }

  /** A datagram arrives from the network. */
  receive(bytes: Uint8Array<ArrayBuffer>, from: Address, port: number): HostDrop | undefined {
    const socket = this.#sockets.get(port);
    return socket === undefined ? "no_socket" : socket.receive(bytes, from);
  }

  #freePort(): number {
    while (this.#sockets.has(this.#nextPort)) this.#nextPort++;
    if (this.#nextPort > 65_535) throw new RangeError(`${this.ip} has no free port`);
    return this.#nextPort++;
  }
}

interface SocketDoors {
  transmit(to: Address, bytes: Uint8Array): void;
  acceptedBytes(): number;
  closed(): void;
}

class VirtualSocket implements DatagramSocket {
  readonly localAddress: Address;
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes = undefined;
  readonly #handlers: DatagramHandlers;
  readonly #clock: Clock;
  readonly #doors: SocketDoors;
  #inbox: { readonly bytes: Uint8Array<ArrayBuffer>; readonly from: Address }[] = [];
  #inboxBytes = 0;
  #isWaking = false;
  #isClosed = false;

  constructor(
    localAddress: Address,
    handlers: DatagramHandlers,
    options: VirtualHostOptions,
    doors: SocketDoors,
  ) {
    this.localAddress = localAddress;
    this.receiveBufferBytes = options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES;
    this.#handlers = handlers;
    this.#clock = options.clock;
    this.#doors = doors;
  }

  send(to: Address, bytes: Uint8Array, segmentBytes: number): number {
    if (this.#isClosed) return 0;
    if (!(Number.isInteger(segmentBytes) && segmentBytes > 0)) {
      throw new RangeError(`segmentBytes must be a positive integer, not ${segmentBytes}`);
    }
    const datagrams = this.#doors.acceptedBytes();
    let at = 0;
    for (let sent = 0; at < bytes.length && sent < datagrams; sent++) {
      const end = Math.min(at + segmentBytes, bytes.length);
      this.#doors.transmit(to, bytes.subarray(at, end));
      at = end;
    }
    return at;
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#doors.closed();
    this.#isClosed = true;
    this.#inbox = [];
    return Promise.resolve();
  }

  drain(): void {
    if (!this.#isClosed) this.#handlers.onDrain();
  }

  receive(bytes: Uint8Array<ArrayBuffer>, from: Address): HostDrop | undefined {
    const charged = bytes.length + RECEIVE_OVERHEAD_BYTES;
    if (this.#inboxBytes + charged > this.receiveBufferBytes) return "receive_buffer_full";
    this.#inboxBytes += charged;
    this.#inbox.push({ bytes, from });
    this.#wakeSoon();
    return undefined;
  }

  #wakeSoon(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    this.#clock.schedule(0, () => this.#wake());
  }

  #wake(): void {
    this.#isWaking = false;
    const batch = this.#inbox.splice(0, DATAGRAMS_PER_WAKE);
    for (const { bytes, from } of batch) {
      if (this.#isClosed) return;
      this.#inboxBytes -= bytes.length + RECEIVE_OVERHEAD_BYTES;
      this.#handlers.onDatagram(bytes, from);
      bytes.fill(0xdb); // borrowed until the handler returns: whoever kept a view reads rubbish
    }
    if (this.#isClosed || batch.length === 0) return;
    if (this.#inbox.length > 0) this.#wakeSoon();
    this.#handlers.onBatchEnd();
  }
}
