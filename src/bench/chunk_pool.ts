import { CHUNK_BYTES, HASH_BYTES, SLICE_BYTES, sliceHashesOf } from "../content/mod.ts";
import { SeededRandom } from "../lib/mod.ts";

/** Different chunks that a transfer moves in turn: more than the processor's caches hold. */
const POOL_CHUNKS = 32;
const SEED = 0x5eed;

/** The bytes that both ends of a transfer know: the one sends them, the other checks them. */
export class ChunkPool {
  readonly #chunks: Uint8Array[] = [];
  readonly #hashes: Uint8Array[] = [];

  constructor() {
    const random = new SeededRandom(SEED);
    const block = new Uint8Array(CHUNK_BYTES + POOL_CHUNKS * HASH_BYTES);
    random.fill(block);
    for (let i = 0; i < POOL_CHUNKS; i++) { // one draw, shifted: dice for 32 MiB take seconds
      const chunk = block.slice(i * HASH_BYTES, i * HASH_BYTES + CHUNK_BYTES);
      this.#chunks.push(chunk);
      this.#hashes.push(sliceHashesOf(chunk));
    }
  }

  /** Chunk `index` of a transfer of any length. */
  chunk(index: number): Uint8Array {
    return this.#chunks[index % POOL_CHUNKS] as Uint8Array;
  }

  slice(index: number, slice: number): Uint8Array {
    return this.chunk(index).subarray(slice * SLICE_BYTES, (slice + 1) * SLICE_BYTES);
  }

  /** Its slice hashes, as a manifest has them. */
  hashes(index: number): Uint8Array {
    return this.#hashes[index % POOL_CHUNKS] as Uint8Array;
  }
}

/** The name under which chunk `index` is asked for: no hash, as nothing is looked up. */
export function chunkName(index: number): Uint8Array {
  const name = new Uint8Array(20);
  new DataView(name.buffer).setUint32(0, index);
  return name;
}

export function indexOf(name: Uint8Array): number {
  return new DataView(name.buffer, name.byteOffset).getUint32(0);
}
