import { CHUNK_BYTES, SLICE_BYTES } from "../content/mod.ts";
import { SkerryError, toHex } from "../lib/mod.ts";
import type { Clock } from "../ports/mod.ts";
import type { ReadOptions } from "./api.ts";
import type { FetchPhase, ProvenChunk } from "./active_fetch.ts";
import type { ChunkFetcher, ChunkLease } from "./chunk_fetcher.ts";
import type { ChunkStore } from "./chunk_store.ts";
import { withDeadline } from "./deadline.ts";
import { HaveAhead } from "./have_ahead.ts";

/** What a reader must know of a file: its chunks, in order. */
export interface ChunkedFile {
  readonly size: number;
  /** The proof of chunk `index`, from the manifest; may fetch a manifest page. */
  chunk(index: number, options?: ReadOptions): Promise<ProvenChunk>;
  /** Provider keys under which holders of the file are found. */
  readonly fileKeys: readonly Uint8Array[];
}

/** Chunks opened ahead of the reader: 8 MiB, which keeps 100 Mbit/s busy over 600 ms of round trip
 * and bounds a reader's memory. */
const CHUNKS_AHEAD = 8;
/** One read from disk: large enough that its cost is the copy, small enough for a quick start. */
const LOCAL_PIECE_BYTES = 256 * 1024;

interface LeasedSource {
  readonly kind: "lease";
  readonly chunk: ProvenChunk;
  readonly lease: ChunkLease;
}

/** A chunk that a reader has open: here, on its way, or to be asked for when its turn comes. */
type Source =
  | { readonly kind: "later"; readonly chunk: ProvenChunk }
  | { readonly kind: "local"; readonly chunk: ProvenChunk }
  | LeasedSource;

type FileFetcher = Pick<
  ChunkFetcher,
  "askWhatItHas" | "hasRoomAhead" | "holdersOf" | "open" | "openInTurn"
>;

/** Reads files whose chunks lie in the store or in the network, in order, working ahead. */
export class FileReader {
  readonly #store: Pick<ChunkStore, "lengthOf" | "read">;
  readonly #fetcher: FileFetcher;
  readonly #clock: Clock;

  constructor(
    store: Pick<ChunkStore, "lengthOf" | "read">,
    fetcher: FileFetcher,
    clock: Clock,
  ) {
    this.#store = store;
    this.#fetcher = fetcher;
    this.#clock = clock;
  }

