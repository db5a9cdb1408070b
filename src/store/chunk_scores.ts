import type { ChunkId } from "../lib/mod.ts";
import type { Sqlite, SqliteStatement } from "../ports/mod.ts";

/** An object that may be evicted, and what keeps it. */
export interface ScoredRow {
  readonly id: ChunkId;
  readonly length: number;
  readonly score: number;
}

/** The column `score` of the chunks: whoever has the least goes first, and of equals who was used
 * least recently (ChunkIndex.firstToGo). Writes belong into a transaction of the caller's. */
export class ChunkScores {
  readonly #of: SqliteStatement;
  readonly #set: SqliteStatement;
  readonly #count: SqliteStatement;
  readonly #least: SqliteStatement;

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    this.#of = db.prepare("SELECT length, score FROM chunk WHERE id = ?");
    this.#set = db.prepare("UPDATE chunk SET score = ? WHERE id = ?");
    const evictable = "FROM chunk WHERE pinned = 0";
    this.#count = db.prepare(`SELECT count(*) AS count ${evictable}`);
    this.#least = db.prepare(
      `SELECT id, length, score ${evictable} ORDER BY score, used_ms LIMIT ? OFFSET ?`,
    );
  }

  /** Undefined if there is no such row. */
  of(id: ChunkId): { readonly length: number; readonly score: number } | undefined {
    const row = this.#of.get(id);
    return row && { length: Number(row["length"]), score: Number(row["score"]) };
  }

  set(id: ChunkId, score: number): void {
    this.#set.run(score, id);
  }

  /** Objects that may be evicted. */
  get count(): number {
    return Number(this.#count.get()?.["count"]);
  }

  /** Those that go next, after the first `offset` of them. */
  least(limit: number, offset: number): ScoredRow[] {
    return this.#least.all(limit, offset).map((row) => ({
      id: row["id"] as ChunkId,
      length: Number(row["length"]),
      score: Number(row["score"]),
    }));
  }
}
