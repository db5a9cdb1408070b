/** What is handed to the kernel at once: several pieces a chunk, so that many slow readers hold
 * little, and each in a processor's cache when it is copied on. */
const PIECE_BYTES = 256 * 1024;
/** Of memory that is kept for the next piece. */
const KEPT_MAX = 64;

/** Memory of pieces, which is used again. */
export class PieceStack {
  readonly #kept: ArrayBufferLike[] = [];

  /** A piece of at most that many bytes. */
  take(bytes: number): Uint8Array {
    const memory = this.#kept.pop() ?? new ArrayBuffer(PIECE_BYTES);
    return new Uint8Array(memory, 0, Math.min(bytes, PIECE_BYTES));
  }

  give({ buffer }: Uint8Array): void {
    if (this.#kept.length < KEPT_MAX) this.#kept.push(buffer);
  }
}
