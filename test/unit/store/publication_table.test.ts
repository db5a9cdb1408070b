import { asChunkId, asStrongId, type UnixMs } from "../../../src/lib/mod.ts";
import {
  INDEX_DATABASE,
  PUBLICATION_SCHEMA,
  PublicationTable,
  UNRECORDED,
} from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

const NOW = 1_800_000_000_000 as UnixMs;
const idOf = (n: number) => asChunkId(new Uint8Array(20).fill(n));
const linkOf = (n: number) => asStrongId(new Uint8Array(32).fill(n));

test("a publication is listed once it is whole, and found by either id until it is gone", () => {
  const db = memoryDatabase();
  const table = new PublicationTable(db);
  const first = table.begin("a", NOW);
  const second = table.begin("b", (NOW + 1) as UnixMs);
  expect([table.newest(9), table.count(), table.unfinished()]).toEqual([[], 0, [first, second]]);
  for (const [number, n] of [[first, 1], [second, 2]] as const) {
    table.publish({ number, meta: idOf(n), link: linkOf(n), size: 10 * n });
  }
  const row = { number: first, name: "a", size: 10, createdMs: NOW };
  const known = { ...row, meta: idOf(1), link: linkOf(1) };
  const again = new PublicationTable(db);
  expect(again.newest(9).map(({ name }) => name)).toEqual(["b", "a"]);
  expect([again.newest(1).length, again.count(), again.unfinished()]).toEqual([1, 2, []]);
  for (const id of [idOf(1), linkOf(1)]) {
    expect(again.find(id)).toEqual({ ...known, isLeaving: false });
  }
  again.leave(first);
  expect(again.find(idOf(1))?.isLeaving).toBe(true);
  expect([again.count(), again.unfinished()]).toEqual([1, [first]]);
  again.remove(first);
  expect([again.find(idOf(1)), again.unfinished()]).toEqual([undefined, []]);
});

test("one that is published is found before one that is being taken back", () => {
  const table = new PublicationTable(memoryDatabase());
  const [old, fresh] = [table.begin("a", NOW), table.begin("a", NOW)];
  for (const number of [old, fresh]) {
    table.publish({ number, meta: idOf(1), link: linkOf(1), size: 1 });
  }
  table.leave(old);
  expect(table.find(idOf(1))?.number).toBe(fresh);
});

test("an object is listed as long as one publication needs it", () => {
  const table = new PublicationTable(memoryDatabase());
  for (const number of [1, 2, 2]) table.addObject(number, idOf(7));
  table.addObject(2, idOf(8));
  expect([table.objects(2, 9), table.objects(2, 1).length]).toEqual([[idOf(7), idOf(8)], 1]);
  expect([table.removeObject(1, idOf(7)), table.removeObject(1, idOf(7))]).toEqual([true, false]);
  expect([table.hasObject(1, idOf(7)), table.isListed(idOf(7))]).toEqual([false, true]);
  table.removeObject(2, idOf(7));
  expect(table.isListed(idOf(7))).toBe(false);
});

test("what was pinned before there were records is listed as such, what was cached is not", () => {
  const at = INDEX_DATABASE.migrations.indexOf(PUBLICATION_SCHEMA);
  expect(at).toBeGreaterThan(0);
  const former = { ...INDEX_DATABASE, migrations: INDEX_DATABASE.migrations.slice(0, at) };
  const db = memoryDatabase(former);
  for (const pinned of [0, 1, 2, 3]) {
    db.prepare(
      `INSERT INTO chunk (id, length, state, format, boot, pinned, used_ms)
       VALUES (?, 1, 2, 1, 1, ?, 0)`,
    ).run(idOf(pinned), pinned);
  }
  db.exec(PUBLICATION_SCHEMA);
  expect(new PublicationTable(db).objects(UNRECORDED, 9)).toEqual([idOf(1), idOf(3)]);
});
