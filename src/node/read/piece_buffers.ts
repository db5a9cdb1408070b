import { CHUNK_BYTES, SLICE_BYTES } from "../../content/mod.ts";
import { assert, BufferPool } from "../../lib/mod.ts";

/** Where the memory for a reader's pieces comes from. */
export interface PieceMemory {
  /** Memory for the next piece: 1 … `wanted` bytes, with anything in them. */
  take(wanted: number): Uint8Array;
  /** The reader is done with a piece: what `take` gave, or a view of it. */
  give(piece: Uint8Array): void;
}

/** A piece that the reader keeps: large enough that its cost is the copy. */
const FRESH_BYTES_MAX = 256 * 1024;
/** Whole chunks out at once: 16 MiB. */
const LARGE_MAX = 16;
/** Slices out at once beyond those: 16 MiB. */
const SLICES_MAX = 256;
/** What a reader gets when both are out: a thousand readers, or some thousands that take nothing,
 * hold little. The HTTP server may hold as much again of each, which the client has not taken. */
const SMALL_BYTES = 16 * 1024;
/** Kept for the next reader: 4 MiB of slices, 1 MiB of small pieces. */
const IDLE_MAX = 64;

/** For readers who keep what they get. */
export const FRESH_MEMORY: PieceMemory = {
  take: (wanted) => new Uint8Array(Math.min(wanted, FRESH_BYTES_MAX)),
  give() {},
};

/** For readers who are done with a piece before they ask for the next: up to a chunk at once, which
 * costs a third of the processor time that pieces of 128 KiB do, while there is room; else a slice,
 * else 16 KiB. BOUNDED by the readers, one piece each. */
export class PieceBuffers implements PieceMemory {
  readonly #large: LimitedPool;
  readonly #slices = new LimitedPool(new BufferPool(SLICE_BYTES, IDLE_MAX), SLICES_MAX);
  readonly #small = new LimitedPool(new BufferPool(SMALL_BYTES, IDLE_MAX), Infinity);

  /** @param chunkBuffers of 1 MiB; others may take from it too. */
  constructor(chunkBuffers: BufferPool) {
    assert(chunkBuffers.bufferBytes === CHUNK_BYTES, "a large piece is a chunk");
    this.#large = new LimitedPool(chunkBuffers, LARGE_MAX);
  }

  /** Pieces that readers have. */
  get takenCount(): number {
    return this.#large.takenCount + this.#slices.takenCount + this.#small.takenCount;
  }

  take(wanted: number): Uint8Array {
    if (wanted > SLICE_BYTES && this.#large.hasRoom) return this.#large.take(wanted);
    if (wanted > SMALL_BYTES && this.#slices.hasRoom) return this.#slices.take(wanted);
    return this.#small.take(wanted);
  }

  give(piece: Uint8Array): void {
    const { byteLength } = piece.buffer;
    if (byteLength === SMALL_BYTES) this.#small.give(piece);
    else if (byteLength === SLICE_BYTES) this.#slices.give(piece);
    else this.#large.give(piece);
  }
}

/** What readers may have out of a pool, which others may use beside them. */
class LimitedPool {
  takenCount = 0;
  readonly #pool: BufferPool;
  readonly #takenMax: number;

  constructor(pool: BufferPool, takenMax: number) {
    this.#pool = pool;
    this.#takenMax = takenMax;
  }

  get hasRoom(): boolean {
    return this.takenCount < this.#takenMax;
  }

  take(wanted: number): Uint8Array {
    this.takenCount++;
    return this.#pool.take().subarray(0, wanted);
  }

  give(piece: Uint8Array): void {
    this.#pool.give(piece);
    this.takenCount--;
  }
}
