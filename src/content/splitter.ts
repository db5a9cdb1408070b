import { assert } from "../lib/mod.ts";
import { CHUNK_BYTES } from "./merkle.ts";

/** Cuts a stream, arriving in pieces of any length, into chunks of 1 MiB. The last one may be
 * short. Holds at most one chunk. */
export class ChunkSplitter {
  readonly #newBuffer: () => Uint8Array;
  #buffer: Uint8Array | undefined;
  #filled = 0;

  /** @param newBuffer gives memory of 1 MiB for the next chunk; the caller may hand used ones out
   * again. Default: fresh memory each time. */
  constructor(newBuffer: () => Uint8Array = () => new Uint8Array(CHUNK_BYTES)) {
    this.#newBuffer = newBuffer;
  }

  /** Copies `piece` and yields every chunk that it completes. Walk to the end before the next. */
  *push(piece: Uint8Array): Generator<Uint8Array, void> {
    for (let at = 0; at < piece.length;) {
      const buffer = this.#buffer ?? this.#fresh();
      const take = Math.min(piece.length - at, CHUNK_BYTES - this.#filled);
      buffer.set(piece.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === CHUNK_BYTES) {
        this.#buffer = undefined;
        this.#filled = 0;
        yield buffer;
      }
    }
  }

  /** The short last chunk; undefined if the stream ended at a chunk's border. */
  end(): Uint8Array | undefined {
    const rest = this.#filled === 0 ? undefined : this.#buffer?.subarray(0, this.#filled);
    this.#buffer = undefined;
    this.#filled = 0;
    return rest;
  }

  #fresh(): Uint8Array {
    const buffer = this.#newBuffer();
    assert(buffer.length === CHUNK_BYTES, `a buffer of ${buffer.length} bytes for a chunk`);
    this.#buffer = buffer;
    return buffer;
  }
}
