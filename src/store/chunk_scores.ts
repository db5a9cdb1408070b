import type { ChunkId, UnixMs } from "../lib/mod.ts";
import type { Sqlite, SqliteRow, SqliteStatement } from "../ports/mod.ts";
import { PINNED, pinsOf, PRESENT } from "./chunk_index.ts";

/** An object and what keeps it. */
export interface ScoredRow {
  readonly id: ChunkId;
  readonly length: number;
  readonly score: number;
}

/** The same, and what is to be told of it. */
export interface ScoredEntry extends ScoredRow {
  /** Published here; kept for others, who pay for it. */
  readonly isPinned: boolean;
  readonly isHosted: boolean;
  readonly usedMs: UnixMs;
}

/** The column `score` of the chunks: whoever has the least goes first, and of equals who was used
 * least recently (ChunkIndex.firstToGo). Writes belong into a transaction of the caller's. */
export class ChunkScores {
  readonly #of: SqliteStatement;
  readonly #set: SqliteStatement;
  readonly #at: SqliteStatement;
  readonly #least: SqliteStatement;
  readonly #greatest: SqliteStatement;

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    this.#of = db.prepare("SELECT length, score FROM chunk WHERE id = ?");
    this.#set = db.prepare("UPDATE chunk SET score = ? WHERE id = ?");
    const ordered = "FROM chunk WHERE pinned = 0 ORDER BY score, used_ms";
    // Out of the index alone: with the rows that it passes over, 40 ms for a sixteenth of 150,000.
    this.#at = db.prepare(`SELECT score ${ordered} LIMIT 1 OFFSET ?`);
    this.#least = db.prepare(`SELECT id, length, score ${ordered} LIMIT ?`);
    // Ordered walks of the index chunk_by_score: no sort of the table.
    const walks = PINNED.map((pinned) =>
      `SELECT * FROM (SELECT id, length, score, pinned, used_ms FROM chunk
       WHERE pinned = ${pinned} AND state = ${PRESENT}
       ORDER BY score DESC, used_ms DESC LIMIT ?)`
    );
    this.#greatest = db.prepare(
      `${walks.join(" UNION ALL ")} ORDER BY score DESC, used_ms DESC LIMIT ?`,
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

  /** The score of the object before which `below` others go; undefined if there are no more. */
  scoreAt(below: number): number | undefined {
    const score = this.#at.get(below)?.["score"];
    return score === undefined ? undefined : Number(score);
  }

  /** Those that go next. */
  least(limit: number): ScoredRow[] {
    return this.#least.all(limit).map(scoredOf);
  }

  /** Those that are worth most, kept for somebody or not. */
  greatest(limit: number): ScoredEntry[] {
    return this.#greatest.all(...PINNED.map(() => limit), limit).map((row) => ({
      ...scoredOf(row),
      ...pinsOf(Number(row["pinned"])),
      usedMs: Number(row["used_ms"]) as UnixMs,
    }));
  }
}

function scoredOf(row: SqliteRow): ScoredRow {
  return {
    id: row["id"] as ChunkId,
    length: Number(row["length"]),
    score: Number(row["score"]),
  };
}
