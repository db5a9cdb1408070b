import { IndexWriter } from "../../../../src/node/keep/index_writer.ts";
import { setPinned } from "../../../../src/node/keep/pins.ts";
import { StoreQuota } from "../../../../src/node/keep/store_quota.ts";
import { ChunkIndex } from "../../../../src/store/mod.ts";
import { type ChunkId, SeededRandom, toHex, type UnixMs } from "../../../../src/lib/mod.ts";
import { MemoryBlobFiles } from "../../../sim/memory_blob_files.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";
import { memoryDatabase } from "../../store/fixtures.ts";
import { chunkOf, MIB, storeOn } from "./store_fixtures.ts";

test("a pin counts once, however often it is set, and what is not here for nothing", async () => {
  const db = memoryDatabase();
  const index = new ChunkIndex(db);
  const files = new MemoryBlobFiles({ clock: new VirtualClock(), random: new SeededRandom(1) });
  const quota = new StoreQuota(2 ** 20);
  const doors = { index, writer: new IndexWriter(db, files), quota };
  const ids = Array.from({ length: 300 }, (_, n) => chunkOf(n, 100).id);
  const row = {
    at: undefined,
    length: 100,
    state: "present",
    boot: 1,
    isPinned: false,
    isHosted: false,
  } as const;
  for (const id of ids.slice(1)) {
    index.insert({ ...row, id, usedMs: 0 as UnixMs, alias: undefined });
  }
  await setPinned(ids, true, doors);
  await setPinned(ids, true, doors);
  expect(quota.pinnedBytes).toBe(29_900);
  await setPinned(ids.slice(0, 100), false, doors);
  expect(quota.pinnedBytes).toBe(20_000);
  expect(ids.filter((id) => index.find(id)?.isPinned === true).length).toBe(200);
});

test("what a pin is for is written down with it, also for what is pinned already", async () => {
  const { store, run } = await storeOn(100 * MIB);
  const notes: string[] = [];
  for (const length of [100, MIB]) {
    const { id, bytes } = chunkOf(length, length);
    for (const note of ["new", "again"]) {
      const onPinned = () => void notes.push(`${note} ${length}`);
      await run(store.put(id, bytes, { pinned: true, onPinned }));
    }
  }
  expect(notes).toEqual(["new 100", "again 100", `new ${MIB}`, `again ${MIB}`]);
  const ids = [chunkOf(100, 100).id, chunkOf(MIB, MIB).id, chunkOf(7, 7).id];
  const asked: string[] = [];
  await run(store.unpin(ids, (id) => asked.push(toHex(id)) === 2));
  expect(asked).toEqual(ids.map(toHex));
  expect([ids.map((id) => store.isPinned(id)), store.usage().pinnedBytes])
    .toEqual([[true, false, false], 100]);
});

test("what may not go is counted by what it is kept for, and again after a start", async () => {
  const before = await storeOn(100 * MIB);
  const { store, run, db } = before;
  const ids = [100, 200, MIB].map((length) => chunkOf(length, length).id);
  const [small, other, chunk] = ids as [ChunkId, ChunkId, ChunkId];
  const host = (id: ChunkId, isHosted: boolean) => run(store.host(id, isHosted, () => {}));
  const steps: readonly [() => Promise<unknown>, number][] = [
    [() => run(store.put(small, chunkOf(100, 100).bytes, { pinned: false })), 0],
    [() => run(store.put(other, chunkOf(200, 200).bytes, { pinned: false })), 0],
    [() => run(store.put(chunk, chunkOf(MIB, MIB).bytes, { pinned: true })), 1],
    [() => host(small, true), 2],
    [() => host(small, true), 2],
    [() => host(chunk, true), 2],
    [() => run(store.unpin([chunk])), 2],
    [() => host(chunk, false), 1],
    [() => run(store.pin([small, chunk])), 2],
    [() => host(small, false), 2],
    [() => host(small, true), 2],
    [() => run(store.unpin([small, chunk])), 1],
    [() => Promise.all([host(other, true), host(small, false), run(store.pin([other]))]), 1],
    [() => host(chunk, true), 2],
  ];
  for (const [index, [step, kept]] of steps.entries()) {
    await step();
    expect({ index, kept: store.usage().keptChunks }).toEqual({ index, kept });
  }
  await run(store.close());
  const again = await storeOn(100 * MIB, {}, { files: before.files, db });
  expect(again.store.usage().keptChunks).toBe(2);
  await again.run(again.store.dropCached([chunk]));
  expect([again.store.has(chunk), again.store.usage().keptChunks]).toEqual([false, 1]);
  for (const bytes of again.files.disk.small.values()) bytes[50] = (bytes[50] ?? 0) ^ 1;
  expect(await again.run(again.store.read(other, 0, new Uint8Array(1)))).toBe(false);
  expect(again.store.usage().keptChunks).toBe(0); // both published and kept for others
});
