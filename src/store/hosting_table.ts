import { asChunkId, asPublicKey, type ChunkId, type PublicKey, type UnixMs } from "../lib/mod.ts";
import type { Sqlite, SqliteStatement } from "../ports/mod.ts";

/** A chunk that this node keeps for its publisher, who has paid for it. */
export interface HostingRow {
  readonly id: ChunkId;
  readonly publisher: PublicKey;
  readonly bytes: number;
  readonly untilMs: UnixMs;
}

export const HOSTING_SCHEMA = `
-- What this node is paid to keep, and until when. The chunk itself says so too (chunk.pinned).
CREATE TABLE hosting (
  id BLOB NOT NULL CHECK (length(id) = 20),
  publisher BLOB NOT NULL CHECK (length(publisher) = 32),
  bytes INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (id, publisher)
) STRICT, WITHOUT ROWID;
`;

/** What a node is paid to keep, from one run to the next. BOUNDED by the caller. Writes belong into
 * a transaction of the caller's (ChunkStore.host, ChunkStore.writeRows). */
export class HostingTable {
  readonly #save: SqliteStatement;
  readonly #remove: SqliteStatement;
  readonly #all: SqliteStatement;

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    this.#save = db.prepare("INSERT OR REPLACE INTO hosting VALUES (?, ?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM hosting WHERE id = ? AND publisher = ?");
    this.#all = db.prepare("SELECT id, publisher, bytes, until_ms FROM hosting");
  }

  save({ id, publisher, bytes, untilMs }: HostingRow): void {
    this.#save.run(id, publisher, bytes, untilMs);
  }

  remove({ id, publisher }: Pick<HostingRow, "id" | "publisher">): void {
    this.#remove.run(id, publisher);
  }

  all(): HostingRow[] {
    return this.#all.all().map((row) => ({
      id: asChunkId(row["id"] as Uint8Array),
      publisher: asPublicKey(row["publisher"] as Uint8Array),
      bytes: Number(row["bytes"]),
      untilMs: Number(row["until_ms"]) as UnixMs,
    }));
  }
}
