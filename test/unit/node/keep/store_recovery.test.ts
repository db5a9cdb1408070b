import { SeededRandom, type UnixMs } from "../../../../src/lib/mod.ts";
import { IndexWriter } from "../../../../src/node/keep/index_writer.ts";
import { recoverStore } from "../../../../src/node/keep/store_recovery.ts";
import { StoreQuota } from "../../../../src/node/keep/store_quota.ts";
import { StoreSpace } from "../../../../src/node/keep/store_space.ts";
import { ChunkIndex, type ChunkRow, Slots } from "../../../../src/store/mod.ts";
import { MemoryBlobFiles } from "../../../sim/memory_blob_files.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";
import { memoryDatabase } from "../../store/fixtures.ts";
import { chunkOf, MIB } from "./store_fixtures.ts";

function setUp(canPunch = true) {
  const clock = new VirtualClock();
  const files = new MemoryBlobFiles({ clock, random: new SeededRandom(1), canPunch });
  const db = memoryDatabase();
  const index = new ChunkIndex(db);
  const writer = new IndexWriter(db, files);
  const slots = new Slots();
  const quota = new StoreQuota(100 * MIB);
  const space = new StoreSpace({
    files,
    index,
    writer,
    slots,
    quota,
    beforeEviction: async () => {},
    isSpared: () => false,
    onGone: () => {},
    onEvicted: () => {},
    onFailed: () => {},
  });
  const run = <T>(promise: Promise<T>) => clock.runPromise(promise, { virtualMsMax: 10_000 });
  const dropped: number[] = [];
  const onRowsDropped = (rows: number) => void dropped.push(rows);
  const recover = () =>
    run(recoverStore({ files, index, writer, slots, space, quota, onRowsDropped }));
  const insert = (seed: number, changes: Partial<ChunkRow>): ChunkRow => {
    const base = {
      length: MIB,
      state: "present",
      boot: 1,
      isPinned: false,
      isHosted: false,
      alias: undefined,
    } as const;
    const usedMs = 0 as UnixMs;
    const row = { id: chunkOf(seed, 100).id, at: undefined, usedMs, ...base, ...changes };
    index.insert(row);
    return row;
  };
  return { files, index, slots, space, quota, run, recover, insert, dropped };
}

const slot = (slot: number, segment = 0) => ({ segment, slot });

test("rows and files that agree are kept, and counted", async () => {
  const { files, index, slots, space, quota, run, recover, insert, dropped } = setUp();
  for (const n of [0, 1, 2]) await run(files.writeSlot(slot(n), new Uint8Array(MIB)));
  const rows = [0, 1, 2].map((n) => insert(n, { at: slot(n), isPinned: n === 2 }));
  const small = insert(9, { length: 500 });
  await run(files.putSmall(small.id, new Uint8Array(500)));
  expect([await recover(), quota.pinnedBytes]).toEqual([4, MIB]);
  for (const row of [...rows, small]) expect(index.find(row.id)).toEqual(row);
  expect(dropped).toEqual([]);
  expect(space.usedBytes).toBeGreaterThanOrEqual(3 * MIB + 500);
  expect(slots.take(1)).toEqual(slot(3));
});

test("a row without a slot of its own is dropped", async () => {
  const { files, index, run, recover, insert, dropped } = setUp();
  await run(files.writeSlot(slot(0), new Uint8Array(MIB)));
  const kept = insert(1, { at: slot(0) });
  const others = [
    insert(2, { at: slot(0) }),
    insert(3, { at: slot(0, 7) }),
    insert(4, { at: slot(256) }),
    insert(5, { at: slot(5), length: MIB + 1 }),
  ];
  const chunks = await recover();
  expect([chunks, dropped]).toEqual([1, [4]]);
  const found = [kept, ...others].filter(({ id }) => index.find(id) !== undefined);
  expect(found.length).toBe(1);
});

test("small objects that were on their way in or out are gone afterwards", async () => {
  const { files, index, run, recover, insert } = setUp();
  const rows = [
    insert(1, { length: 10, state: "writing" }),
    insert(2, { length: 10, state: "leaving" }),
    insert(3, { length: 10 }),
  ];
  for (const { id } of rows) await run(files.putSmall(id, new Uint8Array(10)));
  expect(await recover()).toBe(1);
  expect(files.disk.small.size).toBe(1);
  expect(index.page(undefined, 9).length).toBe(1);
});

test("deletions of the last run are made durable before a slot is handed out", async () => {
  const { files, recover } = setUp();
  await recover();
  expect(files.checkpoints).toBe(1);
});

test("blocks that a crash left in free slots go back, or are counted", async () => {
  for (const canPunch of [true, false]) {
    const { files, slots, space, run, recover, insert } = setUp(canPunch);
    for (const n of [0, 1, 2]) await run(files.writeSlot(slot(n), new Uint8Array(MIB)));
    insert(1, { at: slot(1) });
    await recover();
    expect(files.allocatedBytesNow()).toBe(canPunch ? MIB : 3 * MIB);
    expect(slots.allocatedBytes).toBe(canPunch ? MIB : 3 * MIB);
    expect(space.usedBytes).toBe(slots.allocatedBytes);
  }
});
