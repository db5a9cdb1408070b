import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SkerryError } from "../../src/lib/mod.ts";
import type { OpenSqlite, SqliteRow } from "../../src/ports/mod.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";

/** The law of ports/sqlite.ts, to be kept by every adapter. */
export function sqliteConformance(name: string, open: OpenSqlite): void {
  describe(`Sqlite law: ${name}`, () => {
    let folder = "";
    beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "skerry-sqlite-"))));
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const failure = (deed: () => unknown): SkerryError => {
      try {
        deed();
      } catch (error) {
        return error as SkerryError;
      }
      throw new Error("nothing was thrown");
    };
    const plain = (row: SqliteRow | undefined) => row === undefined ? undefined : { ...row };

    test("values come back as they were bound, blobs as copies", () => {
      const db = open(":memory:");
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, blob BLOB, text TEXT, real REAL)");
      const blob = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
      const insert = db.prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
      expect(insert.run(2 ** 53 - 1, blob, "æ😀", 0.25)).toBe(1);
      expect(insert.run(2n, new Uint8Array(0), "", null)).toBe(1);
      blob.fill(0);
      const byId = db.prepare("SELECT * FROM t WHERE id = ?");
      const first = plain(byId.get(2 ** 53 - 1));
      expect(first).toEqual({
        id: 2 ** 53 - 1,
        blob: new Uint8Array([1, 2, 3]),
        text: "æ😀",
        real: 0.25,
      });
      expect(plain(byId.get(2))).toEqual({ id: 2, blob: new Uint8Array(0), text: "", real: null });
      expect(byId.get(3)).toBeUndefined();
      (first?.["blob"] as Uint8Array).fill(7);
      expect(byId.get(2 ** 53 - 1)?.["blob"]).toEqual(new Uint8Array([1, 2, 3]));
      db.close();
    });

    test("run() counts the rows changed, all() gives every row in order", () => {
      const db = open(":memory:");
      db.exec("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2), (3), (4)");
      expect(db.prepare("UPDATE t SET n = n * 10 WHERE n > ?").run(2)).toBe(2);
      expect(db.prepare("DELETE FROM t WHERE n = ?").run(77)).toBe(0);
      const rows = db.prepare("SELECT n FROM t ORDER BY n DESC").all();
      expect(rows.map((row) => row["n"])).toEqual([40, 30, 2, 1]);
      db.close();
    });

    test("a new file and its log are the owner's alone, whatever the umask", async () => {
      const path = join(folder, "owned.db");
      await chmod(folder, 0o755);
      const umask = process.umask(0o022);
      try {
        const db = open(path);
        db.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)");
        for (const name of [path, `${path}-wal`, `${path}-shm`]) {
          expect([name, (await stat(name)).mode & 0o777]).toEqual([name, 0o600]);
        }
        db.close();
      } finally {
        process.umask(umask);
      }
      await chmod(path, 0o640); // its operator's wish
      open(path).close();
      expect((await stat(path)).mode & 0o777).toBe(0o640);
    });

    test("a transaction keeps all of its writes or none", () => {
      const db = open(":memory:");
      db.exec("CREATE TABLE t (n INTEGER PRIMARY KEY)");
      const insert = db.prepare("INSERT INTO t VALUES (?)");
      const count = db.prepare("SELECT count(*) AS n FROM t");
      expect(db.transaction(() => insert.run(1) + insert.run(2))).toBe(2);
      expect(failure(() =>
        db.transaction(() => {
          insert.run(3);
          throw new RangeError("enough");
        })
      )).toBeInstanceOf(RangeError);
      // A constraint is our own fault, so it stays what the driver threw.
      expect(failure(() => db.transaction(() => insert.run(4) + insert.run(1))).code)
        .not.toBe("DATABASE_DAMAGED");
      expect(count.get()?.["n"]).toBe(2);
      db.close();
    });

    test("what was written is there after closing and opening again", () => {
      const path = join(folder, "kept.db");
      const first = open(path);
      first.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER)");
      const insert = first.prepare("INSERT INTO t VALUES (?)");
      for (let n = 0; n < 10; n++) insert.run(n);
      first.close();
      const second = open(path);
      expect(second.prepare("SELECT sum(n) AS sum FROM t").get()?.["sum"]).toBe(45);
      second.close();
    });

    test("a file that is no database is refused at once, by path", async () => {
      const path = join(folder, "letter.db");
      await writeFile(path, "Dear diary, ".repeat(400));
      const error = failure(() => open(path));
      expect(error.code).toBe("DATABASE_DAMAGED");
      expect(error.message).toContain(path);
    });

    test("a page of noise is told as damage", async () => {
      const path = join(folder, "damaged.db");
      const db = open(path);
      db.exec("PRAGMA cell_size_check = ON; CREATE TABLE t (b BLOB PRIMARY KEY) WITHOUT ROWID");
      const insert = db.prepare("INSERT INTO t VALUES (?)");
      db.transaction(() => {
        for (let n = 0; n < 2000; n++) {
          insert.run(Uint8Array.from({ length: 20 }, (_, i) => (n * 31 + i * n * 7) >> (i % 5)));
        }
      });
      db.close();
      const { open: openFile } = await import("node:fs/promises");
      const file = await openFile(path, "r+");
      await file.write(new Uint8Array(12_288).fill(0xa7), 0, 12_288, 8192);
      await file.close();
      const damaged = open(path);
      const error = failure(() => damaged.prepare("SELECT count(*), max(b) FROM t").all());
      damaged.close();
      expect(error.code).toBe("DATABASE_DAMAGED");
      expect(error.message).toContain(path);
    });

    test("a path that cannot be opened is the disk's failure", () => {
      const error = failure(() => open(join(folder, "no", "such", "folder.db")));
      expect(error.code).toBe("DISK_FAILED");
    });

    test("a database that another connection holds is told as in use; close() lets go", () => {
      const path = join(folder, "held.db");
      const holder = open(path);
      holder.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL");
      holder.exec("CREATE TABLE t (n INTEGER)");
      holder.prepare("INSERT INTO t VALUES (?)").run(1); // close() must end this too
      expect(failure(() => open(path)).code).toBe("DATABASE_IN_USE");
      holder.close();
      open(path).close();
    });
  });
}
