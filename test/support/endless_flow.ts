/** A download without end over a Dumbbell, by real connections. Every slice is compared. */
import { equalBytes, type Instant, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { Connection, type ConnectionConfig, FETCH_STATUS } from "../../src/transport/mod.ts";
import {
  PACKET_HEAD_BYTES,
  PACKET_OVERHEAD_BYTES,
  readU48,
  SLICE_BYTES,
  writeU48,
} from "../../src/wire/mod.ts";
import type { LinkModel } from "../sim/mod.ts";
import type { Dumbbell } from "./dumbbell.ts";

export interface EndlessFlowOptions {
  readonly rttMs: number;
  readonly faults?: Partial<LinkModel>;
  readonly config?: Partial<ConnectionConfig>;
  readonly maxDatagramBytes?: number;
  /** Timers fire this much later than asked, as an event loop's do. */
  readonly timerSlackMs?: number;
}

const NUMBER_AT = PACKET_HEAD_BYTES - 6;
const SLICES_PER_OBJECT = 4;
const OBJECT_BYTES = SLICES_PER_OBJECT * SLICE_BYTES;
/** Object i is the bytes of SOURCE from (i % OFFSETS) pages on, so that what an earlier object left
 * in a buffer is not taken for the next one. */
const OFFSETS = 61;
const PAGE_BYTES = 4_096;
const SOURCE = randomBytes(new SeededRandom(1), OBJECT_BYTES + OFFSETS * PAGE_BYTES);

function objectOf(index: number): Uint8Array {
  const start = (index % OFFSETS) * PAGE_BYTES;
  return SOURCE.subarray(start, start + OBJECT_BYTES);
}

/** Numbers packets and nothing more: what passes is neither damaged nor read by others. */
const SEALER = {
  seal(packetNumber: number, out: Uint8Array, at: number, payloadBytes: number): number {
    writeU48(packetNumber, out, at + NUMBER_AT);
    return payloadBytes + PACKET_OVERHEAD_BYTES;
  },
};

class End {
  readonly connection: Connection;
  readonly #world: Dumbbell;
  readonly #slackMs: number;
  readonly #slab = new Uint8Array(16_384);
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
  transmit: (bytes: Uint8Array) => void = () => {};
  onTurn: (now: Instant) => void = () => {};

  constructor(world: Dumbbell, name: string, options: EndlessFlowOptions) {
    this.#world = world;
    this.#slackMs = options.timerSlackMs ?? 0;
    this.connection = new Connection({
      sealer: SEALER,
      random: world.random.split(name),
      maxDatagramBytes: options.maxDatagramBytes ?? 1472,
      now: world.now,
      config: options.config ?? {},
    });
    this.connection.path.begin(options.maxDatagramBytes ?? 1472, options.rttMs);
  }

  receive(bytes: Uint8Array): void {
    const payload = bytes.subarray(
      PACKET_HEAD_BYTES,
      bytes.length + PACKET_HEAD_BYTES - PACKET_OVERHEAD_BYTES,
    );
    this.connection.handlePacket(readU48(bytes, NUMBER_AT), payload, this.#world.now);
    this.turn();
  }

  turn(): void {
    const { now } = this.#world;
    const { connection } = this;
    this.onTurn(now);
    for (;;) {
      const bytes = connection.pollTransmit(now, this.#slab, 0);
      if (bytes === 0) break;
      this.transmit(this.#slab.subarray(0, bytes));
      this.onTurn(now);
    }
    const next = connection.nextTimeout();
    if (next === undefined || (this.#timer !== undefined && this.#timer.at <= next)) return;
    this.#timer?.cancel(); // one that is early costs a cheap turn
    const cancel = this.#world.clock.schedule(Math.max(0, next - now) + this.#slackMs, () => {
      this.#timer = undefined;
      connection.handleTimeout(this.#world.now);
      this.turn();
    });
    this.#timer = { at: next, cancel };
  }
}

interface Ask {
  readonly index: number;
  readonly into: Uint8Array;
  slicesLeft: number;
}

/** Side a serves, side b asks for ever more. */
export class EndlessFlow {
  readonly a: End;
  readonly b: End;
  /** Of whole slices that were as at the source. */
  goodBytes = 0;
  readonly #asked = new Map<number, Ask>();
  readonly #served: { readonly requestId: number; readonly index: number; rest: number }[] = [];
  /** Whole, and asked for by nobody. */
  readonly #free: Uint8Array[] = [];
  #nextIndex = 0;

  constructor(world: Dumbbell, options: EndlessFlowOptions) {
    const path = world.path(options.rttMs, options.faults);
    const name = `flow ${world.random.u32()}`;
    this.a = new End(world, `${name} a`, options);
    this.b = new End(world, `${name} b`, options);
    this.a.transmit = (bytes) => path.there(bytes, (copy) => this.b.receive(copy));
    this.b.transmit = (bytes) => path.back(bytes, (copy) => this.a.receive(copy));
    this.a.onTurn = (now) => this.#serve(now);
    this.b.onTurn = (now) => this.#ask(now);
    this.b.turn();
  }

  #ask(now: Instant): void {
    const { connection } = this.b;
    for (let event = connection.pollEvent(); event !== undefined; event = connection.pollEvent()) {
      if (event.kind === "closed") throw new Error(`a flow ended: ${event.reason}`);
      if (event.kind === "slice_received") this.#compare(event.requestId, event.slice);
    }
    while (connection.fetchRoom() >= OBJECT_BYTES) {
      const index = this.#nextIndex++;
      const id = new Uint8Array(20);
      new DataView(id.buffer).setUint32(0, index);
      const into = this.#free.pop() ?? new Uint8Array(OBJECT_BYTES);
      const bitmap = 2 ** SLICES_PER_OBJECT - 1;
      const requestId = connection.startFetch({ id, bitmap, maxPrice: 0, into }, now);
      if (requestId === undefined) throw new Error("no fetch though there was room for one");
      this.#asked.set(requestId, { index, into, slicesLeft: SLICES_PER_OBJECT });
    }
  }

  #compare(requestId: number, slice: number): void {
    const ask = this.#asked.get(requestId);
    if (ask === undefined) throw new Error(`a slice of request ${requestId}, which is not open`);
    const start = slice * SLICE_BYTES;
    const got = ask.into.subarray(start, start + SLICE_BYTES);
    const wanted = objectOf(ask.index).subarray(start, start + SLICE_BYTES);
    if (!equalBytes(got, wanted)) throw new Error(`slice ${slice} of ${ask.index} is wrong`);
    this.goodBytes += SLICE_BYTES;
    if (--ask.slicesLeft > 0) return;
    this.#asked.delete(requestId);
    this.#free.push(ask.into);
  }

  #serve(now: Instant): void {
    const { connection } = this.a;
    for (let event = connection.pollEvent(); event !== undefined; event = connection.pollEvent()) {
      if (event.kind === "closed") throw new Error(`a flow ended: ${event.reason}`);
      if (event.kind !== "fetch_requested") continue;
      const index = new DataView(event.id.buffer, event.id.byteOffset).getUint32(0);
      const info = { status: FETCH_STATUS.ok, chunkLength: OBJECT_BYTES, queueMs: 0 };
      connection.fetchInfo(event.requestId, info, now);
      this.#served.push({ requestId: event.requestId, index, rest: event.bitmap });
    }
    for (let room = connection.sliceRoom(); room > 0; room--) {
      const next = this.#served[0];
      if (next === undefined) return;
      const slice = 31 - Math.clz32(next.rest & -next.rest);
      const start = slice * SLICE_BYTES;
      const bytes = objectOf(next.index).subarray(start, start + SLICE_BYTES);
      connection.provideSlice(next.requestId, slice, bytes, now);
      next.rest &= next.rest - 1;
      if (next.rest === 0) this.#served.shift();
    }
  }
}
