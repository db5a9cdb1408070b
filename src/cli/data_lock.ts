import { SkerryError } from "../lib/mod.ts";
import type { OpenSqlite } from "../ports/mod.ts";

/** What a lock is about: `node` is held while a node runs, `identity` while it is created or a
 * rank is searched for. */
export type LockName = "node" | "identity";

export interface DataLock {
  release(): void;
}

/** Takes a lock on a data directory, or rejects at once. It is SQLite's lock on an empty database
 * file, so that the operating system itself gives it back when the process dies, however it dies:
 * no stale lock file, no guessing from process numbers, the same for Bun and Deno.
 * @param holder completes the sentence "<dataDir> is in use: …" for who finds it taken.
 * @throws {SkerryError} DATABASE_IN_USE, DISK_FAILED. */
export function lockData(
  dataDir: string,
  name: LockName,
  openSqlite: OpenSqlite,
  holder: string,
): DataLock {
  try {
    const database = openSqlite(`${dataDir}/${name}.lock`);
    try {
      database.exec("PRAGMA busy_timeout = 0");
      database.exec("PRAGMA journal_mode = MEMORY"); // nothing is written: it works on a full disk
      database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      throw error;
    }
    return { release: () => database.close() };
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    const { code, message } = error;
    const sentence = code === "DATABASE_IN_USE"
      ? `The data directory ${dataDir} is in use: ${holder}`
      : `Cannot write in the data directory ${dataDir}: ${message}. It has to be this user's, on ` +
        "a disk that takes writes; or choose another with --data";
    throw new SkerryError(code, sentence, { cause: error });
  }
}
