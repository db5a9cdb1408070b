import { CHUNKS_PER_OBJECT } from "../../content/mod.ts";
import type { ChunkId } from "../../lib/mod.ts";
import type { ConnectionHandle } from "../../transport/mod.ts";

/** Chunks of one question: as many ids as a HAVE takes. */
const ASKED_AT_ONCE = 48;
/** A holder is asked anew when it has answered for no more than so many chunks to come. */
const ASK_AGAIN_AT = 16;

/** What it needs of the node. */
export interface HaveDoors {
  /** Connected holders of the file that bears these keys; causes no lookup. */
  holdersOf(fileKeys: readonly Uint8Array[]): readonly ConnectionHandle[];
  askWhatItHas(connection: ConnectionHandle, ids: readonly ChunkId[]): void;
  isHere(id: ChunkId): boolean;
}

/** The list of a file's chunks. */
export interface ListedChunks {
  readonly fileKeys: readonly Uint8Array[];
  chunk(index: number): Promise<{ readonly id: ChunkId }>;
}

/** Asks the holders of one file which of its chunks they have, well before these are fetched: a
 * holder of a part costs no refused FETCH then. Nothing waits for the answers. */
export class HaveAhead {
  readonly #file: ListedChunks;
  readonly #last: number;
  readonly #doors: HaveDoors;
  /** The first chunk that a holder has not been asked for. BOUNDED by the holders that one reader
   * meets. */
  readonly #next = new Map<ConnectionHandle, number>();

  /** @param last the last chunk that will be read. */
  constructor(file: ListedChunks, last: number, doors: HaveDoors) {
    this.#file = file;
    this.#last = last;
    this.#doors = doors;
  }

  /** @param coming the chunk after the one that is read. Those next to it may be on their way, yet
   * not all of their slices have been asked for. */
  step(coming: number): void {
    // Of the page that has been read, so that no page is fetched for a question.
    const pageEnd = (Math.floor((coming - 1) / CHUNKS_PER_OBJECT) + 1) * CHUNKS_PER_OBJECT;
    const limit = Math.min(pageEnd, this.#last + 1);
    if (coming >= limit) return;
    for (const holder of this.#doors.holdersOf(this.#file.fileKeys)) {
      const from = Math.max(this.#next.get(holder) ?? 0, coming);
      const to = Math.min(from + ASKED_AT_ONCE, limit);
      if (from - coming > ASK_AGAIN_AT || from >= to) continue;
      this.#next.set(holder, to);
      this.#ask(holder, from, to).catch(() => {}); // who reads the chunk hears of it
    }
  }

  async #ask(holder: ConnectionHandle, from: number, to: number): Promise<void> {
    const indices = Array.from({ length: to - from }, (_, i) => from + i);
    const chunks = await Promise.all(indices.map((index) => this.#file.chunk(index)));
    const ids = chunks.map(({ id }) => id).filter((id) => !this.#doors.isHere(id));
    this.#doors.askWhatItHas(holder, ids);
  }
}
