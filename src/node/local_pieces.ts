import { type ChunkId, SkerryError, toHex } from "../lib/mod.ts";
import type { Clock } from "../ports/mod.ts";
import type { ReadOptions } from "./api.ts";
import type { ChunkStore } from "./chunk_store.ts";
import { withDeadline } from "./deadline.ts";
import type { PieceMemory } from "./piece_buffers.ts";

/** Bytes [from, to) of an object in the store, in order, read when they are asked for.
 * @returns how far it came: less than `to` if the object has gone or was found damaged.
 * @throws {SkerryError} DISK_FAILED, FETCH_TIMED_OUT. */
export async function* localPieces(
  store: Pick<ChunkStore, "read">,
  id: ChunkId,
  from: number,
  to: number,
  memory: PieceMemory,
  clock: Clock,
  options: ReadOptions | undefined,
): AsyncGenerator<Uint8Array, number, undefined> {
  let at = from;
  while (at < to) {
    const piece = memory.take(to - at);
    const reading = store.read(id, at, piece);
    const isThere = await withDeadline(reading, clock, options, (waitedMs) => {
      const what = `Chunk ${toHex(id)} did not come from the disk`;
      return new SkerryError("FETCH_TIMED_OUT", `${what} in ${waitedMs} ms`);
    }).catch((error: unknown) => {
      const give = (): void => memory.give(piece);
      reading.then(give, give); // the disk may still write into it
      throw error;
    });
    try {
      if (!isThere) return at;
      yield piece;
    } finally {
      memory.give(piece);
    }
    at += piece.length;
  }
  return at;
}
