/** One node that serves and many that download from it, on virtual UDP: the server is the real
 * loop, endpoint and upload service, the others are endpoints. */
import { randomBytes, type Share } from "../../src/lib/mod.ts";
import { Driver, type LoopPart } from "../../src/node/loop/driver.ts";
import { UploadService } from "../../src/node/serve/upload_service.ts";
import { type LocalKey, localKeyOf } from "../../src/session/mod.ts";
import { type ConnectionHandle, Endpoint, type TransportEvent } from "../../src/transport/mod.ts";
import type { AccessLine, LinkModel } from "../sim/mod.ts";
import { type EndpointNode, EndpointWorld, PORT } from "./endpoint_world.ts";

export const SERVER_IP = "203.0.113.1";
const CHUNK_BYTES = 1_048_576;
const SLICES = 16;
/** Slices per FETCH, so that the next one is asked for long before the last has come. */
const SLICES_PER_FETCH = 4;

/** A machine that downloads chunks without end. */
export interface Downloader {
  readonly node: EndpointNode;
  readonly connection: ConnectionHandle;
  /** Asks for no more. */
  isPaused: boolean;
  /** Messages from the server, and when the last one came. */
  messages: number;
  messageAt: number;
}

export class UploadWorld {
  readonly world: EndpointWorld;
  readonly endpoint: Endpoint;
  readonly uploads: UploadService;
  readonly driver: Driver;
  /** By the downloader's key. */
  readonly #shares = new Map<string, Share>();
  readonly #into = new Uint8Array(CHUNK_BYTES);
  readonly #object: Uint8Array;
  readonly #key: LocalKey;

  /** @param sellBytesPerSecond the server's ceiling on what it sends to buyers. */
  constructor(seed: number, link: LinkModel, access?: AccessLine, sellBytesPerSecond?: number) {
    this.world = new EndpointWorld(seed, link);
    const { world } = this;
    world.network.onPacket = undefined; // nobody reads the capture of a long run
    if (access !== undefined) world.addHost(SERVER_IP, { access });
    this.#object = randomBytes(world.random.split("object"), CHUNK_BYTES);
    this.#key = localKeyOf(randomBytes(world.random.split("server"), 32));
    const now = () => world.clock.now();
    this.endpoint = new Endpoint({
      identity: this.#key,
      work: { idNonce: 1n, rankNonce: 0n, rank: 0 },
      networkName: "dev",
      random: world.random.split("endpoint"),
      unixMs: () => world.clock.unixMs(),
      now: now(),
      sellBytesPerSecond,
    });
    const source = {
      lengthOf: () => CHUNK_BYTES,
      isAlias: () => false,
      isOffered: () => true,
      readNow: () => false,
      read: (_id: Uint8Array, offset: number, into: Uint8Array) => {
        into.set(this.#object.subarray(offset, offset + into.length));
        return Promise.resolve(true);
      },
    };
    this.uploads = new UploadService(this.endpoint, source, now, () => this.driver.wake());
    const router: LoopPart = { turn: () => this.#route(), nextTimeout: () => undefined };
    this.driver = new Driver(world.clock, this.endpoint, [router]);
    this.driver.attach(world.host(SERVER_IP).bind(PORT, this.driver.handlers));
  }

  /** A machine that downloads chunks without end once it is connected.
   * @param share what the server thinks it is entitled to. */
  download(ip: string, link?: LinkModel, share?: Share): Downloader {
    const { world } = this;
    if (link !== undefined) {
      world.network.setLink(ip, SERVER_IP, { delay: link.delay });
      world.network.setLink(SERVER_IP, ip, link);
    }
    const node = world.node(ip);
    if (share !== undefined) this.#shares.set(node.publicKey.join(), share);
    const target = { publicKey: this.#key.publicKey, address: { ip: SERVER_IP, port: PORT } };
    const connection = node.endpoint.connect(target, node.now);
    const it = { node, connection, isPaused: false, messages: 0, messageAt: 0 };
    node.onEvent = (event) => this.#downloaded(it, event);
    node.drive();
    return it;
  }

  /** Runs for `ms` of virtual time. @returns bytes that came to each of `downloaders` in it. */
  async run(ms: number, downloaders: readonly Downloader[] = []): Promise<number[]> {
    const before = downloaders.map(bytesOf);
    await this.world.clock.advanceSettled(ms);
    return downloaders.map((it, i) => bytesOf(it) - (before[i] ?? 0));
  }

  #downloaded(it: Downloader, event: TransportEvent): void {
    it.node.events.length = 0;
    if (event.kind === "message") {
      it.messages++;
      it.messageAt = it.node.now;
    }
    if (event.kind === "connected" || event.kind === "slice_received") this.#ask(it);
  }

  #ask({ node, connection, isPaused }: Downloader): void {
    for (let slice = 0; !isPaused; slice += SLICES_PER_FETCH) {
      const bitmap = (2 ** SLICES_PER_FETCH - 1) << (slice % SLICES);
      const request = { id: new Uint8Array(20), bitmap, maxPrice: 0, into: this.#into };
      if (node.endpoint.startFetch(connection, request, node.now) === undefined) return;
    }
  }

  #route(): void {
    const now = this.world.clock.now();
    for (let e = this.endpoint.pollEvent(); e !== undefined; e = this.endpoint.pollEvent()) {
      switch (e.kind) {
        case "connected": {
          const share = this.#shares.get(e.publicKey.join());
          if (share !== undefined) this.endpoint.setShare(e.connection, share, now);
          break;
        }
        case "message": // is answered with as much again
          this.endpoint.sendMessage(e.connection, e.bytes, now);
          break;
        case "fetch_requested":
        case "fetch_cancelled":
        case "slices_wanted":
        case "slice_returned":
        case "closed":
          this.uploads.handleEvent(e, now);
          break;
      }
    }
  }
}

function bytesOf({ node, connection }: Downloader): number {
  return node.endpoint.info(connection)?.receivedBytes ?? 0;
}

/** Jain's index: 1 = all equal, 1/n = one has everything. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return sum * sum / (values.length * squares);
}
