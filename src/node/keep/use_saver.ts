import type { ChunkIndex, UseLog } from "../../store/mod.ts";
import { yieldTurn } from "../loop/yield_turn.ts";
import type { IndexWriter } from "./index_writer.ts";
import type { KeepScores } from "./keep_scores.ts";

/** Rows of one transaction, some 5 ms: each is moved in two indexes, which takes some 70 µs in a
 * large store (make bench-turns). */
const ROWS_PER_TURN = 64;

export interface UseSaverParts {
  readonly uses: UseLog;
  readonly scores: KeepScores;
  readonly index: ChunkIndex;
  readonly writer: Pick<IndexWriter, "write">;
  /** Of this start of the node. */
  readonly boot: number;
}

/** Writes down what was read, and what it was worth, some rows in each turn of the loop. */
export class UseSaver {
  readonly #parts: UseSaverParts;
  #running: Promise<void> | undefined;

  constructor(parts: UseSaverParts) {
    this.#parts = parts;
  }

  /** Resolves when all that is noted now is written, or what a call that still runs has found.
   * Rejects as the writer does: what was to be written is lost then, and only that. */
  save(): Promise<void> {
    this.#running ??= this.#save().finally(() => this.#running = undefined);
    return this.#running;
  }

  /** What came while a call ran as well: for the end of a run. */
  async saveAll(): Promise<void> {
    await this.#running?.catch(() => {}); // told to whoever called it
    await this.save();
  }

  async #save(): Promise<void> {
    const { uses, scores, index, writer, boot } = this.#parts;
    // What comes meanwhile waits for the next call: it may come faster than it is written.
    for (let left = Math.max(uses.size, scores.pendingCount); left > 0; left -= ROWS_PER_TURN) {
      await writer.write(() => {
        scores.drain(uses.drainInto(index, boot, ROWS_PER_TURN), ROWS_PER_TURN);
      });
      if (left > ROWS_PER_TURN) await yieldTurn();
    }
  }
}
