import { BufferPool } from "../lib/mod.ts";
import { SLOT_BYTES } from "../ports/mod.ts";

/** Before each piece, for a head to leave with it: one of its own wakes the client for a KiB, and
 * costs 15 % of the processor time of 1 MiB (measured). Heads have some 1,100 bytes. */
const HEAD_ROOM_BYTES = 4_096;
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
  readonly #large = new BufferPool(HEAD_ROOM_BYTES + LARGE_BYTES, LARGE_IDLE_MAX);
  readonly #small = new BufferPool(HEAD_ROOM_BYTES + SMALL_BYTES, SMALL_IDLE_MAX);

  /** @returns memory for the next piece: 1 … `wanted` bytes, with anything in them. */
  take(wanted: number): Uint8Array {
    const isLarge = wanted > SMALL_BYTES && this.#large.takenCount < LARGE_MAX;
    const [pool, most] = isLarge ? [this.#large, LARGE_BYTES] : [this.#small, SMALL_BYTES];
    return pool.take().subarray(HEAD_ROOM_BYTES, HEAD_ROOM_BYTES + Math.min(wanted, most));
  }

  /** @param piece what `take` gave, or a view of it. */
  give(piece: Uint8Array): void {
    const pool = isOf(piece, SMALL_BYTES) ? this.#small : this.#large;
    pool.give(piece);
  }
}

/** `head` and `piece` as one, in the memory of the piece; undefined if that has no room before it:
 * it is not from here, or no longer begins where it did. */
export function withHead(head: Uint8Array, piece: Uint8Array): Uint8Array | undefined {
  const isFromHere = isOf(piece, SMALL_BYTES) || isOf(piece, LARGE_BYTES);
  const { buffer, byteOffset, length } = piece;
  if (!isFromHere || byteOffset !== HEAD_ROOM_BYTES || head.length > byteOffset) return undefined;
  const both = new Uint8Array(buffer, byteOffset - head.length, head.length + length);
  both.set(head);
  return both;
}

const isOf = ({ buffer }: Uint8Array, bytes: number): boolean =>
  buffer.byteLength === HEAD_ROOM_BYTES + bytes;
