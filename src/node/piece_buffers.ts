import { CHUNK_BYTES, SLICE_BYTES } from "../content/mod.ts";
import { assert, BufferPool } from "../lib/mod.ts";

/** Where the memory for a reader's pieces comes from. */
export interface PieceMemory {
  /** Memory for the next piece: 1 … `wanted` bytes, with anything in them. */
  take(wanted: number): Uint8Array;
  /** The reader is done with a piece: what `take` gave, or a view of it. */
  give(piece: Uint8Array): void;
}

/** A piece that the reader keeps: large enough that its cost is the copy. */
const FRESH_BYTES_MAX = 256 * 1024;
/** Whole chunks out at once: 16 MiB. Beyond that readers get small pieces, so that a thousand of
 * them, or some that take nothing, hold little. */
const LARGE_MAX = 16;
/** Small pieces kept for the next reader: 4 MiB. */
const SMALL_IDLE_MAX = 64;

/** For readers who keep what they get. */
export const FRESH_MEMORY: PieceMemory = {
  take: (wanted) => new Uint8Array(Math.min(wanted, FRESH_BYTES_MAX)),
  give() {},
};

/** For readers who are done with a piece before they ask for the next: up to a chunk at once, which
 * costs a third of the processor time that pieces of 128 KiB do, while there is room; else 64 KiB.
 * BOUNDED by the readers, one piece each. */
export class PieceBuffers implements PieceMemory {
  readonly #small = new BufferPool(SLICE_BYTES, SMALL_IDLE_MAX);
  readonly #large: BufferPool;
  #largeTaken = 0;

  /** @param chunkBuffers of 1 MiB; others may take from it too. */
  constructor(chunkBuffers: BufferPool) {
    assert(chunkBuffers.bufferBytes === CHUNK_BYTES, "a large piece is a chunk");
    this.#large = chunkBuffers;
  }

  /** Pieces that readers have. */
  get takenCount(): number {
    return this.#small.takenCount + this.#largeTaken;
  }

  take(wanted: number): Uint8Array {
    if (wanted <= SLICE_BYTES || this.#largeTaken >= LARGE_MAX) {
      return this.#small.take().subarray(0, wanted);
    }
    this.#largeTaken++;
    return this.#large.take().subarray(0, wanted);
  }

  give(piece: Uint8Array): void {
    if (piece.buffer.byteLength === SLICE_BYTES) return this.#small.give(piece);
    this.#large.give(piece);
    this.#largeTaken--;
  }
}
