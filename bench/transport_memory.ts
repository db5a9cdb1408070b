/** What sessions cost: time to make them, memory to keep them. In memory, without sockets. */
import { heapStats } from "bun:jsc";
import {
  type Address,
  type Instant,
  type PublicKey,
  SeededRandom,
  type UnixMs,
} from "../src/lib/mod.ts";
import { localKeyOf } from "../src/session/mod.ts";
import { Endpoint } from "../src/transport/mod.ts";
import { threadMs } from "./thread_time.ts";

const SLAB = new Uint8Array(65_536);
/** Silence after which a handshake's last acknowledgement has left and the session rests. */
const SETTLE_MS = 5_000;
const SETTLE_STEP_MS = 500;

/** An endpoint and the processor time it has taken. */
interface Side {
  readonly publicKey: PublicKey;
  readonly transport: Endpoint;
  readonly address: Address;
  ms: number;
}

function side(seed: number, address: Address, now: Instant): Side {
  const bytes = new Uint8Array(32).fill(seed);
  new DataView(bytes.buffer).setUint32(0, seed);
  const identity = localKeyOf(bytes);
  const transport = new Endpoint({
    identity,
    work: { idNonce: 0n, rankNonce: 0n, rank: 0 },
    networkName: "bench",
    random: new SeededRandom(seed),
    unixMs: () => (1.8e12 + now) as UnixMs,
    now,
    exemptPrivateAddresses: true,
  });
  return { publicKey: identity.publicKey, transport, address, ms: 0 };
}

function timed<T>(of: Side, deed: () => T): T {
  const start = threadMs();
  const result = deed();
  of.ms += threadMs() - start;
  return result;
}

const SERVER: Address = Object.freeze({ ip: "127.0.0.1", port: 1 });

/** Everything that `from` has to send, handed to `to`. */
function deliver(from: Side, to: Side, now: Instant): void {
  while (from.transport.pollEvent() !== undefined) { /* nobody listens */ }
  for (;;) {
    const train = timed(from, () => from.transport.pollTransmit(now, SLAB));
    if (train === undefined) return;
    const packet = SLAB.slice(0, train.bytes);
    timed(to, () => to.transport.handleDatagram(packet, from.address, now));
  }
}

export interface Sessions {
  readonly count: number;
  /** Of the processor, spent by the end that answers and by those that call, ms. */
  readonly answeringMs: number;
  readonly callingMs: number;
  /** Heap that the answering end's sessions take, once their peers are forgotten. */
  readonly heapBytes: number;
}

interface Crowd {
  readonly server: Side;
  readonly callingMs: number;
}

/** `count` peers connect to one endpoint, and are forgotten. @param clock asked once per peer. */
function connectAll(count: number, clock: () => Instant): Crowd {
  const server = side(0xffff_ffff, SERVER, clock());
  let callingMs = 0;
  for (let i = 0; i < count; i++) {
    const now = clock();
    const address: Address = { ip: "127.0.0.1", port: 1_024 + i };
    const client = side(i, address, now); // keys are made once per node, not per handshake
    timed(client, () => client.transport.connect(server, now));
    for (let turn = 0; turn < 2; turn++) {
      deliver(client, server, now);
      deliver(server, client, now);
    }
    callingMs += client.ms;
    server.transport.handleTimeout(now);
  }
  return { server, callingMs };
}

/** An endpoint that `count` peers have connected to, in real time. */
export function crowded(count: number, clock: () => Instant): Endpoint {
  return connectAll(count, clock).server.transport;
}

/** `count` peers connect to one endpoint and then are silent. */
export function sessions(count: number): Sessions {
  let now = 0;
  const heap = (): number => {
    Bun.gc(true);
    const { heapSize } = heapStats(); // external memory included
    return heapSize;
  };
  const before = heap();
  const { server, callingMs } = connectAll(count, () => ++now as Instant);
  for (let settled = 0; settled < SETTLE_MS; settled += SETTLE_STEP_MS) {
    now += SETTLE_STEP_MS;
    server.transport.handleTimeout(now as Instant);
    while (server.transport.pollTransmit(now as Instant, SLAB) !== undefined) { /* lost */ }
  }
  const established = server.transport.stats()["sessions"] ?? 0;
  if (established !== count) throw new Error(`${established} of ${count} sessions stand`);
  const heapBytes = heap() - before;
  return { count, answeringMs: server.ms, callingMs, heapBytes };
}
