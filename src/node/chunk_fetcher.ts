import { SLICE_BYTES, sliceCount, verifySlice } from "../content/mod.ts";
import {
  type ChunkId,
  earliest,
  type Instant,
  SkerryError,
  type SkerryErrorCode,
  toHex,
} from "../lib/mod.ts";
import { ChunkDownload } from "../swarm/mod.ts";
import { type ConnectionHandle, FETCH_STATUS, type Transport } from "../transport/mod.ts";
import type { LoopPart } from "./driver.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import type { HolderSet } from "./holder_set.ts";

/** A chunk of a file, with the proofs of its slices. */
export interface ProvenChunk {
  readonly id: ChunkId;
  /** 1 … 1 MiB. */
  readonly length: number;
  /** SHA-256 tree hashes of its slices, n × 32 bytes. */
  readonly sliceHashes: Uint8Array;
}

/** Chunks fetched at once over all readers: 64 MiB of buffers (protocol.md §2.3). */
const FETCHES_MAX = 64;
/** Tells the upper limit of what a peer may ask for a chunk; the market is a later issue. */
const MAX_PRICE_ANY = 255;

export interface ChunkFetcherHooks {
  /** A whole chunk is proven: keep it. The fetch stays readable until this resolves. */
  keep(chunk: ProvenChunk, bytes: Uint8Array): Promise<void>;
  /** This connection sent bytes that hash wrong. */
  blame(connection: ConnectionHandle, chunk: ProvenChunk, slice: number): void;
}

/** One reader's hold on a fetch. Close it when done: the last one to leave ends the fetch. */
export interface ChunkLease {
  /** Resolves when slices [first, last] are proven; the bytes lie in `buffer`. */
  slices(first: number, last: number): Promise<void>;
  isReady(slice: number): boolean;
  /** True until the first holder was found: tells a slow lookup from a slow holder. */
  readonly isLooking: boolean;
  readonly buffer: Uint8Array;
  readonly holderCount: number;
  readonly lookup: HolderSet["outcome"];
  close(): void;
}

/** Fetches chunks whose slices can be proven, from several holders at once, one network fetch
 * however many readers wait. */
export class ChunkFetcher implements LoopPart {
  readonly #transport: Transport;
  readonly #requests: FetchRequests;
  readonly #holders: HolderDirectory;
  readonly #hooks: ChunkFetcherHooks;
  readonly #now: () => Instant;
  readonly #wake: () => void;
  /** BOUNDED by FETCHES_MAX; in the order in which readers asked. */
  readonly #active = new Map<string, ActiveFetch>();
  started = 0;
  badSlices = 0;

