import { BufferPool } from "../lib/mod.ts";
import { SLOT_BYTES } from "../ports/mod.ts";

/** A whole chunk at once, while few are held: four pieces cost a fifth more processor time. */
const LARGE_BYTES = SLOT_BYTES;
/** Held at once by clients that have not taken them: 16 MiB. */
const LARGE_MAX = 16;
/** What others get: many slow readers hold little. */
const SMALL_BYTES = 256 * 1024;
/** Kept for the next: 4 MiB of large ones, 16 MiB of small ones. */
const LARGE_IDLE_MAX = 4;
const SMALL_IDLE_MAX = 64;

/** Memory for pieces of answers. BOUNDED by the readers, one piece each. */
export class PieceMemory {
  readonly #large = new BufferPool(LARGE_BYTES, LARGE_IDLE_MAX);
  readonly #small = new BufferPool(SMALL_BYTES, SMALL_IDLE_MAX);

  /** @returns memory for the next piece: 1 … `wanted` bytes, with anything in them. */
  take(wanted: number): Uint8Array {
    const isLarge = wanted > SMALL_BYTES && this.#large.takenCount < LARGE_MAX;
    const [pool, most] = isLarge ? [this.#large, LARGE_BYTES] : [this.#small, SMALL_BYTES];
    return pool.take().subarray(0, Math.min(wanted, most));
  }

  /** @param piece what `take` gave, or a view of it. */
  give(piece: Uint8Array): void {
    const isSmall = piece.buffer.byteLength === SMALL_BYTES;
    (isSmall ? this.#small : this.#large).give(piece);
  }
}
