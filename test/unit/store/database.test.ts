import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SkerryError } from "../../../src/lib/mod.ts";
import type { Sqlite } from "../../../src/ports/mod.ts";
import { applySettings, INDEX_DATABASE, openDatabase } from "../../../src/store/mod.ts";
import { openSqlite, OWNER } from "./fixtures.ts";
import { afterAll, expect, test } from "../../support/harness.ts";

const folder = mkdtempSync(join(tmpdir(), "skerry-database-"));
afterAll(() => rmSync(folder, { recursive: true }));

const pathOf = (name: string): string => join(folder, name);
const open = (name: string, kind = INDEX_DATABASE, owner = OWNER): Sqlite =>
  openDatabase(openSqlite, pathOf(name), kind, owner);

function refusal(deed: () => unknown): SkerryError {
  try {
    deed();
  } catch (error) {
    return error as SkerryError;
  }
  throw new Error("nothing was refused");
}

test("a new database gets its mark, version, tables and owner", () => {
  const db = open("new.db");
  const pragma = (name: string) => db.prepare(`PRAGMA ${name}`).get()?.[name];
  expect(pragma("application_id")).toBe(INDEX_DATABASE.applicationId);
  expect(pragma("user_version")).toBe(INDEX_DATABASE.migrations.length);
  expect({ ...db.prepare("SELECT * FROM meta").get() }).toEqual({
    one: 1,
    network_id: OWNER.networkId,
    public_key: OWNER.publicKey,
    created_ms: OWNER.nowMs,
    boots: 0,
    log_restarts: 0,
  });
  db.close();
});

test("the settings are those that testing.md asks for", () => {
  const db = open("settings.db");
  const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  expect(pragma("journal_mode")).toBe("wal");
  expect(pragma("synchronous")).toBe(1);
  expect(pragma("wal_autocheckpoint")).toBe(0);
  expect(pragma("busy_timeout")).toBe(5000);
  expect(pragma("trusted_schema")).toBe(0);
  expect(pragma("cell_size_check")).toBe(1);
  const second = openSqlite(pathOf("settings.db"));
  applySettings(second, INDEX_DATABASE);
  expect(second.prepare("PRAGMA wal_autocheckpoint").get()?.["wal_autocheckpoint"]).toBe(0);
  second.close();
  db.close();
});

test("migrations go forward from any version, all or none", () => {
  const { migrations } = INDEX_DATABASE;
  const grown = (...steps: string[]) => ({
    ...INDEX_DATABASE,
    migrations: [...migrations, ...steps],
  });
  open("grow.db").close();
  const broken = grown("CREATE TABLE more (n INTEGER)", "CREATE TABLE more (n INTEGER)");
  expect(() => open("grow.db", broken)).toThrow();
  const back = open("grow.db"); // still as it was: the first of the two steps was undone as well
  expect(back.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'more'").get()?.["n"])
    .toBe(0);
  back.close();
  const db = open("grow.db", grown("CREATE TABLE more (n INTEGER)", "INSERT INTO more VALUES (5)"));
  expect(db.prepare("SELECT n FROM more").get()?.["n"]).toBe(5);
  expect(db.prepare("PRAGMA user_version").get()?.["user_version"])
    .toBe(migrations.length + 2);
  db.close();
});

test("a database of a later version is refused and left as it is", () => {
  const later = { ...INDEX_DATABASE, migrations: [...INDEX_DATABASE.migrations, "SELECT 1"] };
  open("later.db", later).close();
  const before = readFileSync(pathOf("later.db"));
  const error = refusal(() => open("later.db"));
  expect(error.code).toBe("DATABASE_TOO_NEW");
  expect(error.message).toContain(pathOf("later.db"));
  expect(readFileSync(pathOf("later.db")).equals(before)).toBe(true);
});

test("a data directory of another network is refused, a new key of the same is not", () => {
  open("network.db").close();
  const elsewhere = { ...OWNER, networkId: new Uint8Array([9, 9, 9, 9]) };
  const error = refusal(() => open("network.db", INDEX_DATABASE, elsewhere));
  expect(error.code).toBe("NETWORK_MISMATCH");
  expect(error.message).toContain("01020304");
  expect(error.message).toContain("09090909");
  const publicKey = new Uint8Array(32).fill(8);
  const db = open("network.db", INDEX_DATABASE, { ...OWNER, publicKey });
  expect(db.prepare("SELECT public_key FROM meta").get()?.["public_key"]).toEqual(publicKey);
  db.close();
});

test("another program's database, a text file and a damaged page are refused by path", () => {
  const foreign = openSqlite(pathOf("foreign.db"));
  foreign.exec("CREATE TABLE bookmarks (url TEXT)");
  foreign.close();
  writeFileSync(pathOf("text.db"), "this is a shopping list\n".repeat(300));
  open("damaged.db").close();
  const bytes = readFileSync(pathOf("damaged.db"));
  bytes.fill(0x5a, 4096 * 3, 4096 * 5);
  writeFileSync(pathOf("damaged.db"), bytes);
  for (const name of ["foreign.db", "text.db", "damaged.db"]) {
    const error = refusal(() => open(name));
    expect(error.code).toBe("DATABASE_DAMAGED");
    expect(error.message).toContain(pathOf(name));
    expect(error.message).not.toContain("\n");
  }
});
