import { CHUNK_BYTES, SLICE_BYTES, SLICES_PER_CHUNK, verifySlice } from "../content/mod.ts";
import { equalBytes, type Instant } from "../lib/mod.ts";
import type { LoopPart } from "../node/mod.ts";
import type { ConnectionHandle, DialTarget, Transport } from "../transport/mod.ts";
import { chunkName, type ChunkPool } from "./chunk_pool.ts";
import type { LoopbackScenario } from "./loopback_scenario.ts";

/** Slices of one FETCH: a quarter of the smallest window, so that the next FETCH is on its way
 * before the last byte of this one has come. */
const SLICES_PER_FETCH = 4;
/** One slice in so many is compared byte by byte even where nothing is hashed. */
const LOOKED_AT = 64;

interface Chunk {
  readonly index: number;
  readonly into: Uint8Array;
  slicesLeft: number;
}

/** Fetches the chunks of a scenario from one peer, as far ahead as flow control allows. */
export class FetchingEnd implements LoopPart {
  readonly #transport: Transport;
  readonly #pool: ChunkPool;
  readonly #scenario: LoopbackScenario;
  readonly #target: DialTarget;
  readonly #onWarm: () => void;
  readonly #onDone: (failure: string | undefined) => void;
  readonly #fetches = new Map<number, Chunk>();
  /** Buffers of chunks that are done. BOUNDED by what flow control lets be open at once. */
  readonly #spares: Uint8Array[] = [];
  #connection: ConnectionHandle | undefined;
  #current: Chunk | undefined;
  #nextIndex = 0;
  #nextSlice = 0;
  #slicesDone = 0;

  constructor(
    transport: Transport,
    pool: ChunkPool,
    scenario: LoopbackScenario,
    target: DialTarget,
    on: { readonly warm: () => void; readonly done: (failure: string | undefined) => void },
  ) {
    this.#transport = transport;
    this.#pool = pool;
    this.#scenario = scenario;
    this.#target = target;
    this.#onWarm = on.warm;
    this.#onDone = on.done;
  }

  turn(now: Instant): void {
    const transport = this.#transport;
    const connection = this.#connection ??= transport.connect(this.#target, now);
    for (let event = transport.pollEvent(); event !== undefined; event = transport.pollEvent()) {
      if (event.kind === "closed") this.#onDone(`the connection closed: ${event.reason}`);
      if (event.kind === "slice_refused") this.#onDone("a slice was refused");
      if (event.kind === "slice_received") this.#take(event.requestId, event.slice);
    }
    while (this.#ask(connection, now)) { /* until flow control says no */ }
  }

  nextTimeout(): undefined {
    return undefined;
  }

  #take(requestId: number, slice: number): void {
    const chunk = this.#fetches.get(requestId);
    if (chunk === undefined) return;
    const bytes = chunk.into.subarray(slice * SLICE_BYTES, (slice + 1) * SLICE_BYTES);
    const isLookedAt = this.#slicesDone % LOOKED_AT === 0;
    const isWhole =
      (!this.#scenario.isVerified || verifySlice(bytes, this.#pool.hashes(chunk.index), slice)) &&
      (!isLookedAt || equalBytes(bytes, this.#pool.slice(chunk.index, slice)));
    if (!isWhole) return this.#onDone(`slice ${slice} of chunk ${chunk.index} is damaged`);
    if (--chunk.slicesLeft === 0) this.#spares.push(chunk.into);
    this.#slicesDone++;
    const { warmUpChunks, chunks } = this.#scenario;
    if (this.#slicesDone === warmUpChunks * SLICES_PER_CHUNK) this.#onWarm();
    if (this.#slicesDone === (warmUpChunks + chunks) * SLICES_PER_CHUNK) this.#onDone(undefined);
  }

  /** One more FETCH. @returns false if none may or needs be sent now. */
  #ask(connection: ConnectionHandle, now: Instant): boolean {
    const { warmUpChunks, chunks } = this.#scenario;
    if (this.#transport.fetchRoom(connection) < SLICES_PER_FETCH * SLICE_BYTES) return false;
    if (this.#current === undefined && this.#nextIndex === warmUpChunks + chunks) return false;
    const chunk = this.#current ??= {
      index: this.#nextIndex++,
      into: this.#spares.pop() ?? new Uint8Array(CHUNK_BYTES),
      slicesLeft: SLICES_PER_CHUNK,
    };
    const bitmap = (2 ** SLICES_PER_FETCH - 1) << this.#nextSlice;
    const request = { id: chunkName(chunk.index), bitmap, maxPrice: 0, into: chunk.into };
    const requestId = this.#transport.startFetch(connection, request, now);
    if (requestId === undefined) return false;
    this.#fetches.set(requestId, chunk);
    this.#nextSlice = (this.#nextSlice + SLICES_PER_FETCH) % SLICES_PER_CHUNK;
    if (this.#nextSlice === 0) this.#current = undefined;
    return true;
  }
}
