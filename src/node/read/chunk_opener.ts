import type { ChunkId } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { LentBytes, OpenChunk, ReadOptions } from "../contract/api.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { CollisionGuard } from "../keep/collision_guard.ts";
import { localPieces, type ReadAt } from "./local_pieces.ts";
import type { ObjectSource } from "./object_source.ts";
import { FRESH_MEMORY, type PieceMemory } from "./piece_buffers.ts";
import { checkRange, piecesOf } from "./pieces.ts";

type Needed = "isAlias" | "isPinned" | "lend" | "lengthOf" | "read" | "readNow";

/** Opens raw chunks by their SHA-1. One that is here is read piece by piece as its reader takes
 * them; one from the network is whole in memory, once however many read it. */
export class ChunkOpener {
  readonly #store: Pick<ChunkStore, Needed>;
  readonly #objects: Pick<ObjectSource, "chunk">;
  readonly #clock: Clock;
  readonly #memory: PieceMemory;
  readonly #guard: CollisionGuard;

  /** @param memory for the pieces of readers who let it be used again. */
  constructor(
    store: Pick<ChunkStore, Needed>,
    objects: Pick<ObjectSource, "chunk">,
    clock: Clock,
    memory: PieceMemory,
    guard: CollisionGuard,
  ) {
    this.#guard = guard;
    this.#store = store;
    this.#objects = objects;
    this.#clock = clock;
    this.#memory = memory;
  }

  /** @throws {SkerryError} as Node.openChunk. */
  async open(id: ChunkId, options?: ReadOptions): Promise<OpenChunk> {
    // An alias proves nothing of a raw chunk.
    const size = this.#store.isAlias(id) ? undefined : this.#store.lengthOf(id);
    // What was published here is named by what it was made of; the rest by a SHA-1 alone.
    if (size !== undefined && !this.#store.isPinned(id)) {
      await this.#guard.check(id, () => this.#whole(id, size));
    }
    if (size === undefined) {
      const { bytes, timings } = await this.#objects.chunk(id, options);
      const read = (start: number, end: number) => piecesOf(bytes, start, end);
      return { id, size: bytes.length, heldBytes: bytes.length, timings, read };
    }
    const read: OpenChunk["read"] = (start, end, how) => this.#read(id, size, start, end, how);
    const lend = (): Promise<LentBytes | undefined> => Promise.resolve(this.#lend(id, size));
    return { id, size, heldBytes: 0, timings: { source: "local" }, read, lend };
  }

  #lend(id: ChunkId, size: number): LentBytes | undefined {
    const at = this.#store.lend({ id });
    return at && { start: 0, end: size, in: at };
  }

  async #whole(id: ChunkId, size: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(size);
    return await this.#store.read(id, 0, bytes) ? bytes : undefined;
  }

  async *#read(
    id: ChunkId,
    size: number,
    start: number,
    end: number,
    options: ReadOptions | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    checkRange(start, end, size);
    const memory = options?.reusePieces === true ? this.#memory : FRESH_MEMORY;
    const read: ReadAt = (offset, into) =>
      this.#store.readNow({ id }, offset, into) || this.#store.read(id, offset, into);
    const at = yield* localPieces(read, id, start, end, memory, this.#clock, options);
    if (at === end) return;
    // Evicted or found damaged since it was opened: the network may still have it.
    const { bytes } = await this.#objects.chunk(id, options);
    yield* piecesOf(bytes, at, end);
  }
}
