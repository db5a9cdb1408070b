import { sha256 } from "../../crypto/mod.ts";
import { BoundedMap, type ChunkId, SkerryError, toHex } from "../../lib/mod.ts";

/** Objects known to agree with a manifest: 16 GiB of chunks; for a forgotten one they are read and
 * hashed again, a millisecond each. */
const AGREEMENTS_MAX = 16_384;

/** What a manifest says of a chunk: where to look, and what proves the bytes. */
export interface SliceProof {
  readonly id: ChunkId;
  /** n × 32 bytes, one BEP 52 slice hash per 64 KiB. */
  readonly sliceHashes: Uint8Array;
}

/** Which slice hashes the bytes in the store were seen to have. Their SHA-1 does not tell: whoever
 * bought a collision has two contents for one id (SECURITY.md). */
export class SliceAgreements {
  /** By id, the SHA-256 of the slice hashes. BOUNDED by AGREEMENTS_MAX. */
  readonly #known = new BoundedMap<string, string>(AGREEMENTS_MAX);

  holds({ id, sliceHashes }: SliceProof): boolean {
    return this.#known.touch(toHex(id)) === digestOf(sliceHashes);
  }

  /** The bytes that the store has now have been hashed, or came in slice by slice. */
  record({ id, sliceHashes }: SliceProof): void {
    this.#known.set(toHex(id), digestOf(sliceHashes));
  }

  /** The bytes have gone; others may come under the same id. */
  forget(id: ChunkId): void {
    this.#known.delete(toHex(id));
  }
}

const digestOf = (sliceHashes: Uint8Array): string => toHex(sha256(sliceHashes));

/** What is here under the id has other slices. */
export function collision({ id }: SliceProof): SkerryError {
  const what = `Chunk ${toHex(id)} is here with other bytes than the file lists`;
  return new SkerryError("HASH_COLLISION", `${what}: one SHA-1 was made for two contents`);
}
