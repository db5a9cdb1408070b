import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INDEX_DATABASE, openDatabase, workerTables } from "../../../src/store/mod.ts";
import { openSqlite, OWNER } from "./fixtures.ts";
import { afterAll, expect, test } from "../../support/harness.ts";

const folder = mkdtempSync(join(tmpdir(), "skerry-worker-tables-"));
afterAll(() => rmSync(folder, { recursive: true }));
const tables = workerTables(openSqlite);

test("small.db locks a second opener out until it is closed", () => {
  const ask = { smallPath: join(folder, "small.db"), ...OWNER };
  const objects = tables.openSmallObjects(ask);
  let code: unknown;
  try {
    tables.openSmallObjects(ask);
  } catch (error) {
    ({ code } = error as { code?: unknown });
  }
  expect(code).toBe("DATABASE_IN_USE");
  objects.put([{ key: new Uint8Array(20), bytes: new Uint8Array([1]) }]);
  objects.close();
  const again = tables.openSmallObjects(ask);
  expect(again.get(new Uint8Array(20))).toEqual(new Uint8Array([1]));
  again.close();
});

test("the worker's connection flushes what the event loop's has committed", () => {
  const path = join(folder, "index.db");
  const db = openDatabase(openSqlite, path, INDEX_DATABASE, OWNER);
  db.exec("INSERT INTO counter VALUES ('n', 1)");
  const second = tables.openIndex(path);
  const state = second.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
  expect(state?.["busy"]).toBe(0);
  expect(Number(state?.["log"])).toBeGreaterThan(0);
  expect(state?.["checkpointed"]).toBe(state?.["log"]);
  second.close();
  db.close();
});
