import type { BlobFiles, Sqlite } from "../../ports/mod.ts";

interface Change {
  readonly apply: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Changes in one transaction: bounds how long the event loop is held up. */
const CHANGES_PER_COMMIT_MAX = 512;

/** The only writer of the index database. Changes that come together share a transaction, and none
 * runs while the worker flushes the log: it would wait for the worker's lock with the event loop
 * stopped, and a log that is written meanwhile never starts over. */
export class IndexWriter {
  readonly #db: Sqlite;
  readonly #files: BlobFiles;
  readonly #onUndone: () => void;
  // BOUNDED by ChunkStore's limits on puts in flight.
  #waiting: Change[] = [];
  #isDue = false;
  #isFlushing = false;
  #isDirty = true;

  /** @param onUndone a transaction has been: what was read within it may never have been. */
  constructor(db: Sqlite, files: BlobFiles, onUndone: () => void = () => {}) {
    this.#db = db;
    this.#files = files;
    this.#onUndone = onUndone;
  }

  /** Whether something was committed since the last flush. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Resolves when `apply` has run and its transaction is committed: it survives a killed process,
   * and a power cut once the next flush has passed. If any change of a transaction fails, all of
   * them are undone and rejected. */
  write(apply: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ apply, resolve, reject });
      this.#schedule();
    });
  }

  /** Makes durable what was committed before. `onBegin` runs when no further change can come in
   * between. @throws {SkerryError} as BlobFiles.checkpointIndex. */
  async flush(onBegin: () => void = () => {}): Promise<void> {
    this.#isFlushing = true;
    this.#isDirty = false;
    onBegin();
    try {
      await this.#files.checkpointIndex();
    } catch (error) {
      this.#isDirty = true;
      throw error;
    } finally {
      this.#isFlushing = false;
      this.#schedule();
    }
  }

  #schedule(): void {
    if (this.#isDue || this.#isFlushing || this.#waiting.length === 0) return;
    this.#isDue = true;
    queueMicrotask(() => this.#commit());
  }

  #commit(): void {
    this.#isDue = false;
    if (this.#isFlushing) return; // taken up again when the flush ends
    const changes = this.#waiting.splice(0, CHANGES_PER_COMMIT_MAX);
    try {
      this.#isDirty = true;
      this.#db.transaction(() => {
        for (const { apply } of changes) apply();
      });
      for (const { resolve } of changes) resolve();
    } catch (error) {
      this.#onUndone();
      for (const { reject } of changes) reject(error);
    }
    this.#schedule();
  }
}
