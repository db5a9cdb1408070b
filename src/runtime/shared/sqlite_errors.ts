import { SkerryError, type SkerryErrorCode } from "../../lib/mod.ts";

const RESULT: Readonly<Record<number, { code: SkerryErrorCode; rule: string }>> = {
  3: { code: "DISK_FAILED", rule: "the operating system denies access" }, // SQLITE_PERM
  5: { code: "DATABASE_IN_USE", rule: "another process has it open" }, // SQLITE_BUSY
  6: { code: "DATABASE_IN_USE", rule: "another connection has it locked" }, // SQLITE_LOCKED
  8: { code: "DISK_FAILED", rule: "it may not be written" }, // SQLITE_READONLY
  10: { code: "DISK_FAILED", rule: "the operating system reports an I/O error" }, // SQLITE_IOERR
  11: { code: "DATABASE_DAMAGED", rule: "its content breaks SQLite's format" }, // SQLITE_CORRUPT
  13: { code: "STORE_FULL", rule: "the disk is full" }, // SQLITE_FULL
  14: { code: "DISK_FAILED", rule: "it cannot be opened" }, // SQLITE_CANTOPEN
  26: { code: "DATABASE_DAMAGED", rule: "it is not an SQLite database" }, // SQLITE_NOTADB
};

/** What a failed SQLite call means for its caller. A code that only a fault of ours can bring
 * (constraint, misuse, wrong SQL) leaves `error` as it is, so that it surfaces as a bug.
 * @param result primary or extended result code; undefined where the runtime gives none. */
export function explainSqlite(path: string, result: number | undefined, error: unknown): unknown {
  if (error instanceof SkerryError) return error;
  const known = result === undefined ? undefined : RESULT[result & 0xff];
  if (known === undefined) return error;
  const said = error instanceof Error ? error.message : String(error);
  const advice = known.code === "DATABASE_DAMAGED" ? `. ${MOVE_AWAY}` : "";
  const sentence = `Cannot use the database ${path}: ${known.rule} (${said})${advice}`;
  return new SkerryError(known.code, sentence, { cause: error });
}

const MOVE_AWAY = "Move the file away and start again: what other nodes hold is fetched anew, " +
  "what this node published has to be published again";
