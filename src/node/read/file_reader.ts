import { CHUNK_BYTES, SLICE_BYTES } from "../../content/mod.ts";
import { SkerryError, toHex } from "../../lib/mod.ts";
import type { ReadTerms } from "../../market/mod.ts";
import { type Clock, SMALL_OBJECT_BYTES_MAX } from "../../ports/mod.ts";
import type { LentBytes, ReadOptions } from "../contract/api.ts";
import { withDeadline } from "../contract/deadline.ts";
import { termsOfChunk } from "../contract/read_terms.ts";
import type { FetchPhase, ProvenChunk } from "../fetch/active_fetch.ts";
import type { ChunkFetcher, ChunkLease } from "../fetch/chunk_fetcher.ts";
import { HaveAhead } from "../fetch/have_ahead.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import { yieldTurn } from "../loop/yield_turn.ts";
import { localPieces, type ReadAt } from "./local_pieces.ts";
import { FRESH_MEMORY, type PieceMemory } from "./piece_buffers.ts";
import { checkRange } from "./pieces.ts";

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

/** Bytes from memory that one reader gets before it is others' turn: a client who takes as fast as
 * they come would keep the event loop from everybody else. */
const AT_ONCE_BYTES_MAX = 2 * CHUNK_BYTES;

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

/** One call of FileReader.read. */
interface Reading {
  readonly file: ChunkedFile;
  /** Where the reader is, and where it will stop, in bytes of the file. */
  at: number;
  readonly end: number;
  readonly memory: PieceMemory;
  readonly options: ReadOptions | undefined;
  /** Bytes that came without waiting since others had their turn. */
  atOnceBytes: number;
}

type Pieces = AsyncGenerator<Uint8Array, void, undefined>;

/** Reads files whose chunks lie in the store or in the network, in order, working ahead. */
export class FileReader {
  readonly #store: Pick<ChunkStore, "lend" | "lengthOf" | "readNow" | "readProven">;
  readonly #fetcher: FileFetcher;
  readonly #clock: Clock;
  readonly #memory: PieceMemory;

  /** @param memory for the pieces of readers who let it be used again. */
  constructor(
    store: Pick<ChunkStore, "lend" | "lengthOf" | "readNow" | "readProven">,
    fetcher: FileFetcher,
    clock: Clock,
    memory: PieceMemory,
  ) {
    this.#store = store;
    this.#fetcher = fetcher;
    this.#clock = clock;
    this.#memory = memory;
  }

