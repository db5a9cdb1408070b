import { BufferPool } from "../lib/mod.ts";

/** What is handed to the kernel at once: several pieces a chunk, so that many slow readers hold
 * little, and each in a processor's cache when it is copied on. */
export const PIECE_BYTES = 256 * 1024;
/** Before each piece, for a head to leave with it: one of its own wakes the client for a KiB, and
 * costs 15 % of the processor time of an answer of 1 MiB (measured). Heads have some 1,100 bytes. */
const HEAD_ROOM_BYTES = 4_096;
const BUFFER_BYTES = HEAD_ROOM_BYTES + PIECE_BYTES;
/** Pieces whose memory is kept for the next: 16 MiB. */
const IDLE_MAX = 64;

/** Memory for pieces of answers. BOUNDED by the readers, one piece each. */
export class PieceMemory {
  readonly #pool = new BufferPool(BUFFER_BYTES, IDLE_MAX);

  /** @returns PIECE_BYTES, with anything in them. */
  take(): Uint8Array {
    return this.#pool.take().subarray(HEAD_ROOM_BYTES);
  }

  /** @param piece what `take` gave, or a view of it. */
  give(piece: Uint8Array): void {
    this.#pool.give(piece);
  }
}

/** `head` and `piece` as one, in the memory of the piece; undefined if that has no room before it:
 * it is not from here, or no longer begins where it did. */
export function withHead(head: Uint8Array, piece: Uint8Array): Uint8Array | undefined {
  const { buffer, byteOffset, length } = piece;
  const isFromHere = buffer.byteLength === BUFFER_BYTES && byteOffset === HEAD_ROOM_BYTES;
  if (!isFromHere || head.length > HEAD_ROOM_BYTES) return undefined;
  const both = new Uint8Array(buffer, byteOffset - head.length, head.length + length);
  both.set(head);
  return both;
}
