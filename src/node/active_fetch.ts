import { SLICE_BYTES, sliceCount, verifySlice } from "../content/mod.ts";
import {
  assert,
  type BufferPool,
  type ChunkId,
  type Instant,
  SkerryError,
  type SkerryErrorCode,
  toHex,
} from "../lib/mod.ts";
import { ChunkDownload } from "../swarm/mod.ts";
import { type ConnectionHandle, FETCH_STATUS, type Transport } from "../transport/mod.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import type { HolderPace } from "./holder_pace.ts";
import type { HolderSet } from "./holder_set.ts";

/** A chunk of a file, with the proofs of its slices. */
export interface ProvenChunk {
  readonly id: ChunkId;
  /** 1 … 1 MiB. */
  readonly length: number;
  /** SHA-256 tree hashes of its slices, n × 32 bytes. */
  readonly sliceHashes: Uint8Array;
}

/** Tells the upper limit of what a peer may ask for a chunk; the market is a later issue. */
const MAX_PRICE_ANY = 255;

/** A holder that sends less than this in the stall time (4 KiB/s) counts as silent. */
const PROGRESS_BYTES_MIN = 12 * 1024;

/** What a fetch needs of the node around it. */
export interface FetchContext {
  readonly transport: Transport;
  readonly requests: FetchRequests;
  readonly holders: HolderDirectory;
  readonly pace: HolderPace;
  /** Of 1 MiB. */
  readonly buffers: BufferPool;
  readonly now: () => Instant;
  readonly wake: () => void;
  /** This slice does not hash as the manifest says: the holder or the manifest is wrong. */
  readonly reject: (connection: ConnectionHandle, slice: number) => void;
}

interface Waiter {
  readonly bitmap: number;
  readonly resolve: () => void;
  readonly reject: (error: SkerryError) => void;
}

/** One chunk on its way in: asks holders for slices, proves each, replaces holders that fail.
 *
 * Its buffer goes back to the pool once, when it is neither "running" (holders' bytes are written
 * into it) nor "keeping" (the store reads it): readers only copy out of it. */
export class ActiveFetch {
  readonly chunk: ProvenChunk;
  readonly servedBy = new Set<ConnectionHandle>();
  state: "running" | "complete" | "keeping" | "over" = "running";
  readers = 0;
  #buffer: Uint8Array | undefined;
  readonly #context: FetchContext;
  readonly #download: ChunkDownload;
  readonly #fileKeys: readonly Uint8Array[];
  #sets: HolderSet[] = [];
  #unsubscribe: (() => void)[] = [];
  #hasAskedForChunk = false;
  /** BOUNDED by the download: a slice is asked of one holder at a time. */
  readonly #open = new Map<ConnectionHandle, Set<number>>();
  /** What each connection had received when it was last looked at. BOUNDED by the holders. */
  readonly #receivedBytes = new Map<ConnectionHandle, number>();
  #waiters: Waiter[] = [];
  #verified = 0;
  #failure: SkerryError | undefined;
  #isDirty = true;

  constructor(chunk: ProvenChunk, fileKeys: readonly Uint8Array[], context: FetchContext) {
    this.chunk = chunk;
    this.#buffer = context.buffers.take().subarray(0, chunk.length);
    this.#fileKeys = fileKeys;
    this.#context = context;
    this.#download = new ChunkDownload(sliceCount(chunk.length));
  }

  get #bytes(): Uint8Array {
    assert(this.#buffer !== undefined, "the buffer of a fetch under way is its own");
    return this.#buffer;
  }

  get lookup(): HolderSet["outcome"] {
    return this.#sets.find((set) => set.outcome !== undefined)?.outcome;
  }

  get isLooking(): boolean {
    return this.#sets.every((set) => set.connected.size === 0);
  }

