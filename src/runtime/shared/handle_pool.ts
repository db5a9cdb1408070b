import type { FileHandle } from "node:fs/promises";

interface Entry {
  readonly handle: Promise<FileHandle>;
  /** Once it is open. */
  opened: FileHandle | undefined;
  users: number;
}

/** Open files by number, the least recently used closed first. BOUNDED by `handlesMax`, plus those
 * that calls in flight hold. */
export class HandlePool {
  readonly #open: (file: number) => Promise<FileHandle>;
  readonly #handlesMax: number;
  readonly #entries = new Map<number, Entry>();

  constructor(handlesMax: number, open: (file: number) => Promise<FileHandle>) {
    this.#handlesMax = handlesMax;
    this.#open = open;
  }

  /** Runs `deed` with the file open; it is not closed meanwhile. */
  async use<T>(file: number, deed: (handle: FileHandle) => Promise<T>): Promise<T> {
    const entry = this.#touch(file);
    entry.users++;
    try {
      return await deed(await entry.handle);
    } finally {
      entry.users--;
      this.#shrink();
    }
  }

  /** The file, if it is open: for this turn only. */
  peek(file: number): FileHandle | undefined {
    return this.#entries.has(file) ? this.#touch(file).opened : undefined;
  }

  /** Closes every file; nothing may be in use. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(async ({ handle }) => (await handle).close()));
  }

  #touch(file: number): Entry {
    let entry = this.#entries.get(file);
    if (entry === undefined) {
      const handle = this.#open(file);
      const fresh: Entry = { handle, opened: undefined, users: 0 };
      // One that fails to open is not kept: the reason may pass.
      handle.then((open) => void (fresh.opened = open), () => this.#entries.delete(file));
      entry = fresh;
    } else {
      this.#entries.delete(file); // and so becomes the youngest
    }
    this.#entries.set(file, entry);
    return entry;
  }

  #shrink(): void {
    if (this.#entries.size <= this.#handlesMax) return;
    for (const [file, entry] of this.#entries) {
      if (entry.users > 0) continue;
      this.#entries.delete(file);
      entry.handle.then((handle) => handle.close()).catch(() => {}); // its writes were synced
      return;
    }
  }
}
