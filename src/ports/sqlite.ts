export type SqliteValue = null | number | bigint | string | Uint8Array;
/** Column name → value. Integers come as numbers: keep them below 2^53. Blobs are copies. */
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** A prepared statement; positional `?` parameters only. */
export interface SqliteStatement {
  /** @returns the number of rows changed. */
  run(...parameters: readonly SqliteValue[]): number;
  get(...parameters: readonly SqliteValue[]): SqliteRow | undefined;
  all(...parameters: readonly SqliteValue[]): readonly SqliteRow[];
}

/** One synchronous SQLite connection. Rows on the event loop's connection stay a few hundred bytes:
 * anything larger goes through BlobFiles. */
export interface Sqlite {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  /** Runs `body` in BEGIN IMMEDIATE … COMMIT; rolls back and rethrows if it throws. */
  transaction<T>(body: () => T): T;
  close(): void;
}

/** Opens a database file, or creates one that only its owner may read (`:memory:` for none). The
 * adapter sets no pragma: the store room does, so that both runtimes run the same settings.
 * @throws {SkerryError} DATABASE_DAMAGED if the file is no SQLite database, DISK_FAILED. */
export type OpenSqlite = (path: string) => Sqlite;
