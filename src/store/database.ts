import { equalBytes, SkerryError, toHex, type UnixMs } from "../lib/mod.ts";
import type { OpenSqlite, Sqlite } from "../ports/mod.ts";
import type { DatabaseKind } from "./schema.ts";

/** Whose data directory it is. */
export interface DatabaseOwner {
  /** 4 bytes. */
  readonly networkId: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly nowMs: UnixMs;
  /** Told when the database was another key's until now; it is this one's from here on. */
  readonly onAdopted?: (formerKey: Uint8Array) => void;
}

/** Larger files are not searched for damage at the start, which would read all of them. */
const CHECKED_PAGES_MAX = 65_536; // 256 MiB, well below a second from the page cache
/** What the log file is cut back to once it starts over. */
const LOG_BYTES_KEPT = 2 ** 20;
const BUSY_TIMEOUT_MS = 5000;

/** Opens or creates one of the node's databases: settings, damage check, migrations, owner.
 * @throws {SkerryError} DATABASE_TOO_NEW (the file is left as it is), DATABASE_DAMAGED,
 * NETWORK_MISMATCH, DATABASE_IN_USE, DISK_FAILED, STORE_FULL. */
export function openDatabase(
  open: OpenSqlite,
  path: string,
  kind: DatabaseKind,
  owner: DatabaseOwner,
): Sqlite {
  const db = open(path);
  try {
    const version = checkVersion(db, path, kind);
    applySettings(db, kind, version === 0);
    if (version > 0) checkPages(db, path);
    migrate(db, kind);
    checkOwner(db, path, owner);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Settings of a second connection to a database that this process has open already. */
export function applySettings(db: Sqlite, kind: DatabaseKind, isNew = false): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  if (kind.isExclusive) db.exec("PRAGMA locking_mode = EXCLUSIVE");
  // Takes effect only before the first table: lets deleted pages go back to the file system.
  if (isNew && kind.givesPagesBack) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${kind.synchronous};
    PRAGMA wal_autocheckpoint = ${kind.checkpointPages};
    PRAGMA journal_size_limit = ${LOG_BYTES_KEPT};
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA foreign_keys = ON;
  `);
}

/** @returns the file's version; 0 if it is new. Writes nothing. */
function checkVersion(db: Sqlite, path: string, kind: DatabaseKind): number {
  const version = numberOf(db, "PRAGMA user_version", "user_version");
  const applicationId = numberOf(db, "PRAGMA application_id", "application_id");
  const tables = numberOf(db, "SELECT count(*) AS n FROM sqlite_schema", "n");
  const isNew = version === 0 && applicationId === 0 && tables === 0;
  if (!isNew && applicationId !== kind.applicationId) {
    const found = `application_id ${applicationId} instead of ${kind.applicationId}`;
    throw new SkerryError(
      "DATABASE_DAMAGED",
      `Cannot use the database ${path}: it is not skerry's ${kind.name} database (${found}). ` +
        "Move the file away and start again",
    );
  }
  if (version > kind.migrations.length) {
    throw new SkerryError(
      "DATABASE_TOO_NEW",
      `Cannot use the database ${path}: a later version of skerry wrote it (format ${version}, ` +
        `this one knows ${kind.migrations.length}). Run that version, or another --data directory`,
    );
  }
  return version;
}

function checkPages(db: Sqlite, path: string): void {
  if (numberOf(db, "PRAGMA page_count", "page_count") > CHECKED_PAGES_MAX) return;
  const found = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found === "ok") return;
  const first = String(found).split("\n").at(-1);
  throw new SkerryError(
    "DATABASE_DAMAGED",
    `Cannot use the database ${path}: its content breaks SQLite's format (${first}). ` +
      "Move the file away and start again: what other nodes hold is fetched anew, what this node " +
      "published has to be published again",
  );
}

/** Brings the tables forward to the newest version, all steps in one transaction or none. */
function migrate(db: Sqlite, kind: DatabaseKind): void {
  db.transaction(() => {
    const version = numberOf(db, "PRAGMA user_version", "user_version");
    if (version >= kind.migrations.length) return;
    for (const step of kind.migrations.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${kind.applicationId}`);
    db.exec(`PRAGMA user_version = ${kind.migrations.length}`);
  });
}

function checkOwner(db: Sqlite, path: string, owner: DatabaseOwner): void {
  const { networkId, publicKey, nowMs, onAdopted } = owner;
  const row = db.prepare("SELECT network_id, public_key FROM meta").get();
  if (row === undefined) {
    db.prepare("INSERT INTO meta (one, network_id, public_key, created_ms) VALUES (1, ?, ?, ?)")
      .run(networkId, publicKey, nowMs);
    return;
  }
  const found = row["network_id"] as Uint8Array;
  if (!equalBytes(found, networkId)) {
    throw new SkerryError(
      "NETWORK_MISMATCH",
      `Cannot use the database ${path}: it belongs to network ${toHex(found)}, this node to ` +
        `${toHex(networkId)}. One data directory serves one network: choose another with --data`,
    );
  }
  // A new identity may keep the chunks of the old one: they are proven by their hashes.
  const formerKey = row["public_key"] as Uint8Array;
  if (equalBytes(formerKey, publicKey)) return;
  db.prepare("UPDATE meta SET public_key = ?").run(publicKey);
  onAdopted?.(formerKey);
}

function numberOf(db: Sqlite, sql: string, column: string): number {
  return Number(db.prepare(sql).get()?.[column] ?? 0);
}