  constructor(options: {
    transport: Transport;
    requests: FetchRequests;
    holders: HolderDirectory;
    hooks: ChunkFetcherHooks;
    now: () => Instant;
    wake: () => void;
  }) {
    this.#transport = options.transport;
    this.#requests = options.requests;
    this.#holders = options.holders;
    this.#hooks = options.hooks;
    this.#now = options.now;
    this.#wake = options.wake;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  /** Joins or starts the fetch of `chunk`. @param fileKeys provider keys of the manifest that lists
   * the chunk: whoever holds the file is asked first, the chunk's own key only for holes. */
  open(chunk: ProvenChunk, fileKeys: readonly Uint8Array[]): ChunkLease {
    const hex = toHex(chunk.id);
    let fetch = this.#active.get(hex);
    if (fetch === undefined) {
      if (this.#active.size >= FETCHES_MAX) {
        throw new SkerryError("BUSY", `Cannot fetch more than ${FETCHES_MAX} chunks at once`);
      }
      fetch = new ActiveFetch(chunk, fileKeys, {
        transport: this.#transport,
        requests: this.#requests,
        holders: this.#holders,
        now: this.#now,
        wake: this.#wake,
        blame: (connection, slice) => {
          this.badSlices++;
          this.#hooks.blame(connection, chunk, slice);
        },
      });
      this.#active.set(hex, fetch);
      this.started++;
      this.#wake();
    }
    return this.#lease(hex, fetch);
  }

  turn(now: Instant): void {
    for (const [hex, fetch] of this.#active) {
      fetch.turn(now);
      if (fetch.state === "failed") this.#active.delete(hex);
      else if (fetch.state === "complete") this.#keep(hex, fetch);
    }
  }

  nextTimeout(): Instant | undefined {
    let due: Instant | undefined;
    for (const fetch of this.#active.values()) due = earliest(due, fetch.nextTimeout());
    return due;
  }

  /** Ends every fetch: the node is stopping. */
  stop(): void {
    for (const fetch of this.#active.values()) fetch.fail("DRAINING", "the node is stopping");
    this.#active.clear();
  }

  #keep(hex: string, fetch: ActiveFetch): void {
    fetch.state = "keeping";
    const forget = (): void => {
      if (this.#active.get(hex) === fetch) this.#active.delete(hex);
    };
    this.#hooks.keep(fetch.chunk, fetch.buffer).then(forget, forget);
  }

  #lease(hex: string, fetch: ActiveFetch): ChunkLease {
    fetch.readers++;
    let isOpen = true;
    return {
      buffer: fetch.buffer,
      get holderCount() {
        return fetch.servedBy.size;
      },
      get lookup() {
        return fetch.lookup;
      },
      get isLooking() {
        return fetch.isLooking;
      },
      isReady: (slice) => fetch.isReady(slice),
      slices: (first, last) => {
        const wanted = fetch.slices(first, last);
        this.#wake();
        return wanted;
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        fetch.readers--;
        if (fetch.readers > 0 || fetch.state !== "running") return;
        fetch.fail("CANCELLED", "the last reader left");
        this.#active.delete(hex);
      },
    };
  }
}

interface FetchContext {
  readonly transport: Transport;
  readonly requests: FetchRequests;
  readonly holders: HolderDirectory;
  readonly now: () => Instant;
  readonly wake: () => void;
  readonly blame: (connection: ConnectionHandle, slice: number) => void;
}

interface Waiter {
  readonly bitmap: number;
  readonly resolve: () => void;
  readonly reject: (error: SkerryError) => void;
}

/** One chunk on its way in. */
class ActiveFetch {
  readonly chunk: ProvenChunk;
  readonly buffer: Uint8Array;
  readonly servedBy = new Set<ConnectionHandle>();
  state: "running" | "complete" | "keeping" | "failed" = "running";
  readers = 0;
  readonly #context: FetchContext;
  readonly #download: ChunkDownload;
  readonly #fileKeys: readonly Uint8Array[];
  #sets: HolderSet[] = [];
  #unsubscribe: (() => void)[] = [];
  #hasAskedForChunk = false;
  /** BOUNDED by the download: a slice is asked of one holder at a time. */
  readonly #open = new Map<ConnectionHandle, Set<number>>();
  #waiters: Waiter[] = [];
  #verified = 0;
  #failure: SkerryError | undefined;
  #isDirty = true;

  constructor(chunk: ProvenChunk, fileKeys: readonly Uint8Array[], context: FetchContext) {
    this.chunk = chunk;
    this.buffer = new Uint8Array(chunk.length);
    this.#fileKeys = fileKeys;
    this.#context = context;
    this.#download = new ChunkDownload(sliceCount(chunk.length));
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
      for (const holder of this.#download.takeStalled(now)) {
        this.#cancelAll(holder as ConnectionHandle, now);
      }
      this.#isDirty = true;
    }
    if (!this.#isDirty) return;
    this.#isDirty = false;
    this.#join(this.#fileKeys);
    this.#ask(now);
    if (this.#download.isStarved) this.#widenOrFail();
  }

  nextTimeout(): Instant | undefined {
    return this.state === "running" ? this.#download.nextTimeout() : undefined;
  }

  fail(code: SkerryErrorCode, why: string): void {
    if (this.#failure !== undefined) return;
    const id = toHex(this.chunk.id);
    this.#failure = new SkerryError(code, `Cannot fetch chunk ${id}: ${why}`);
    this.state = "failed";
    this.#release();
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
    for (const set of this.#sets) {
      for (const connection of set.connected) this.#download.addHolder(connection, now);
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
    const request = { id: this.chunk.id, bitmap, maxPrice: MAX_PRICE_ANY, into: this.buffer };
    let requestId: number | undefined;
    let awaited = bitmap;
    const sink: FetchSink = {
      info: (status, chunkLength) => {
        if (status === FETCH_STATUS.ok && chunkLength === this.chunk.length) return;
        this.#download.refused(connection);
        this.#cancelAll(connection, this.#context.now());
        this.#touch();
      },
      slice: (slice) => {
        awaited &= ~(1 << slice);
        if (awaited === 0 && requestId !== undefined) this.#finish(connection, requestId);
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
    requestId = this.#context.requests.start(connection, request, sink, now);
    if (requestId === undefined) return false;
    const open = this.#open.get(connection) ?? new Set<number>();
    this.#open.set(connection, open.add(requestId));
    return true;
  }

  #received(connection: ConnectionHandle, slice: number): void {
    if (!this.#download.isAwaited(connection, slice)) return;
    const start = slice * SLICE_BYTES;
    const bytes = this.buffer.subarray(start, start + SLICE_BYTES);
    if (!verifySlice(bytes, this.chunk.sliceHashes, slice)) {
      this.#download.dropHolder(connection);
      this.#cancelAll(connection, this.#context.now());
      for (const set of this.#sets) set.drop(connection);
      this.#context.blame(connection, slice);
      this.#touch();
      return;
    }
    this.servedBy.add(connection);
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

  #finish(connection: ConnectionHandle, requestId: number): void {
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
