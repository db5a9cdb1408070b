import type { Sqlite, SqliteStatement } from "../ports/mod.ts";

/** A value of this node's owner, as it was last signed. */
export interface OwnValueRow {
  /** 20 bytes. */
  readonly key: Uint8Array;
  /** The record's canonical bytes. */
  readonly bytes: Uint8Array;
}

/** The values that this node repeats in the network until they are replaced or withdrawn: lost with
 * a crash, their seq would begin again below what others hold. BOUNDED by the caller. Writes belong
 * into a transaction of the caller's (ChunkStore.writeRows). */
export class OwnValues {
  readonly #save: SqliteStatement;
  readonly #remove: SqliteStatement;
  readonly #all: SqliteStatement;

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    this.#save = db.prepare("INSERT OR REPLACE INTO own_value VALUES (?, ?)");
    this.#remove = db.prepare("DELETE FROM own_value WHERE key = ?");
    this.#all = db.prepare("SELECT key, bytes FROM own_value ORDER BY key");
  }

  save({ key, bytes }: OwnValueRow): void {
    this.#save.run(key, bytes);
  }

  remove(key: Uint8Array): void {
    this.#remove.run(key);
  }

  all(): OwnValueRow[] {
    return this.#all.all().map((row) => ({
      key: row["key"] as Uint8Array,
      bytes: row["bytes"] as Uint8Array,
    }));
  }
}
