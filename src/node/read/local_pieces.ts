import { type ChunkId, SkerryError, toHex } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { ReadOptions } from "../contract/api.ts";
import { withDeadline } from "../contract/deadline.ts";
import type { PieceMemory } from "./piece_buffers.ts";

/** Fills `into` from `offset` of the object, at once where it can.
 * @returns false if it has gone or is damaged. */
export type ReadAt = (offset: number, into: Uint8Array) => boolean | Promise<boolean>;

/** Bytes [from, to) of an object in the store, in order, read when they are asked for.
 * @returns how far it came: less than `to` if the object has gone or was found damaged.
 * @throws {SkerryError} DISK_FAILED, FETCH_TIMED_OUT. */
export async function* localPieces(
  read: ReadAt,
  id: ChunkId,
  from: number,
  to: number,
  memory: PieceMemory,
  clock: Clock,
  options: ReadOptions | undefined,
): AsyncGenerator<Uint8Array, number, undefined> {
  const waited = (reading: Promise<boolean>, piece: Uint8Array): Promise<boolean> =>
    withDeadline(reading, clock, options, (waitedMs) => {
      const what = `Chunk ${toHex(id)} did not come from the disk`;
      return new SkerryError("FETCH_TIMED_OUT", `${what} in ${waitedMs} ms`);
    }).catch((error: unknown) => {
      const give = (): void => memory.give(piece);
      reading.then(give, give); // the disk may still write into it
      throw error;
    });
  let at = from;
  while (at < to) {
    const piece = memory.take(to - at);
    const { length } = piece; // it may be empty once it is given back
    const reading = read(at, piece);
    const isThere = typeof reading === "boolean" ? reading : await waited(reading, piece);
    try {
      if (!isThere) return at;
      yield piece;
    } finally {
      memory.give(piece);
    }
    at += length;
  }
  return at;
}