  /** Verified bytes of [start, end), as ByteSource.read of api.ts. */
  async *read(file: ChunkedFile, start: number, end: number, options?: ReadOptions): Pieces {
    checkRange(start, end, file.size);
    if (start === end) return;
    const memory = options?.reusePieces === true ? this.#memory : FRESH_MEMORY;
    const reading: Reading = { file, at: start, end, memory, options, atOnceBytes: 0 };
    const last = Math.floor((end - 1) / CHUNK_BYTES);
    const ahead = new Map<number, Promise<Source>>();
    const open = (index: number): Promise<Source> => {
      let source = ahead.get(index);
      if (source === undefined) {
        const from = Math.max(start - index * CHUNK_BYTES, 0);
        const to = Math.min(end - index * CHUNK_BYTES, CHUNK_BYTES);
        source = this.#open(reading, index, from, to);
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
        reading.at = Math.max(start, index * CHUNK_BYTES);
        const source = await open(index);
        const from = Math.max(start - index * CHUNK_BYTES, 0);
        const to = Math.min(end - index * CHUNK_BYTES, source.chunk.length);
        if (reading.atOnceBytes >= AT_ONCE_BYTES_MAX) {
          reading.atOnceBytes = 0;
          await yieldTurn();
        }
        for await (const piece of this.#pieces(reading, source, from, to)) {
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

  /** As ByteSource.lend. */
  async lend(file: ChunkedFile, offset: number): Promise<LentBytes | undefined> {
    const index = Math.floor(offset / CHUNK_BYTES);
    const start = index * CHUNK_BYTES;
    try {
      const chunk = await file.chunk(index, { localOnly: true });
      if (this.#store.lengthOf(chunk.id) !== chunk.length) return undefined;
      const end = start + chunk.length;
      const known = this.#store.lend(chunk);
      if (known !== undefined) return { start, end, in: known };
      // Small ones lie in no slot; of others a byte is enough to have the whole proven.
      const isSmall = chunk.length <= SMALL_OBJECT_BYTES_MAX;
      const bytes = new Uint8Array(isSmall ? chunk.length : 1);
      if (!await this.#store.readProven(chunk, 0, bytes)) return undefined;
      const proven = isSmall ? bytes : this.#store.lend(chunk);
      return proven && { start, end, in: proven };
    } catch {
      return undefined; // whoever reads it is told
    }
  }

  #haveAhead(file: ChunkedFile, last: number): HaveAhead {
    return new HaveAhead(file, last, {
      holdersOf: (keys) => this.#fetcher.holdersOf(keys),
      askWhatItHas: (holder, ids) => this.#fetcher.askWhatItHas(holder, ids),
      isHere: (id) => this.#store.lengthOf(id) !== undefined,
    });
  }

  async #open(reading: Reading, index: number, from: number, to: number): Promise<Source> {
    const { file, options } = reading;
    const chunk = await file.chunk(index, options);
    // A manifest that is wrong about the length must not read past what is here.
    if (this.#store.lengthOf(chunk.id) === chunk.length) return { kind: "local", chunk };
    if (options?.localOnly === true) throw notLocal(chunk);
    if (!this.#fetcher.hasRoomAhead) return { kind: "later", chunk };
    const lease = this.#fetcher.open(chunk, file.fileKeys, this.#termsOf(reading, index));
    return started(lease, chunk, from, Math.min(to, chunk.length));
  }

  /** A lease for the chunk whose turn it is: waits for room where others take it all. */
  async #leaseNow(
    reading: Reading,
    chunk: ProvenChunk,
    from: number,
    to: number,
  ): Promise<LeasedSource> {
    const { file, options } = reading;
    if (options?.localOnly === true) throw notLocal(chunk);
    const terms = this.#termsOf(reading, Math.floor(reading.at / CHUNK_BYTES));
    const opening = this.#fetcher.openInTurn(chunk, file.fileKeys, terms);
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

  #termsOf({ file, at, end, options }: Reading, index: number): ReadTerms | undefined {
    const chunkStart = index * CHUNK_BYTES;
    const place = {
      readerAt: Math.min(at, chunkStart),
      chunkStart,
      chunkEnd: Math.min(chunkStart + CHUNK_BYTES, file.size),
      readEnd: end,
    };
    return termsOfChunk(options, place, this.#clock.now());
  }

  #pieces(reading: Reading, source: Source, from: number, to: number): Pieces {
    if (source.kind === "lease") return this.#leasedPieces(reading, source, from, to);
    if (source.kind === "later") return this.#fetchedPieces(reading, source.chunk, from, to);
    return this.#localPieces(reading, source.chunk, from, to);
  }

  async *#localPieces(reading: Reading, chunk: ProvenChunk, from: number, to: number): Pieces {
    const { memory, options } = reading;
    const read: ReadAt = (offset, into) => {
      const isRead = this.#store.readNow(chunk, offset, into);
      if (isRead) reading.atOnceBytes += into.length;
      return isRead || this.#store.readProven(chunk, offset, into);
    };
    const at = yield* localPieces(read, chunk.id, from, to, memory, this.#clock, options);
    // Evicted or found damaged since it was opened: the network may still have it.
    if (at < to) yield* this.#fetchedPieces(reading, chunk, at, to);
  }

  async *#fetchedPieces(reading: Reading, chunk: ProvenChunk, from: number, to: number): Pieces {
    const source = await this.#leaseNow(reading, chunk, from, to);
    try {
      yield* this.#leasedPieces(reading, source, from, to);
    } finally {
      close(source);
    }
  }

  async *#leasedPieces(
    reading: Reading,
    source: LeasedSource,
    from: number,
    to: number,
  ): Pieces {
    const { lease, chunk } = source;
    const { memory } = reading;
    const lastSlice = Math.floor((to - 1) / SLICE_BYTES);
    for (let at = from; at < to;) {
      let slice = Math.floor(at / SLICE_BYTES);
      await this.#arrival(reading, source, slice);
      while (slice < lastSlice && lease.isReady(slice + 1)) slice++;
      const piece = memory.take(Math.min(to, (slice + 1) * SLICE_BYTES) - at);
      const { length } = piece; // it may be empty once it is given back
      let isInMemory = false;
      try {
        isInMemory = lease.copy(at, piece);
        if (isInMemory) yield piece;
      } finally {
        memory.give(piece);
      }
      if (!isInMemory) return yield* this.#localPieces(reading, chunk, at, to);
      at += length;
    }
  }

  /** Resolves when `slice` is proven. */
  #arrival(reading: Reading, { lease, chunk }: LeasedSource, slice: number): Promise<void> {
    if (lease.isReady(slice)) return Promise.resolve();
    return withDeadline(lease.slices(slice, slice), this.#clock, reading.options, (waitedMs) => {
      return lateSlice(lease.phase, `slice ${slice} of chunk ${toHex(chunk.id)}`, waitedMs);
    });
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
