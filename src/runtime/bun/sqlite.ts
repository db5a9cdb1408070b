import { Database, SQLiteError, type Statement } from "bun:sqlite";
import type { OpenSqlite, Sqlite, SqliteStatement, SqliteValue } from "../../ports/mod.ts";
import { explainSqlite } from "../shared/sqlite_errors.ts";
import { createSqliteFile } from "../shared/sqlite_file.ts";

/** bun:sqlite as a Sqlite. */
export const openBunSqlite: OpenSqlite = (path) => {
  const attempt = <T>(deed: () => T): T => {
    try {
      return deed();
    } catch (error) {
      const result = error instanceof SQLiteError ? error.errno : undefined;
      throw explainSqlite(path, result, error);
    }
  };
  createSqliteFile(path);
  return attempt(() =>
    new BunSqlite(new Database(path, { create: true, readwrite: true }), attempt)
  );
};

type Attempt = <T>(deed: () => T) => T;

class BunSqlite implements Sqlite {
  readonly #database: Database;
  readonly #attempt: Attempt;
  /** Closing needs them finalized, or the connection lives on as a zombie that holds its locks.
   * BOUNDED by the caller, who prepares each statement once. */
  readonly #statements: Statement[] = [];

  constructor(database: Database, attempt: Attempt) {
    this.#database = database;
    this.#attempt = attempt;
    // SQLite reads a file only when it must: a file that is no database is refused here, not later.
    try {
      this.exec("SELECT 1 FROM sqlite_schema LIMIT 1");
    } catch (error) {
      database.close();
      throw error;
    }
  }

  exec(sql: string): void {
    this.#attempt(() => void this.#database.run(sql));
  }

  prepare(sql: string): SqliteStatement {
    const attempt = this.#attempt;
    const statement = attempt(() => this.#database.prepare(sql));
    this.#statements.push(statement);
    return {
      run: (...parameters) => attempt(() => statement.run(...bindable(parameters)).changes),
      get: (...parameters) =>
        attempt(() => statement.get(...bindable(parameters)) ?? undefined) as never,
      all: (...parameters) => attempt(() => statement.all(...bindable(parameters))) as never,
    };
  }

  transaction<T>(body: () => T): T {
    this.exec("BEGIN IMMEDIATE");
    try {
      const result = body();
      this.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    for (const statement of this.#statements.splice(0)) statement.finalize();
    this.#attempt(() => this.#database.close());
  }
}

const bindable = (parameters: readonly SqliteValue[]) => parameters as never[];
