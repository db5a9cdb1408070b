import { DatabaseSync } from "node:sqlite";
import type { OpenSqlite, Sqlite, SqliteStatement, SqliteValue } from "../../ports/mod.ts";
import { explainSqlite } from "../shared/sqlite_errors.ts";
import { createSqliteFile } from "../shared/sqlite_file.ts";

/** Deno gives no result code for what fails in opening and in exec(), only SQLite's own text for it
 * (sqlite3_errstr, unchanged for many years). */
const RESULT_OF_TEXT: readonly (readonly [text: string, result: number])[] = [
  ["database is locked", 5],
  ["attempt to write a readonly database", 8],
  ["disk I/O error", 10],
  ["database disk image is malformed", 11],
  ["database or disk is full", 13],
  ["unable to open database file", 14],
  ["file is not a database", 26],
];

/** node:sqlite as a Sqlite. */
export const openDenoSqlite: OpenSqlite = (path) => {
  const attempt = <T>(deed: () => T): T => {
    try {
      return deed();
    } catch (error) {
      throw explainSqlite(path, resultCode(error), error);
    }
  };
  createSqliteFile(path);
  return attempt(() => new DenoSqlite(new DatabaseSync(path), attempt));
};

function resultCode(error: unknown): number | undefined {
  const { errcode, message } = error as { errcode?: number; message?: string };
  return errcode ?? RESULT_OF_TEXT.find(([text]) => message?.includes(text))?.[1];
}

type Attempt = <T>(deed: () => T) => T;

class DenoSqlite implements Sqlite {
  readonly #database: DatabaseSync;
  readonly #attempt: Attempt;

  constructor(database: DatabaseSync, attempt: Attempt) {
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
    this.#attempt(() => this.#database.exec(sql));
  }

  prepare(sql: string): SqliteStatement {
    const attempt = this.#attempt;
    const statement = attempt(() => this.#database.prepare(sql));
    return {
      run: (...parameters) => attempt(() => Number(statement.run(...bindable(parameters)).changes)),
      get: (...parameters) => attempt(() => statement.get(...bindable(parameters))) as never,
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
      if (this.#database.isTransaction) this.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#attempt(() => this.#database.close());
  }
}

const bindable = (parameters: readonly SqliteValue[]) => parameters as never[];