  /** Verified bytes of [start, end), as ByteSource.read of api.ts. */
  async *read(
    file: ChunkedFile,
    start: number,
    end: number,
    options?: ReadOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (start < 0 || end > file.size || start > end) {
      throw new RangeError(`[${start}, ${end}) lies outside a file of ${file.size} bytes`);
    }
    if (start === end) return;
    const last = Math.floor((end - 1) / CHUNK_BYTES);
    const ahead = new Map<number, Promise<Source>>();
    const open = (index: number): Promise<Source> => {
      let source = ahead.get(index);
      if (source === undefined) {
        const from = Math.max(start - index * CHUNK_BYTES, 0);
        source = this.#open(
          file,
          index,
          from,
          Math.min(end - index * CHUNK_BYTES, CHUNK_BYTES),
          options,
        );
        source.catch(() => {}); // heard when its turn comes, or never if the reader leaves first
        ahead.set(index, source);
      }
      return source;
    };
    const have = options?.localOnly === true ? undefined : this.#haveAhead(file, last);
    try {
      for (let index = Math.floor(start / CHUNK_BYTES); index <= last; index++) {
        for (let next = index; next <= Math.min(index + CHUNKS_AHEAD - 1, last); next++) {
          void open(next);
        }
        const source = await open(index);
        const from = Math.max(start - index * CHUNK_BYTES, 0);
        const to = Math.min(end - index * CHUNK_BYTES, source.chunk.length);
        for await (const piece of this.#pieces(file, source, from, to, options)) {
          have?.step(index + 1); // here: with the first byte a holder is known
          yield piece;
        }
        close(source);
        ahead.delete(index);
      }
    } finally {
      for (const source of ahead.values()) source.then(close, () => {});
    }
  }

  #haveAhead(file: ChunkedFile, last: number): HaveAhead {
    return new HaveAhead(file, last, {
      holdersOf: (keys) => this.#fetcher.holdersOf(keys),
      askWhatItHas: (holder, ids) => this.#fetcher.askWhatItHas(holder, ids),
      isHere: (id) => this.#store.lengthOf(id) !== undefined,
    });
  }

  async #open(
    file: ChunkedFile,
    index: number,
    from: number,
    to: number,
    options: ReadOptions | undefined,
  ): Promise<Source> {
    const chunk = await file.chunk(index, options);
    // A manifest that is wrong about the length must not read past what is here.
    if (this.#store.lengthOf(chunk.id) === chunk.length) return { kind: "local", chunk };
    if (!this.#fetcher.hasRoomAhead && options?.localOnly !== true) return { kind: "later", chunk };
    return this.#lease(file, chunk, from, Math.min(to, chunk.length), options);
  }

  /** A lease for the chunk whose turn it is: waits for room where others take it all. */
  async #leaseNow(
    file: ChunkedFile,
    chunk: ProvenChunk,
    from: number,
    to: number,
    options: ReadOptions | undefined,
  ): Promise<Source> {
    if (options?.localOnly === true) throw notLocal(chunk);
    const opening = this.#fetcher.openInTurn(chunk, file.fileKeys);
    try {
      const lease = await withDeadline(opening, this.#clock, options, (waitedMs) => {
        return new SkerryError("BUSY", `No room for one more chunk to fetch in ${waitedMs} ms`);
      });
      return started(lease, chunk, from, to);
    } catch (error) {
      opening.then((lease) => lease.close(), () => {}); // its turn may still come
      throw error;
    }
  }

  #lease(
    file: ChunkedFile,
    chunk: ProvenChunk,
    from: number,
    to: number,
    options: ReadOptions | undefined,
  ): Source {
    if (options?.localOnly === true) throw notLocal(chunk);
    return started(this.#fetcher.open(chunk, file.fileKeys), chunk, from, to);
  }

  async *#pieces(
    file: ChunkedFile,
    source: Source,
    from: number,
    to: number,
    options: ReadOptions | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (source.kind === "lease") return yield* this.#leasedPieces(file, source, from, to, options);
    if (source.kind === "later") return yield* this.#fetched(file, source.chunk, from, to, options);
    let at = from;
    while (at < to) {
      const piece = new Uint8Array(Math.min(LOCAL_PIECE_BYTES, to - at));
      const reading = this.#store.read(source.chunk.id, at, piece);
      const isThere = await withDeadline(reading, this.#clock, options, (waitedMs) => {
        const what = `Chunk ${toHex(source.chunk.id)} did not come from the disk`;
        return new SkerryError("FETCH_TIMED_OUT", `${what} in ${waitedMs} ms`);
      });
      if (!isThere) {
        // Evicted or found damaged since it was opened: the network may still have it.
        return yield* this.#fetched(file, source.chunk, at, to, options);
      }
      yield piece;
      at += piece.length;
    }
  }

  async *#fetched(
    file: ChunkedFile,
    chunk: ProvenChunk,
    from: number,
    to: number,
    options: ReadOptions | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const source = await this.#leaseNow(file, chunk, from, to, options);
    try {
      yield* this.#pieces(file, source, from, to, options);
    } finally {
      close(source);
    }
  }

  async *#leasedPieces(
    file: ChunkedFile,
    source: LeasedSource,
    from: number,
    to: number,
    options: ReadOptions | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { lease, chunk } = source;
    const lastSlice = Math.floor((to - 1) / SLICE_BYTES);
    for (let slice = Math.floor(from / SLICE_BYTES); slice <= lastSlice; slice++) {
      await withDeadline(lease.slices(slice, slice), this.#clock, options, (waitedMs) => {
        return lateSlice(lease.phase, `slice ${slice} of chunk ${toHex(chunk.id)}`, waitedMs);
      });
      const start = Math.max(from, slice * SLICE_BYTES);
      while (slice < lastSlice && lease.isReady(slice + 1)) slice++;
      const piece = new Uint8Array(Math.min(to, (slice + 1) * SLICE_BYTES) - start);
      if (!lease.copy(start, piece)) {
        return yield* this.#pieces(file, { kind: "local", chunk }, start, to, options);
      }
      yield piece;
    }
  }
}

function lateSlice(phase: FetchPhase, what: string, waitedMs: number): SkerryError {
  switch (phase) {
    case "looking":
      return new SkerryError("LOOKUP_TIMED_OUT", `No holder of ${what} found in ${waitedMs} ms`);
    case "connecting":
      return new SkerryError("FETCH_TIMED_OUT", `No holder of ${what} reached in ${waitedMs} ms`);
    case "fetching":
      return new SkerryError("FETCH_TIMED_OUT", `Waited ${waitedMs} ms for ${what}`);
  }
}

/** Asks for every slice that will be read. */
function started(lease: ChunkLease, chunk: ProvenChunk, from: number, to: number): LeasedSource {
  const first = Math.floor(from / SLICE_BYTES);
  lease.slices(first, Math.floor((to - 1) / SLICE_BYTES)).catch(() => {}); // heard slice by slice
  return { kind: "lease", chunk, lease };
}

function notLocal({ id }: ProvenChunk): SkerryError {
  return new SkerryError("NOT_LOCAL", `Chunk ${toHex(id)} is not in this node's store`);
}

function close(source: Source): void {
  if (source.kind === "lease") source.lease.close();
}
