import {
  type ChunkId,
  ID_BYTES,
  randomBytes,
  randomUnit,
  type SeededRandom,
} from "../../../src/lib/mod.ts";
import { priceFactor } from "../../../src/market/mod.ts";

/** One chunk in so many is the last of a file, of any length. */
const LAST_CHUNKS = 8;
const CHUNK_BYTES = 2 ** 20;

/** Chunks that are asked for at one node, by number. */
export interface Catalogue {
  readonly ids: readonly ChunkId[];
  readonly factors: Uint8Array;
  readonly bytes: Uint32Array;
}

/** Chunks with random ids, priced at a node with a random id as the product prices them. */
export function drawCatalogue(chunks: number, random: SeededRandom): Catalogue {
  const nodeId = randomBytes(random, ID_BYTES);
  const ids: ChunkId[] = [];
  const factors = new Uint8Array(chunks);
  const bytes = new Uint32Array(chunks);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const id = randomBytes(random, ID_BYTES) as ChunkId;
    ids.push(id);
    factors[chunk] = priceFactor(nodeId, id);
    const isLast = randomUnit(random) < 1 / LAST_CHUNKS;
    bytes[chunk] = isLast ? 1 + Math.floor(randomUnit(random) * CHUNK_BYTES) : CHUNK_BYTES;
  }
  return { ids, factors, bytes };
}