  isReady(slice: number): boolean {
    return (this.#verified & (1 << slice)) !== 0;
  }

  slices(first: number, last: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    let bitmap = 0;
    for (let slice = first; slice <= last; slice++) bitmap |= 1 << slice;
    this.#download.want(bitmap);
    this.#isDirty = true;
    if ((this.#verified & bitmap) === bitmap) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ bitmap, resolve, reject }));
  }

  turn(now: Instant): void {
    if (this.state !== "running") return;
    const due = this.#download.nextTimeout();
    if (due !== undefined && due <= now) {
      this.#noteProgress(now);
      for (const holder of this.#download.takeStalled(now)) {
        this.#context.pace.stalled(holder as ConnectionHandle, now);
        this.#cancelAll(holder as ConnectionHandle, now);
      }
      this.#isDirty = true;
    }
    // A starved fetch asks at every turn: room with a holder is made by what other fetches end.
    if (!this.#isDirty && !this.#download.isStarved) return;
    this.#isDirty = false;
    this.#join(this.#fileKeys);
    this.#ask(now);
    if (this.#download.isStarved) this.#widenOrFail();
  }

  /** On a slow line minutes may pass between two whole slices: bytes count too. */
  #noteProgress(now: Instant): void {
    for (const connection of this.#open.keys()) {
      const bytes = this.#context.transport.info(connection)?.receivedBytes ?? 0;
      const before = this.#receivedBytes.get(connection) ?? 0;
      if (bytes - before >= PROGRESS_BYTES_MIN) this.#download.noteProgress(connection, now);
      this.#receivedBytes.set(connection, bytes);
    }
  }

  nextTimeout(): Instant | undefined {
    return this.state === "running" ? this.#download.nextTimeout() : undefined;
  }

  /** Every slice of the chunk, proven: the store's to read until `endKeeping`. */
  beginKeeping(): Uint8Array {
    assert(this.state === "complete", `a fetch that is ${this.state} has nothing to keep`);
    this.state = "keeping";
    return this.#bytes;
  }

  /** The store is done with the bytes. They stay for readers until `freeBuffer`. */
  endKeeping(): void {
    this.state = "over";
    if (this.#failure !== undefined || this.readers === 0) this.freeBuffer();
  }

  /** @returns false if the buffer has been given back. */
  get hasBuffer(): boolean {
    return this.#buffer !== undefined;
  }

  /** Copies proven bytes, from `start` of the chunk. @returns false if they have been given up: the
   * store has them. @throws {SkerryError} what the fetch failed with. */
  copy(start: number, into: Uint8Array): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#buffer === undefined) return false;
    into.set(this.#buffer.subarray(start, start + into.length));
    return true;
  }

  /** Nobody reads from this fetch any more, or whoever does finds the chunk in the store. */
  freeBuffer(): void {
    assert(this.state === "over", `the buffer of a fetch that is ${this.state} is in use`);
    if (this.#buffer !== undefined) this.#context.buffers.give(this.#buffer);
    this.#buffer = undefined;
  }

  fail(code: SkerryErrorCode, why: string): void {
    if (this.#failure !== undefined) return;
    const id = toHex(this.chunk.id);
    this.#failure = new SkerryError(code, `Cannot fetch chunk ${id}: ${why}`);
    this.#release();
    if (this.state !== "keeping") {
      this.state = "over";
      this.freeBuffer();
    }
    for (const waiter of this.#waiters) waiter.reject(this.#failure);
    this.#waiters = [];
  }

  #join(keys: readonly Uint8Array[]): void {
    if (this.#sets.length > 0) return;
    for (const key of keys) this.#follow(this.#context.holders.of(key));
    if (this.#sets.length === 0) this.#askForChunk();
  }

  #askForChunk(): void {
    this.#hasAskedForChunk = true;
    this.#follow(this.#context.holders.of(this.chunk.id));
  }

  #follow(set: HolderSet): void {
    this.#sets.push(set);
    this.#unsubscribe.push(set.subscribe(() => {
      this.#isDirty = true;
      this.#context.wake();
    }));
  }

  #ask(now: Instant): void {
    const connected = this.#sets.flatMap((set) => [...set.connected]);
    const lively = connected.filter((connection) => !this.#context.pace.isAside(connection, now));
    for (const connection of lively.length > 0 ? lively : connected) {
      this.#download.addHolder(connection, now);
    }
    const roomOf = (holder: number): number =>
      Math.floor(this.#context.transport.fetchRoom(holder as ConnectionHandle) / SLICE_BYTES);
    for (;;) {
      const request = this.#download.next(now, roomOf);
      if (request === undefined) return;
      if (!this.#start(request.holder as ConnectionHandle, request.bitmap, now)) {
        this.#download.dropHolder(request.holder);
      }
    }
  }

  #start(connection: ConnectionHandle, bitmap: number, now: Instant): boolean {
    const request = { id: this.chunk.id, bitmap, maxPrice: MAX_PRICE_ANY, into: this.#bytes };
    const open: { requestId?: number; awaited: number } = { awaited: bitmap };
    const sink: FetchSink = {
      info: (status, chunkLength) => {
        if (status === FETCH_STATUS.ok && chunkLength === this.chunk.length) return;
        this.#download.refused(connection);
        this.#cancelAll(connection, this.#context.now());
        this.#touch();
      },
      slice: (slice) => {
        open.awaited &= ~(1 << slice);
        if (open.awaited === 0) this.#finish(connection, open.requestId);
        this.#received(connection, slice);
      },
      refused: () => {
        this.#download.refused(connection);
        this.#cancelAll(connection, this.#context.now());
        this.#touch();
      },
      closed: () => {
        this.#open.delete(connection);
        this.#download.dropHolder(connection);
        this.#touch();
      },
    };
    const requestId = this.#context.requests.start(connection, request, sink, now);
    if (requestId === undefined) return false;
    open.requestId = requestId;
    this.#open.set(connection, (this.#open.get(connection) ?? new Set<number>()).add(requestId));
    return true;
  }

  #received(connection: ConnectionHandle, slice: number): void {
    if (!this.#download.isAwaited(connection, slice)) return;
    const start = slice * SLICE_BYTES;
    const bytes = this.#bytes.subarray(start, start + SLICE_BYTES);
    if (!verifySlice(bytes, this.chunk.sliceHashes, slice)) {
      this.#download.dropHolder(connection);
      this.#cancelAll(connection, this.#context.now());
      for (const set of this.#sets) set.drop(connection);
      this.#context.reject(connection, slice);
      this.#touch();
      return;
    }
    this.servedBy.add(connection);
    this.#context.pace.delivered(connection);
    this.#download.verified(connection, slice, this.#context.now());
    this.#verified |= 1 << slice;
    this.#settleWaiters();
    if (this.#download.isComplete) {
      this.state = "complete";
      this.#release();
    }
    this.#touch();
  }

  #settleWaiters(): void {
    this.#waiters = this.#waiters.filter((waiter) => {
      if ((this.#verified & waiter.bitmap) !== waiter.bitmap) return true;
      waiter.resolve();
      return false;
    });
  }

  /** Nobody that is connected can be asked now: wait while more may come, else look for the chunk
   * itself, else give up. */
  #widenOrFail(): void {
    if (this.#download.usableHolders > 0) return;
    if (this.#sets.some((set) => !set.isSettled)) return;
    if (!this.#hasAskedForChunk) {
      this.#askForChunk();
      this.#touch();
      return;
    }
    const found = this.#sets.reduce((sum, set) => sum + set.found, 0);
    if (found > 0) {
      this.fail("HOLDERS_FAILED", `${found} holder(s) found, none of them delivered it`);
    } else if (this.#sets.some((set) => (set.outcome?.answered ?? 0) > 0)) {
      this.fail("CHUNK_NOT_FOUND", "the lookup converged and nobody has it");
    } else {
      this.fail("NO_PEERS", "no other node answers");
    }
  }

  #cancelAll(connection: ConnectionHandle, now: Instant): void {
    for (const requestId of this.#open.get(connection) ?? []) {
      this.#context.requests.cancel(connection, requestId, now);
    }
    this.#open.delete(connection);
  }

  #finish(connection: ConnectionHandle, requestId: number | undefined): void {
    if (requestId === undefined) return;
    this.#context.requests.finished(connection, requestId);
    this.#open.get(connection)?.delete(requestId);
  }

  #release(): void {
    for (const connection of [...this.#open.keys()]) {
      this.#cancelAll(connection, this.#context.now());
    }
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
  }

  #touch(): void {
    this.#isDirty = true;
    this.#context.wake();
  }
}
