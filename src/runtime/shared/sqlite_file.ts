import { closeSync, constants, openSync } from "node:fs";

const { O_CREAT, O_EXCL, O_WRONLY } = constants;
const OWNER_ONLY = 0o600;

/** Makes a database's file for its owner alone where there is none: SQLite would make it as the
 * umask has it. What SQLite lays beside it, its log say, gets the mode of the file. One that is
 * there is not even opened, since closing it would give up this process's locks on it (POSIX).
 * What goes wrong SQLite meets again, and tells. */
export function createSqliteFile(path: string): void {
  if (path === ":memory:") return;
  try {
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL, OWNER_ONLY));
  } catch {
    // it is there, or cannot be made
  }
}
