import type { Sqlite, SqliteStatement } from "../ports/mod.ts";

/** Totals over the life of a data directory: bytes served, chunks evicted, starts. Added up in
 * memory; a crash loses what came since the last flush. Names are ours, so they are few. */
export class Counters {
  readonly #save: SqliteStatement;
  readonly #totals = new Map<string, number>();
  readonly #changed = new Set<string>();

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    for (const row of db.prepare("SELECT name, value FROM counter").all()) {
      this.#totals.set(String(row["name"]), Number(row["value"]));
    }
    this.#save = db.prepare("INSERT OR REPLACE INTO counter VALUES (?, ?)");
  }

  /** 0 for a name never added to. */
  get(name: string): number {
    return this.#totals.get(name) ?? 0;
  }

  /** @param amount ≥ 0, an integer. */
  add(name: string, amount: number): void {
    this.#totals.set(name, this.get(name) + amount);
    this.#changed.add(name);
  }

  get hasChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** Writes what has changed; within a transaction of the caller's. */
  flush(): void {
    for (const name of this.#changed) this.#save.run(name, this.get(name));
    this.#changed.clear();
  }
}
