import { INDEX_DATABASE, LEDGER_DATABASE, SMALL_DATABASE } from "../../../src/store/mod.ts";
import { memoryDatabase } from "./fixtures.ts";
import { expect, test } from "../../support/harness.ts";

const KINDS = [INDEX_DATABASE, SMALL_DATABASE, LEDGER_DATABASE];

test("every database has a mark of its own, spelt sk1 and a letter", () => {
  const marks = KINDS.map(({ applicationId }) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, applicationId);
    return String.fromCharCode(...bytes);
  });
  expect(marks).toEqual(["sk1i", "sk1s", "sk1l"]);
});

test("migrations run on a fresh file, and every table checks its types", () => {
  for (const kind of KINDS) {
    const db = memoryDatabase(kind);
    const tables = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all();
    expect(tables.length).toBeGreaterThan(1);
    for (const { name, sql } of tables) {
      expect(`${name}: ${String(sql).includes("STRICT")}`).toBe(`${name}: true`);
    }
    expect(() => db.exec("INSERT INTO meta SELECT 2, network_id, public_key, 0, 0, 0 FROM meta"))
      .toThrow(); // one owner
    db.close();
  }
});

test("only a worker's databases may wait for the disk at every commit", () => {
  expect([INDEX_DATABASE.synchronous, INDEX_DATABASE.checkpointPages]).toEqual(["NORMAL", 0]);
  for (const kind of [SMALL_DATABASE, LEDGER_DATABASE]) {
    expect([kind.synchronous, kind.isExclusive]).toEqual(["FULL", true]);
  }
});
