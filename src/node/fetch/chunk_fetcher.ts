import { sha1 } from "../../crypto/mod.ts";
import {
  type BufferPool,
  type ChunkId,
  earliest,
  equalBytes,
  Fifo,
  type Instant,
  SkerryError,
  toHex,
} from "../../lib/mod.ts";
import type { ReadTerms } from "../../market/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import type { LoopPart } from "../loop/driver.ts";
import { WAITERS_MAX } from "../loop/shared_work.ts";
import type { HolderSet } from "../peers/holder_set.ts";
import { ActiveFetch, type FetchPhase, type ProvenChunk } from "./active_fetch.ts";
import type { Suspect } from "./bytes_judge.ts";
import type { FetchRequests } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import { HolderPace } from "./holder_pace.ts";
import type { Holdings } from "./holdings.ts";

/** Chunks fetched at once over all readers: 64 MiB of buffers (protocol.md §2.3). */
const FETCHES_MAX = 64;
/** Of these, as many may be for chunks whose reader is not there yet: reading ahead must not take
 * the place of somebody who waits. */
const FETCHES_AHEAD_MAX = 32;
/** Chunks that are kept but not read to their end, held in memory for their readers: 32 MiB. Beyond
 * that the readers, which are slow ones, take them from the store. */
const HELD_MAX = 32;

export interface ChunkFetcherHooks {
  /** A whole chunk is proven, by its slices and by its id: keep it. `bytes` is not changed until
   * this resolves: true if the store has it now. */
  keep(chunk: ProvenChunk, bytes: Uint8Array): Promise<boolean>;
  /** This holder's slice does not hash as the manifest says: the one or the other is wrong. */
  suspect(connection: ConnectionHandle, chunk: ProvenChunk, slice: number): Suspect | undefined;
  /** The holder is, as the right bytes from others have proven. */
  convict(suspect: Suspect): void;
}

interface Running {
  readonly fetch: ActiveFetch;
  /** Who sent slices that the manifest's hashes refuse. BOUNDED: a holder is barred at its first,
   * and a fetch has few. */
  readonly suspects: Suspect[];
}

/** One reader's hold on a fetch. Close it when done: the last one to leave ends the fetch. */
export interface ChunkLease {
  /** Resolves when slices [first, last] are proven and can be copied. */
  slices(first: number, last: number): Promise<void>;
  isReady(slice: number): boolean;
  /** Copies bytes of ready slices, from `start` of the chunk. @returns false if the chunk lies in
   * the store and nowhere else: read it from there. @throws {SkerryError} DRAINING. */
  copy(start: number, into: Uint8Array): boolean;
  /** Tells a slow lookup from a slow holder. */
  readonly phase: FetchPhase;
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
  readonly #holdings: Holdings;
  readonly #hooks: ChunkFetcherHooks;
  readonly #pace: HolderPace;
  readonly #buffers: BufferPool;
  readonly #now: () => Instant;
  readonly #wake: () => void;
  /** BOUNDED by FETCHES_MAX; in the order in which readers asked. */
  readonly #active = new Map<string, Running>();
  /** Kept, with readers that have not closed; oldest first. BOUNDED by HELD_MAX. */
  readonly #held = new Set<ActiveFetch>();
  /** Who waits for a place, first come first served. BOUNDED by the readers there are. */
  readonly #awaitingRoom = new Fifo<() => void>();
  #isStopped = false;
  started = 0;
  badSlices = 0;

