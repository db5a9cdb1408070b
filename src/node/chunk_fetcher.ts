import { earliest, type Instant, SkerryError, toHex } from "../lib/mod.ts";
import type { ConnectionHandle, Transport } from "../transport/mod.ts";
import { ActiveFetch, type ProvenChunk } from "./active_fetch.ts";
import type { LoopPart } from "./driver.ts";
import type { FetchRequests } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import type { HolderSet } from "./holder_set.ts";

/** Chunks fetched at once over all readers: 64 MiB of buffers (protocol.md §2.3). */
const FETCHES_MAX = 64;

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
