import type { ChunkId } from "../../lib/mod.ts";
import type { ChunkStore, PutOptions } from "./chunk_store.ts";

/** Bytes on their way to disk at once: enough for the store to batch its syncs. */
export const PUT_BYTES_MAX = 8 * 2 ** 20;
/** Objects on their way at once; matters for trees of small files. */
export const PUTS_MAX = 64;

/** Writes to the store side by side, within bounds, so that whoever makes the objects need not wait
 * for the disk each time. The first failure ends the queue. */
export class PutQueue {
  readonly #store: Pick<ChunkStore, "put">;
  readonly #active = new Set<Promise<void>>();
  #bytesInFlight = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(store: Pick<ChunkStore, "put">) {
    this.#store = store;
  }

  /** Resolves when the write has begun. @param onSettled called when the store is done with
   * `bytes`, whatever became of them. @throws whatever an earlier write failed with; this one is
   * then not begun, and `onSettled` not called. */
  async put(
    id: ChunkId,
    bytes: Uint8Array,
    options: PutOptions,
    onSettled: () => void = () => {},
  ): Promise<void> {
    while (!this.#hasRoomFor(bytes.length)) await Promise.race(this.#active);
    this.#throwFailure();
    this.#bytesInFlight += bytes.length;
    const write = this.#write(id, bytes, options).finally(() => {
      this.#bytesInFlight -= bytes.length;
      this.#active.delete(write);
      onSettled();
    });
    this.#active.add(write);
  }

  /** Waits for all writes. @throws the first failure. */
  async drain(): Promise<void> {
    await this.settle();
    this.#throwFailure();
  }

  /** Waits for all writes, whatever becomes of them. */
  async settle(): Promise<void> {
    await Promise.all(this.#active);
  }

  async #write(id: ChunkId, bytes: Uint8Array, options: PutOptions): Promise<void> {
    try {
      await this.#store.put(id, bytes, options);
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #hasRoomFor(bytes: number): boolean {
    if (this.#active.size === 0) return true; // or an object larger than the bound never starts
    return this.#active.size < PUTS_MAX && this.#bytesInFlight + bytes <= PUT_BYTES_MAX;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
