import {
  CHUNKS_PER_OBJECT,
  provesSlices,
  SLICE_BYTES,
  sliceCount,
  type SliceProof,
  SLICES_PER_CHUNK,
  subtreeRoot,
  unclesOf,
} from "../../content/mod.ts";
import { BoundedMap, concatBytes, SkerryError, toBase32, toHex } from "../../lib/mod.ts";
import type { ReadOptions } from "../contract/api.ts";
import type { FileView } from "./object_resolver.ts";

/** Slices of one page of a manifest: a power of two, so that a page is a whole subtree. */
const SLICES_PER_PAGE = CHUNKS_PER_OBJECT * SLICES_PER_CHUNK;
const PAGE_LAYER = Math.log2(SLICES_PER_PAGE);
/** A proof of a long file needs the roots of all its pages once, which are fetched for it: of files
 * up to 64 GiB, whose pages are 35 MB. */
const PAGES_MAX = 1_024;
/** Files whose page roots are kept: 2 MiB at most. */
const FILES_MAX = 64;

/** Proofs of parts of files against their roots, for readers who trust nobody in between. */
export class FileProver {
  /** Roots of the pages of long files, by strong id. */
  readonly #pageRoots = new BoundedMap<string, readonly Uint8Array[]>(FILES_MAX);

  /** The hashes of slices [first, last] and what proves them.
   * @throws {SkerryError} as FileView.chunkEntry; INVALID_MANIFEST if the manifest's root is not
   * that of its hashes; REFUSED for a file too long to be proven. */
  async prove(
    file: FileView,
    first: number,
    last: number,
    options?: ReadOptions,
  ): Promise<SliceProof> {
    // The bytes of a file of one slice lead to its root by themselves.
    if (file.chunkCount === 0) return { first: 0, hashes: new Uint8Array(), uncles: [] };
    if (file.chunkCount > PAGES_MAX * CHUNKS_PER_OBJECT) throw tooLong(file.size);
    const count = sliceCount(file.size);
    const hashes = await this.#slices(file, first, last, options);
    const uncles: Uint8Array[] = [];
    for (const { layer, index } of unclesOf(first, last, count)) {
      uncles.push(await this.#node(file, layer, index, options));
    }
    const proof = { first, hashes, uncles };
    const { fileRoot } = file;
    if (fileRoot !== undefined && provesSlices(proof, count, fileRoot)) return proof;
    const why = "its file root is not the root of its slice hashes";
    throw new SkerryError("INVALID_MANIFEST", `${toBase32(file.strongId)}: ${why}`);
  }

  async #node(
    file: FileView,
    layer: number,
    index: number,
    options: ReadOptions | undefined,
  ): Promise<Uint8Array> {
    const count = sliceCount(file.size);
    if (layer <= PAGE_LAYER) {
      const from = index * 2 ** layer;
      const to = Math.min(count, from + 2 ** layer) - 1;
      return subtreeRoot(await this.#slices(file, from, to, options), 0, layer);
    }
    const roots = await this.#rootsOf(file, options);
    const span = 2 ** (layer - PAGE_LAYER);
    const below = roots.slice(index * span, (index + 1) * span);
    return subtreeRoot(concatBytes(...below), PAGE_LAYER, layer);
  }

  async #rootsOf(file: FileView, options: ReadOptions | undefined): Promise<readonly Uint8Array[]> {
    const key = toHex(file.strongId);
    const known = this.#pageRoots.touch(key);
    if (known !== undefined) return known;
    const pages = Math.ceil(file.chunkCount / CHUNKS_PER_OBJECT);
    const roots: Uint8Array[] = [];
    for (let page = 0; page < pages; page++) {
      roots.push(await this.#node(file, PAGE_LAYER, page, options));
    }
    this.#pageRoots.set(key, roots);
    return roots;
  }

  /** Hashes of slices [first, last], from the chunks that they lie in. */
  async #slices(
    file: FileView,
    first: number,
    last: number,
    options: ReadOptions | undefined,
  ): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    const [firstChunk, lastChunk] = [first, last].map((one) => Math.floor(one / SLICES_PER_CHUNK));
    for (let chunk = firstChunk ?? 0; chunk <= (lastChunk ?? 0); chunk++) {
      const { sliceHashes } = await file.chunkEntry(chunk, options);
      const start = Math.max(0, first - chunk * SLICES_PER_CHUNK);
      const end = Math.min(SLICES_PER_CHUNK, last + 1 - chunk * SLICES_PER_CHUNK);
      parts.push(sliceHashes.subarray(32 * start, 32 * end));
    }
    return concatBytes(...parts);
  }
}

function tooLong(size: number): SkerryError {
  const rule = `proofs are given of files of at most ${PAGES_MAX * SLICES_PER_PAGE * SLICE_BYTES}`;
  return new SkerryError("REFUSED", `A file of ${size} bytes is too long: ${rule} bytes`);
}
