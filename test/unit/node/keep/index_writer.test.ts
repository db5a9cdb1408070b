import { SeededRandom, SkerryError } from "../../../../src/lib/mod.ts";
import { IndexWriter } from "../../../../src/node/keep/index_writer.ts";
import { MemoryBlobFiles } from "../../../sim/memory_blob_files.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";
import { memoryDatabase } from "../../store/fixtures.ts";

function setUp() {
  const clock = new VirtualClock();
  const files = new MemoryBlobFiles({ clock, random: new SeededRandom(1), delayMs: [10, 10] });
  const db = memoryDatabase();
  let transactions = 0;
  const counting = {
    ...db,
    exec: (sql: string) => db.exec(sql),
    prepare: (sql: string) => db.prepare(sql),
    transaction: <T>(body: () => T) => (transactions++, db.transaction(body)),
    close: () => db.close(),
  };
  let undone = 0;
  const writer = new IndexWriter(counting, files, () => undone++);
  const insert = db.prepare("INSERT INTO counter VALUES (?, 1)");
  const count = db.prepare("SELECT count(*) AS n FROM counter");
  const rows = () => Number(count.get()?.["n"]);
  return {
    clock,
    files,
    writer,
    insert,
    rows,
    transactions: () => transactions,
    undone: () => undone,
  };
}

test("changes that come together share a transaction", async () => {
  const { writer, insert, rows, transactions } = setUp();
  await Promise.all([1, 2, 3].map((n) => writer.write(() => void insert.run(`${n}`))));
  expect([rows(), transactions()]).toEqual([3, 1]);
  await writer.write(() => void insert.run("4"));
  expect([rows(), transactions()]).toEqual([4, 2]);
});

test("a change that fails undoes and rejects its whole transaction", async () => {
  const { writer, insert, rows, undone } = setUp();
  const settled = await Promise.allSettled([
    writer.write(() => void insert.run("a")),
    writer.write(() => {
      throw new RangeError("no");
    }),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect([rows(), undone()]).toEqual([0, 1]);
  await writer.write(() => void insert.run("b"));
  expect([rows(), undone()]).toEqual([1, 1]);
});

test("no change runs while the log is flushed, all run after it", async () => {
  const { clock, writer, insert, rows } = setUp();
  await writer.write(() => void insert.run("before"));
  let flushedRows = -1;
  const flush = writer.flush(() => flushedRows = rows());
  const writes = [1, 2].map((n) => writer.write(() => void insert.run(`during ${n}`)));
  await clock.advanceSettled(9);
  expect([flushedRows, rows()]).toEqual([1, 1]);
  await clock.runPromise(Promise.all([flush, ...writes]), { virtualMsMax: 100 });
  expect(rows()).toBe(3);
});

test("it is dirty from a commit until a flush that succeeds", async () => {
  const { clock, files, writer, insert } = setUp();
  const run = <T>(promise: Promise<T>) => clock.runPromise(promise, { virtualMsMax: 100 });
  expect(writer.isDirty).toBe(true); // what a crash left in the log
  await run(writer.flush());
  expect(writer.isDirty).toBe(false);
  await run(writer.write(() => void insert.run("x")));
  expect(writer.isDirty).toBe(true);
  files.failures.set("checkpointIndex", new SkerryError("DISK_FAILED", "no"));
  let code: unknown;
  await run(writer.flush().catch((error: SkerryError) => code = error.code));
  expect([code, writer.isDirty]).toEqual(["DISK_FAILED", true]);
  await run(writer.flush());
  expect(writer.isDirty).toBe(false);
});
