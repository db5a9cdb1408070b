import { sliceHashesOf } from "../../../../src/content/mod.ts";
import { SLOT_LOAN_MS } from "../../../../src/ports/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { chunkOf, MIB, storeOn } from "./store_fixtures.ts";

test("only what this start has proven, and for whom, is lent, and it counts as a use", async () => {
  const before = await storeOn(100 * MIB);
  const { id, bytes } = chunkOf(1, MIB);
  const small = chunkOf(2, 100);
  await before.run(before.store.put(id, bytes, { pinned: false }));
  await before.run(before.store.put(small.id, small.bytes, { pinned: false }));
  const { store, clock, run } = await storeOn(100 * MIB, {}, before);
  const own = { id, sliceHashes: sliceHashesOf(bytes) };
  const others = { id, sliceHashes: sliceHashesOf(new Uint8Array(MIB)) };
  const lent = (): boolean[] => [{ id }, own, others].map((what) => store.lend(what) !== undefined);
  expect(lent()).toEqual([false, false, false]); // not proven yet
  await run(store.read(id, 0, new Uint8Array(1)));
  expect(lent()).toEqual([true, false, false]);
  await run(store.readProven(own, 0, new Uint8Array(1)));
  expect(lent()).toEqual([true, true, false]);
  await run(store.read(small.id, 0, new Uint8Array(1)));
  expect(store.lend(small)).toBeUndefined(); // it lies in no slot
  const used = async () => (await store.entries(1))[0]?.lastUsedMs ?? 0;
  const usedBefore = await used();
  await clock.advanceSettled(5_000);
  store.lend(own);
  expect(await used()).toBeGreaterThan(usedBefore);
  await run(store.close());
  expect(lent()).toEqual([false, false, false]);
});

test("a lent slot keeps its bytes while the cache makes room, and not longer", async () => {
  const { store, files, clock, run } = await storeOn(4 * MIB);
  const lent = chunkOf(1, MIB);
  await run(store.put(lent.id, lent.bytes, { pinned: false }));
  const at = store.lend(lent);
  if (at === undefined) throw new Error("it is here and proven");
  const until = clock.now() + SLOT_LOAN_MS;
  const into = new Uint8Array(MIB);
  const isStillThere = async (): Promise<boolean> =>
    await files.readSlot(at, 0, into) && Buffer.compare(into, lent.bytes) === 0;
  await run(store.dropCached([lent.id]));
  let reads = 0;
  for (let seed = 2; seed < 200; seed++) {
    const { id, bytes } = chunkOf(seed, MIB);
    await run(store.put(id, bytes, { pinned: false }));
    const isThere = await run(isStillThere());
    if (clock.now() < until) {
      reads++;
      expect(isThere).toBe(true);
    }
    if (clock.now() > until + 1_000) break;
  }
  expect(reads).toBeGreaterThan(1);
  expect([store.has(lent.id), await run(isStillThere())]).toEqual([false, false]);
});

test("a store that closes waits for lent slots, if a chunk that comes needs the room", async () => {
  const { store, run } = await storeOn(4 * MIB);
  const held = Array.from({ length: 12 }, (_, i) => chunkOf(i + 1, MIB));
  for (const { id, bytes } of held) await run(store.put(id, bytes, { pinned: false }));
  const lent = held.filter(({ id }) => store.has(id) && store.lend({ id }) !== undefined);
  expect(lent.length).toBeGreaterThan(2);
  const puts = [chunkOf(98, MIB), chunkOf(99, MIB)].map(({ id, bytes }) =>
    store.put(id, bytes, { pinned: false })
  );
  for (let i = 0; i < 50; i++) await Promise.resolve(); // both wait for room
  await run(store.close());
  expect((await Promise.allSettled(puts)).length).toBe(2);
});
