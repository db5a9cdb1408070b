import { sha1, sha256 } from "../crypto/mod.ts";
import { asChunkId, asStrongId, type ChunkId, ID_BYTES, type StrongId } from "../lib/mod.ts";

/** The id under which stored bytes are looked up: their SHA-1. A locator; inside a file the slice
 * hashes prove the bytes (protocol.md §8.2). */
export function chunkIdOf(bytes: Uint8Array): ChunkId {
  return asChunkId(new Uint8Array(sha1(bytes)));
}

/** The collision-free name of a manifest object: its SHA-256. */
export function strongIdOf(bytes: Uint8Array): StrongId {
  return asStrongId(new Uint8Array(sha256(bytes)));
}

/** The first 20 bytes of a strong id: the key under which its object is looked up and asked for. */
export function locatorOf(strongId: StrongId): ChunkId {
  return asChunkId(strongId.slice(0, ID_BYTES));
}
