import { CHUNK_BYTES } from "../content/mod.ts";
import { Fifo, type Instant } from "../lib/mod.ts";
import type { LoopPart } from "../node/mod.ts";
import { type ConnectionHandle, FETCH_STATUS, type Transport } from "../transport/mod.ts";
import { type ChunkPool, indexOf } from "./chunk_pool.ts";
import type { LoopbackScenario } from "./loopback_scenario.ts";

interface Asked {
  readonly requestId: number;
  readonly index: number;
  /** Bitmap of slices not handed over yet. */
  rest: number;
}

/** Who is told what happens. */
export interface ServingNews {
  /** The first chunk behind the warm-up is asked for. */
  warm(): void;
  closed(): void;
}

/** Serves whatever is asked from memory, to one peer. */
export class ServingEnd implements LoopPart {
  readonly #transport: Transport;
  readonly #pool: ChunkPool;
  readonly #on: ServingNews;
  #warmAt: number;
  /** BOUNDED by the open fetches of one connection. */
  readonly #asked = new Fifo<Asked>();
  #connection: ConnectionHandle | undefined;

  constructor(
    transport: Transport,
    pool: ChunkPool,
    scenario: LoopbackScenario,
    on: ServingNews,
  ) {
    this.#transport = transport;
    this.#pool = pool;
    this.#warmAt = scenario.warmUpChunks;
    this.#on = on;
  }

  turn(now: Instant): void {
    const transport = this.#transport;
    for (let event = transport.pollEvent(); event !== undefined; event = transport.pollEvent()) {
      if (event.kind === "closed") this.#on.closed();
      if (event.kind !== "fetch_requested") continue;
      const { connection, requestId, id, bitmap } = event;
      this.#connection = connection;
      const info = { status: FETCH_STATUS.ok, chunkLength: CHUNK_BYTES, queueMs: 0 };
      transport.fetchInfo(connection, requestId, info, now);
      const index = indexOf(id);
      if (index === this.#warmAt) {
        this.#warmAt = Infinity;
        this.#on.warm();
      }
      this.#asked.push({ requestId, index, rest: bitmap });
    }
    if (this.#connection !== undefined) this.#serve(this.#connection, now);
  }

  #serve(connection: ConnectionHandle, now: Instant): void {
    for (let room = this.#transport.sliceRoom(connection); room > 0; room--) {
      const first = this.#asked.peek();
      if (first === undefined) return;
      const slice = 31 - Math.clz32(first.rest & -first.rest);
      const bytes = this.#pool.slice(first.index, slice);
      this.#transport.provideSlice(connection, first.requestId, slice, bytes, now);
      first.rest &= first.rest - 1;
      if (first.rest === 0) this.#asked.shift();
    }
  }

  nextTimeout(): undefined {
    return undefined;
  }
}
