/** One download under a scenario of the QUIC interop runner: real endpoints, handshake included. */
import { randomBytes } from "../../src/lib/mod.ts";
import type { CongestionControl, ConnectionHandle } from "../../src/transport/mod.ts";
import { CHUNK_BYTES_MAX, SLICE_BYTES } from "../../src/wire/mod.ts";
import type { LinkModel, Loss } from "../sim/mod.ts";
import { type EndpointNode, EndpointWorld } from "./endpoint_world.ts";
import { carrierBetween } from "./network_carrier.ts";
import { TcpFlow, type TcpKind } from "./tcp_flow.ts";

/** `simple-p2p --delay=15ms --bandwidth=10Mbps --queue=25`. */
export const INTEROP_PATH = {
  delay: { kind: "fixed", ms: 15 },
  bytesPerSecond: 1_250_000,
  queueBytes: 25 * 1_500,
} as const satisfies LinkModel;

export interface InteropOptions {
  readonly control: CongestionControl;
  readonly seed: number;
  /** Each way; after one lost packet up to `burst` − 1 more are. */
  readonly loss?: { readonly ratio: number; readonly burst: number };
  readonly faults?: Partial<LinkModel>;
}

const CLIENT_IP = "10.1.0.1";
const SERVER_IP = "10.2.0.1";
const PORT = 4_001;
const CROSS_PORT = 5_201;

export class InteropRun {
  readonly world: EndpointWorld;
  readonly client: EndpointNode;
  readonly server: EndpointNode;
  readonly closed: string[] = [];
  elapsedMs = 0;
  readonly #path: LinkModel;
  readonly #cancels: (() => void)[] = [];
  #moves = 0;

  constructor({ control, seed, loss, faults }: InteropOptions) {
    const path = { ...INTEROP_PATH, ...faults };
    this.#path = loss === undefined ? path : { ...path, loss: lossOf(loss) };
    this.world = new EndpointWorld(seed, this.#path);
    this.world.network.onPacket = undefined;
    const connection = { congestionControl: control };
    this.client = this.world.node(CLIENT_IP, { connection });
    this.server = this.world.node(SERVER_IP, { connection });
  }

  /** Every `ms`, for the first time after `firstMs`, until the download is over. */
  every(ms: number, firstMs: number, deed: () => void): void {
    const again = (): void => {
      deed();
      this.#cancels.push(this.world.clock.schedule(ms, again));
    };
    this.#cancels.push(this.world.clock.schedule(firstMs, again));
  }

  /** Nothing passes for `ms`. */
  blackHole(ms: number): void {
    const mend = this.world.network.isolate(SERVER_IP);
    this.world.clock.schedule(ms, mend);
  }

  /** Datagrams towards the client, counted from 1, of which those vanish. */
  dropTowardsClient(isLost: (index: number) => boolean): void {
    let index = 0;
    const receive = this.client.endpoint.handleDatagram.bind(this.client.endpoint);
    this.client.endpoint.handleDatagram = (bytes, from, now) => {
      if (!isLost(++index)) receive(bytes, from, now);
    };
  }

  /** TCP without end from the server's machine to the client's, over the same line. */
  crossTraffic(kind: TcpKind): TcpFlow {
    const { clock } = this.world;
    const there = carrierBetween(this.world, SERVER_IP, CLIENT_IP, CROSS_PORT);
    const back = carrierBetween(this.world, CLIENT_IP, SERVER_IP, CROSS_PORT + 1);
    const path = { there, back };
    const world = {
      clock,
      get now() {
        return clock.now();
      },
      path: () => path,
    };
    return new TcpFlow(world, 2 * INTEROP_PATH.delay.ms, kind);
  }

  rebindPort(): void {
    this.client.moveTo(this.client.address.ip, PORT + ++this.#moves);
  }

  rebindAddress(): void {
    this.client.moveTo(`10.1.0.${1 + ++this.#moves}`);
  }

  /** The client downloads `bytes` as objects of up to 1 MiB, one after the other with the next one
   * asked for ahead. @throws {Error} if they are damaged or not here after `virtualMsMax`. */
  fetch(bytes: number, virtualMsMax: number): void {
    const objects: Uint8Array[] = [];
    for (let left = bytes; left > 0; left -= CHUNK_BYTES_MAX) {
      const length = Math.min(left, CHUNK_BYTES_MAX);
      objects.push(randomBytes(this.world.random.split(`object ${left}`), length));
    }
    const copies = objects.map(({ length }) => new Uint8Array(length));
    let slicesLeft = objects.reduce((sum, o) => sum + Math.ceil(o.length / SLICE_BYTES), 0);
    let next = 0;
    const ask = (connection: ConnectionHandle): void => {
      for (let into = copies[next]; into !== undefined; into = copies[++next]) {
        const id = new Uint8Array(20).fill(next);
        const bitmap = 2 ** Math.ceil(into.length / SLICE_BYTES) - 1;
        const request = { id, bitmap, maxPrice: 0, into };
        const { client } = this;
        if (client.endpoint.startFetch(connection, request, client.now) === undefined) return;
      }
    };
    this.client.onEvent = (event) => {
      if (event.kind === "slice_received") slicesLeft--;
      if (event.kind === "connected" || event.kind === "slice_received") ask(event.connection);
      if (event.kind === "closed") this.closed.push(event.reason);
    };
    this.server.onEvent = (event) => {
      if (event.kind === "closed") this.closed.push(event.reason);
      if (event.kind === "fetch_requested") this.#serve(event, objects);
    };
    this.client.connect(this.server);
    this.world.runUntil(() => slicesLeft === 0, virtualMsMax);
    this.elapsedMs = this.world.clock.now();
    for (const cancel of this.#cancels) cancel();
    if (copies.some((copy, i) => !sameBytes(copy, objects[i]))) throw new Error("damaged");
  }

  #serve(
    event: { connection: ConnectionHandle; requestId: number; id: Uint8Array; bitmap: number },
    objects: readonly Uint8Array[],
  ): void {
    const { endpoint, now } = this.server;
    const { connection, requestId, bitmap } = event;
    const object = objects[event.id[0] ?? 0] ?? new Uint8Array(1);
    const info = { status: 0, chunkLength: object.length, queueMs: 0 } as const;
    endpoint.fetchInfo(connection, requestId, info, now);
    for (let slice = 0; slice < 16; slice++) {
      if ((bitmap & (1 << slice)) === 0) continue;
      const bytes = object.subarray(slice * SLICE_BYTES, (slice + 1) * SLICE_BYTES);
      endpoint.provideSlice(connection, requestId, slice, bytes, now);
    }
  }
}

function lossOf({ ratio, burst }: { ratio: number; burst: number }): Loss {
  if (burst === 1) return { kind: "bernoulli", ratio };
  const toGood = 1 / burst;
  const toBad = toGood * ratio / (1 - ratio);
  return { kind: "gilbert_elliott", toBad, toGood, lossWhileGood: 0, lossWhileBad: 1 };
}

function sameBytes(x: Uint8Array, y: Uint8Array | undefined): boolean {
  return y !== undefined && x.length === y.length && x.every((byte, i) => byte === y[i]);
}
