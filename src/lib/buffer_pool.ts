import { assert } from "./assert.ts";

/** Memory of one size that is used again: a fresh buffer of a MiB for each chunk is garbage by the
 * hundred MB a second, and the collector lets it pile up. Whoever takes a buffer gives it back
 * once, when nobody reads or writes it any more; until then nobody else gets it.
 *
 * Not bounded by itself: each taker has a bound of its own. */
export class BufferPool {
  readonly bufferBytes: number;
  readonly #idleMax: number;
  /** BOUNDED by idleMax. */
  readonly #idle: ArrayBuffer[] = [];
  /** BOUNDED by the takers. */
  readonly #taken = new Set<ArrayBuffer>();

  /** @param idleMax buffers kept for the next taker; the memory of more is freed at once. */
  constructor(bufferBytes: number, idleMax: number) {
    this.bufferBytes = bufferBytes;
    this.#idleMax = idleMax;
  }

  /** Buffers that somebody has. */
  get takenCount(): number {
    return this.#taken.size;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** A buffer of `bufferBytes`, with whatever its last user left in it. */
  take(): Uint8Array<ArrayBuffer> {
    const memory = this.#idle.pop() ?? new ArrayBuffer(this.bufferBytes);
    this.#taken.add(memory);
    return new Uint8Array(memory);
  }

  /** Takes back what `take` gave. @param bytes the buffer, or any view of it: empty from then on
   * if it is one too many to keep. Left to the collector, which knows little of the memory behind
   * an object, those of a download would be there by the dozen until it comes. */
  give(bytes: Uint8Array): void {
    const memory = bytes.buffer as ArrayBuffer;
    assert(this.#taken.delete(memory), "a buffer is given back once, to the pool it came from");
    if (this.#idle.length < this.#idleMax) this.#idle.push(memory);
    else memory.transfer(0);
  }
}
