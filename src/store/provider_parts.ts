import type { Sqlite, SqliteStatement } from "../ports/mod.ts";

/** Others' provider records between two runs, in parts (dht/provider_archive.ts), numbered 0, 1, 2
 * …. BOUNDED by the caller. Writes belong into a transaction of the caller's
 * (ChunkStore.writeRows). */
export class ProviderParts {
  readonly #save: SqliteStatement;
  readonly #trim: SqliteStatement;
  readonly #next: SqliteStatement;

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    this.#save = db.prepare("INSERT OR REPLACE INTO provider_part VALUES (?, ?)");
    this.#trim = db.prepare("DELETE FROM provider_part WHERE part >= ?");
    this.#next = db.prepare(
      "SELECT part, bytes FROM provider_part WHERE part > ? ORDER BY part LIMIT 1",
    );
  }

  save(part: number, bytes: Uint8Array): void {
    this.#save.run(part, bytes);
  }

  /** Removes all but the first `count`. */
  trim(count: number): void {
    this.#trim.run(count);
  }

  /** The one that follows `part`, -1 for the first; undefined after the last. */
  next(part: number): { readonly part: number; readonly bytes: Uint8Array } | undefined {
    const row = this.#next.get(part);
    return row && { part: Number(row["part"]), bytes: row["bytes"] as Uint8Array };
  }
}
