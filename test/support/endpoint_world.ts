/** Endpoints on virtual UDP: the smallest shell that keeps Transport's contract. */
import {
  type Address,
  type Instant,
  type PublicKey,
  SeededRandom,
  type UnixMs,
} from "../../src/lib/mod.ts";
import type { DatagramSocket } from "../../src/ports/mod.ts";
import { type LocalKey, localKeyOf } from "../../src/session/mod.ts";
import {
  type ConnectionHandle,
  Endpoint,
  type EndpointOptions,
  type TransportEvent,
} from "../../src/transport/mod.ts";
import {
  type HostOptions,
  type LinkModel,
  type PacketEvent,
  VirtualClock,
  type VirtualHost,
  VirtualNetwork,
} from "../sim/mod.ts";

export const PORT = 4001;
const SLAB_BYTES = 65_535;

export interface CapturedDatagram {
  readonly atMs: number;
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
}

/** A virtual network, and all that was sent on it. */
export class EndpointWorld {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly network: VirtualNetwork;
  /** Datagrams in the order of sending, also those that were lost. */
  readonly sent: CapturedDatagram[] = [];
  readonly #hosts = new Map<string, VirtualHost>();
  #keys = 0;

  constructor(seed: number, link: LinkModel = { delay: { kind: "fixed", ms: 20 } }) {
    this.random = new SeededRandom(seed);
    this.network = new VirtualNetwork({
      clock: this.clock,
      random: this.random.split("network"),
      link,
    });
    this.network.onPacket = (event: PacketEvent) => {
      if (event.kind !== "sent") return;
      const { atMs, from, to, bytes } = event;
      this.sent.push({ atMs, from, to, bytes: new Uint8Array(bytes) });
    };
  }

  /** A fresh key; the same seed and order of calls give the same keys. */
  key(): LocalKey {
    const seed = new Uint8Array(32);
    this.random.split(`key ${this.#keys++}`).fill(seed);
    return localKeyOf(seed);
  }

  node(ip: string, options: Partial<EndpointOptions> = {}, port = PORT): EndpointNode {
    return new EndpointNode(this, ip, port, options);
  }

  /** A machine behind a line of its own. */
  addHost(ip: string, options: HostOptions): void {
    this.#hosts.set(ip, this.network.addHost(ip, options));
  }

  /** The machine at `ip`. */
  host(ip: string): VirtualHost {
    const host = this.#hosts.get(ip) ?? this.network.addHost(ip);
    this.#hosts.set(ip, host);
    return host;
  }

  run(ms: number): void {
    this.clock.advance(ms);
  }

  runUntil(isDone: () => boolean, virtualMsMax = 30_000): void {
    this.clock.runUntil(isDone, { virtualMsMax });
  }
}

/** One endpoint with a socket of its own. */
export class EndpointNode {
  readonly endpoint: Endpoint;
  address: Address;
  readonly key: LocalKey;
  readonly events: TransportEvent[] = [];
  /** Called for each event; what it does is part of the same turn. */
  onEvent: ((event: TransportEvent) => void) | undefined;
  /** Called in each turn before events are polled: a part that polls them itself. */
  turn: ((now: Instant) => void) | undefined;
  readonly #world: EndpointWorld;
  #socket: DatagramSocket;
  readonly #slab = new Uint8Array(SLAB_BYTES);
  #disarm: (() => void) | undefined;
  #unixOffsetMs = 0;

  constructor(
    world: EndpointWorld,
    ip: string,
    port: number,
    options: Partial<EndpointOptions>,
  ) {
    this.#world = world;
    this.address = { ip, port };
    this.key = options.identity ?? world.key();
    this.endpoint = new Endpoint({
      identity: this.key,
      work: { idNonce: 7n, rankNonce: 8n, rank: 9 },
      networkName: "dev",
      random: world.random.split(`node ${ip} ${port} ${world.clock.now()}`),
      unixMs: () => (world.clock.unixMs() + this.#unixOffsetMs) as UnixMs,
      now: world.clock.now(),
      ...options,
    });
    this.#socket = this.#bind();
  }

  #bind(): DatagramSocket {
    return this.#world.host(this.address.ip).bind(this.address.port, {
      onDatagram: (bytes, from) => this.endpoint.handleDatagram(bytes, from, this.now),
      onBatchEnd: () => this.drive(),
      onDrain: () => this.drive(),
    });
  }

  /** Its network gives it another address, and does not tell it. */
  moveTo(ip: string, port = this.address.port): void {
    this.#socket.close();
    this.address = { ip, port };
    this.#socket = this.#bind();
  }

  get now(): Instant {
    return this.#world.clock.now();
  }

  get publicKey(): PublicKey {
    return this.key.publicKey;
  }

  /** This machine's wall clock jumps. */
  stepWall(ms: number): void {
    this.#unixOffsetMs += ms;
  }

  connect(to: EndpointNode): ConnectionHandle {
    const target = { publicKey: to.publicKey, address: to.address };
    const handle = this.endpoint.connect(target, this.now);
    this.drive();
    return handle;
  }

  send(connection: ConnectionHandle, bytes: Uint8Array): boolean {
    const isQueued = this.endpoint.sendMessage(connection, bytes, this.now);
    this.drive();
    return isQueued;
  }

  /** Hands datagrams to the endpoint as the socket would, outside the network. */
  inject(bytes: Uint8Array, from: Address): void {
    this.endpoint.handleDatagram(bytes, from, this.now);
    this.drive();
  }

  /** Polls everything out and arms the timer: one turn of a node's loop. */
  drive(): void {
    const { endpoint } = this;
    const due = endpoint.nextTimeout();
    if (due !== undefined && due <= this.now) endpoint.handleTimeout(this.now);
    this.turn?.(this.now);
    for (let event = endpoint.pollEvent(); event !== undefined; event = endpoint.pollEvent()) {
      this.events.push(event);
      this.onEvent?.(event);
    }
    for (;;) {
      const train = endpoint.pollTransmit(this.now, this.#slab);
      if (train === undefined) break;
      this.#socket.send(train.to, this.#slab.subarray(0, train.bytes), train.segmentBytes);
    }
    this.#disarm?.();
    const next = endpoint.nextTimeout();
    this.#disarm = next === undefined
      ? undefined
      : this.#world.clock.schedule(Math.max(0, next - this.now), () => this.drive());
  }

  /** Stops without a goodbye, as a crash does. */
  crash(): void {
    this.#disarm?.();
    this.#socket.close();
  }

  ofKind<K extends TransportEvent["kind"]>(kind: K): Extract<TransportEvent, { kind: K }>[] {
    return this.events.filter((event) => event.kind === kind) as Extract<
      TransportEvent,
      { kind: K }
    >[];
  }

  /** The texts of the messages received. */
  get messages(): string[] {
    return this.ofKind("message").map(({ bytes }) => new TextDecoder().decode(bytes));
  }
}
