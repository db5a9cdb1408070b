/** What a packet costs in the transport: two connections in memory, trains of 40 packets, without
 * loss. Once with heads only, so that the figure is the JavaScript of transport/, and once sealed
 * and opened by session/. */
import { asPublicKey, type Instant, LastView, SeededRandom } from "../src/lib/mod.ts";
import {
  type DirectionKeys,
  OpeningKeys,
  PacketHead,
  ReceiverMask,
  SealingKeys,
} from "../src/session/mod.ts";
import {
  Connection,
  createBudgets,
  FETCH_STATUS,
  type PacketSealer,
} from "../src/transport/mod.ts";
import {
  CHUNK_BYTES_MAX,
  PACKET_HEAD_BYTES,
  PACKET_OVERHEAD_BYTES,
  readU48,
  SLICE_BYTES,
  writeU48,
} from "../src/wire/mod.ts";
import { threadMs } from "./thread_time.ts";

/** The bytes of a full packet on an Ethernet. */
const DATAGRAM_BYTES = 1_472;
const TRAIN_PACKETS = 40;
/** Virtual time of one turn, so that timers and pacer see a path of about 2 Gbit/s. */
const TURN_MS = 0.2;
const CONNECTION_ID = 77;
const NUMBER_AT = 6;
const TAG_BYTES = PACKET_OVERHEAD_BYTES - PACKET_HEAD_BYTES;

/** How packets of one direction are sealed and opened. */
export interface Protection {
  readonly sealer: PacketSealer;
  /** Opens the packet train[at … end). @returns its number; frames go to `into`. */
  open(train: Uint8Array, at: number, end: number, into: Uint8Array, now: Instant): number;
}

export function bare(): Protection {
  const frames = new LastView();
  return {
    sealer: {
      seal(packetNumber, out, at, payloadBytes) {
        writeU48(packetNumber, out, at + NUMBER_AT);
        return payloadBytes + PACKET_OVERHEAD_BYTES;
      },
    },
    open(train, at, end, into) {
      into.set(frames.of(train, at + PACKET_HEAD_BYTES, end - TAG_BYTES));
      return readU48(train, at + NUMBER_AT);
    },
  };
}

export function sealed(): Protection {
  const keys: DirectionKeys = {
    key: new Uint8Array(32).fill(1),
    headKey: new Uint8Array(16).fill(2),
  };
  const mask = new ReceiverMask(asPublicKey(new Uint8Array(32).fill(3)));
  const opening = new OpeningKeys(keys);
  const head = new PacketHead();
  return {
    sealer: new SealingKeys(keys, CONNECTION_ID, mask),
    open(train, at, end, into, now) {
      const word = opening.readProbableHead(mask, train, at, end, CONNECTION_ID, head);
      const isOurs = word === CONNECTION_ID && head.isAccepted;
      if (!isOurs || typeof opening.open(train, at, head, into, now, 100) !== "number") {
        throw new Error("a packet did not open");
      }
      return head.packetNumber;
    },
  };
}

export interface Costs {
  packets: number;
  senderMs: number;
  receiverMs: number;
}

class Side {
  readonly connection: Connection;
  readonly #out: Protection;
  readonly #plaintext = new Uint8Array(DATAGRAM_BYTES);
  readonly #payload = new LastView();
  readonly slab = new Uint8Array(TRAIN_PACKETS * DATAGRAM_BYTES);

  constructor(protection: Protection, seed: number) {
    this.#out = protection;
    this.connection = new Connection({
      sealer: protection.sealer,
      random: new SeededRandom(seed),
      maxDatagramBytes: DATAGRAM_BYTES,
      now: 0 as Instant,
      budgets: createBudgets(),
    });
  }

  /** One train. @returns the sizes of its packets, one behind the other in the slab. */
  transmit(now: Instant): number[] {
    const sizes: number[] = [];
    for (let at = 0; sizes.length < TRAIN_PACKETS;) {
      const bytes = this.connection.pollTransmit(now, this.slab, at);
      if (bytes === 0) break;
      sizes.push(bytes);
      at += bytes;
    }
    return sizes;
  }

  receive(from: Side, sizes: readonly number[], now: Instant): void {
    let at = 0;
    for (const bytes of sizes) {
      const number = from.#out.open(from.slab, at, at + bytes, this.#plaintext, now);
      const payload = this.#payload.of(this.#plaintext, 0, bytes - PACKET_OVERHEAD_BYTES);
      this.connection.handlePacket(number, payload, now);
      at += bytes;
    }
  }
}

/** `chunks` chunks from a to b, eight slices asked for at a time. */
export function transfer(protect: () => Protection, chunks: number): Costs {
  const [a, b] = [new Side(protect(), 1), new Side(protect(), 2)];
  const costs: Costs = { packets: 0, senderMs: 0, receiverMs: 0 };
  const slice = new Uint8Array(SLICE_BYTES).fill(7);
  const into = new Uint8Array(CHUNK_BYTES_MAX);
  const id = new Uint8Array(20);
  const waiting: { requestId: number; next: number }[] = [];
  let received = 0;
  let asked = 0;
  const serve = (now: Instant): void => {
    for (let e = a.connection.pollEvent(); e !== undefined; e = a.connection.pollEvent()) {
      if (e.kind !== "fetch_requested") continue;
      const info = { status: FETCH_STATUS.ok, chunkLength: CHUNK_BYTES_MAX, queueMs: 0 };
      a.connection.fetchInfo(e.requestId, info, now);
      waiting.push({ requestId: e.requestId, next: 0 });
    }
    for (let room = a.connection.sliceRoom(); room > 0 && waiting[0] !== undefined; room--) {
      const first = waiting[0];
      a.connection.provideSlice(first.requestId, first.next++, slice, now);
      if (first.next === 8) waiting.shift();
    }
  };
  const ask = (now: Instant): void => {
    for (let e = b.connection.pollEvent(); e !== undefined; e = b.connection.pollEvent()) {
      if (e.kind === "slice_received") received++;
    }
    while (asked < 2 * chunks && b.connection.fetchRoom() >= 8 * SLICE_BYTES) {
      b.connection.startFetch({ id, bitmap: 0xff, maxPrice: 0, into }, now);
      asked++;
    }
  };
  for (let turn = 1; received < chunks * 16; turn++) {
    const now = turn * TURN_MS as Instant;
    const start = threadMs();
    serve(now);
    a.connection.handleTimeout(now);
    const sizes = a.transmit(now);
    const middle = threadMs();
    b.receive(a, sizes, now);
    ask(now);
    b.connection.handleTimeout(now);
    const answer = b.transmit(now);
    const end = threadMs();
    a.receive(b, answer, now);
    costs.packets += sizes.length;
    costs.senderMs += middle - start + threadMs() - end;
    costs.receiverMs += end - middle;
    if (a.connection.isClosed || b.connection.isClosed) throw new Error("a connection closed");
  }
  return costs;
}