  constructor(options: {
    transport: Transport;
    requests: FetchRequests;
    holders: HolderDirectory;
    holdings: Holdings;
    hooks: ChunkFetcherHooks;
    /** Of 1 MiB. A fetch takes one and gives it back when the store and its readers are done. */
    buffers: BufferPool;
    now: () => Instant;
    wake: () => void;
  }) {
    this.#transport = options.transport;
    this.#pace = new HolderPace(options.transport);
    this.#requests = options.requests;
    this.#holders = options.holders;
    this.#holdings = options.holdings;
    this.#hooks = options.hooks;
    this.#buffers = options.buffers;
    this.#now = options.now;
    this.#wake = options.wake;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  /** Joins or starts the fetch of `chunk`. @param fileKeys provider keys of the manifest that lists
   * the chunk: whoever holds the file is asked first, the chunk's own key only for holes.
   * @param terms on which this reader buys it. */
  open(chunk: ProvenChunk, fileKeys: readonly Uint8Array[], terms?: ReadTerms): ChunkLease {
    if (this.#isStopped) throw new SkerryError("DRAINING", "Cannot fetch a chunk: stopping");
    const key = keyOf(chunk);
    let running = this.#active.get(key);
    if (running === undefined) {
      if (this.#active.size >= FETCHES_MAX) {
        throw new SkerryError("BUSY", `Cannot fetch more than ${FETCHES_MAX} chunks at once`);
      }
      const suspects: Suspect[] = [];
      const fetch = new ActiveFetch(chunk, fileKeys, {
        transport: this.#transport,
        requests: this.#requests,
        holders: this.#holders,
        pace: this.#pace,
        holdings: this.#holdings,
        buffers: this.#buffers,
        now: this.#now,
        wake: this.#wake,
        reject: (connection, slice) => {
          this.badSlices++;
          const suspect = this.#hooks.suspect(connection, chunk, slice);
          if (suspect !== undefined) suspects.push(suspect);
        },
      });
      running = { fetch, suspects };
      this.#active.set(key, running);
      this.started++;
      this.#wake();
    }
    if (running.fetch.readers >= WAITERS_MAX) {
      throw new SkerryError("BUSY", `${WAITERS_MAX} read the chunk ${toHex(chunk.id)} already`);
    }
    return this.#lease(key, running.fetch, terms);
  }

  /** Connected holders of the file that bears these keys; causes no lookup. */
  holdersOf(fileKeys: readonly Uint8Array[]): readonly ConnectionHandle[] {
    return fileKeys.flatMap((key) => [...this.#holders.known(key)?.connected ?? []]);
  }

  /** Which of these chunks has the holder? Its answer saves FETCHes that it would refuse. */
  askWhatItHas(connection: ConnectionHandle, ids: readonly ChunkId[]): void {
    this.#holdings.ask(connection, ids, this.#now());
    this.#wake();
  }

  /** May a chunk be fetched before its reader is there? */
  get hasRoomAhead(): boolean {
    return this.#active.size < FETCHES_AHEAD_MAX && this.#awaitingRoom.length === 0;
  }

  /** As `open`, but waits for its turn where all places are taken. */
  async openInTurn(
    chunk: ProvenChunk,
    fileKeys: readonly Uint8Array[],
    terms?: ReadTerms,
  ): Promise<ChunkLease> {
    const key = keyOf(chunk);
    while (this.#active.size >= FETCHES_MAX && !this.#active.has(key)) {
      await new Promise<void>((resolve) => this.#awaitingRoom.push(resolve));
    }
    try {
      return this.open(chunk, fileKeys, terms);
    } finally {
      // Who joined a fetch that ran already has left the place to the next in line.
      if (this.#active.size < FETCHES_MAX) this.#awaitingRoom.shift()?.();
    }
  }

  turn(now: Instant): void {
    for (const [key, running] of this.#active) {
      const { fetch } = running;
      fetch.turn(now);
      if (fetch.state === "over") this.#forget(key);
      else if (fetch.state === "complete") this.#complete(key, running);
    }
  }

  nextTimeout(): Instant | undefined {
    let due: Instant | undefined;
    for (const { fetch } of this.#active.values()) due = earliest(due, fetch.nextTimeout());
    return due;
  }

  /** Ends every fetch: the node is stopping. */
  stop(): void {
    this.#isStopped = true;
    for (const { fetch } of this.#active.values()) fetch.fail("DRAINING", "the node is stopping");
    for (const key of [...this.#active.keys()]) this.#forget(key);
    while (this.#awaitingRoom.length > 0) this.#awaitingRoom.shift()?.();
  }

  /** The slices are what the manifest says; only the SHA-1 tells whether the manifest is right
   * about this id. A wrong one would put its bytes in place of the true ones for every other
   * reader, and have honest holders blamed. */
  #complete(key: string, { fetch, suspects }: Running): void {
    const bytes = fetch.beginKeeping();
    if (!equalBytes(sha1(bytes), fetch.chunk.id)) {
      fetch.endKeeping();
      this.#forget(key);
      return;
    }
    for (const suspect of suspects) this.#hooks.convict(suspect);
    const end = (isKept: boolean): void => {
      fetch.endKeeping();
      if (this.#active.get(key)?.fetch === fetch) this.#forget(key);
      if (isKept && fetch.hasBuffer) this.#hold(fetch);
    };
    this.#hooks.keep(fetch.chunk, bytes).then(end, () => end(false));
  }

  #hold(fetch: ActiveFetch): void {
    this.#held.add(fetch);
    for (const oldest of this.#held) {
      if (this.#held.size <= HELD_MAX) return;
      oldest.freeBuffer();
      this.#held.delete(oldest);
    }
  }

  #forget(key: string): void {
    this.#active.delete(key);
    this.#awaitingRoom.shift()?.();
  }

  #lease(key: string, fetch: ActiveFetch, terms: ReadTerms | undefined): ChunkLease {
    const leave = fetch.join(terms);
    fetch.readers++;
    let isOpen = true;
    return {
      get holderCount() {
        return fetch.servedBy.size;
      },
      get lookup() {
        return fetch.lookup;
      },
      get phase() {
        return fetch.phase;
      },
      isReady: (slice) => fetch.isReady(slice),
      copy: (start, into) => fetch.copy(start, into),
      slices: (first, last) => {
        const wanted = fetch.slices(first, last);
        this.#wake();
        return wanted;
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        leave();
        fetch.readers--;
        if (fetch.readers > 0) return;
        this.#held.delete(fetch);
        if (fetch.state === "over") fetch.freeBuffer();
        if (fetch.state !== "running") return;
        fetch.fail("CANCELLED", "the last reader left");
        this.#forget(key);
      },
    };
  }
}

/** Manifests are anybody's word: one that gives a chunk other hashes gets a fetch of its own. */
function keyOf({ id, sliceHashes }: ProvenChunk): string {
  return toHex(id) + toHex(sliceHashes);
}
