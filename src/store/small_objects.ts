import type { Sqlite, SqliteStatement } from "../ports/mod.ts";

/** Deleted pages given back per call: bounds the time that others wait for the worker, and the log,
 * into which every page moved is written (256 KiB). */
const PAGES_GIVEN_BACK_MAX = 64;

/** Bytes of disk that an object of `length` takes at most in small.db, besides what fragmentation
 * and the log add, which is measured. A long one: its own overflow pages, a leaf and an index
 * cell. A short one shares a leaf, which may be half empty. */
export function smallDiskBytes(length: number): number {
  return length > 2000 ? (Math.ceil(length / 4092) + 1) * 4096 : 2 * (length + 100);
}

/** The rows of small.db: objects of ≤ 64 KiB by key. */
export class SmallObjects {
  readonly #db: Sqlite;
  readonly #put: SqliteStatement;
  readonly #get: SqliteStatement;
  readonly #delete: SqliteStatement;
  readonly #giveBack: SqliteStatement;
  readonly #freePages: SqliteStatement;

  /** @param db opened as SMALL_DATABASE. */
  constructor(db: Sqlite) {
    this.#db = db;
    this.#put = db.prepare("INSERT OR REPLACE INTO object (key, bytes) VALUES (?, ?)");
    this.#get = db.prepare("SELECT bytes FROM object WHERE key = ?");
    this.#giveBack = db.prepare(`PRAGMA incremental_vacuum(${PAGES_GIVEN_BACK_MAX})`);
    this.#freePages = db.prepare("PRAGMA freelist_count");
    this.#delete = db.prepare("DELETE FROM object WHERE key = ?");
  }

  /** All durable when it returns, or none. A key twice: the later bytes stay. */
  put(objects: readonly { readonly key: Uint8Array; readonly bytes: Uint8Array }[]): void {
    this.#db.transaction(() => {
      for (const { key, bytes } of objects) this.#put.run(key, bytes);
    });
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#get.get(key)?.["bytes"] as Uint8Array | undefined;
  }

  /** Keys that are not there are passed over. */
  delete(keys: readonly Uint8Array[]): void {
    this.#db.transaction(() => {
      for (const key of keys) this.#delete.run(key);
    });
  }

  /** Gives some pages of deleted objects back to the file system; call until it says false. */
  giveBackPages(): boolean {
    // Each step of this statement frees one page, so it is run to its end: all(), not get().
    this.#giveBack.all();
    return Number(this.#freePages.get()?.["freelist_count"] ?? 0) > 0;
  }
  close(): void {
    this.#db.close();
  }
}
