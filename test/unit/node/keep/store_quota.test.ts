import { diskBytesOf, StoreQuota } from "../../../../src/node/keep/store_quota.ts";
import { slotDiskBytes, smallDiskBytes } from "../../../../src/store/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { chunkOf, MIB, storeOn } from "./store_fixtures.ts";

test("an object's disk is counted by where its length puts it", () => {
  expect(diskBytesOf(65_536)).toBe(smallDiskBytes(65_536));
  expect(diskBytesOf(65_537)).toBe(slotDiskBytes(65_537));
});

test("others' content has what is sold, published content all that --store-bytes leaves", () => {
  const quota = new StoreQuota(10 * MIB, 4 * MIB);
  expect([quota.bytes, quota.flag]).toEqual([4 * MIB, "--sell-disk"]);
  for (let n = 0; n < 8; n++) quota.pin(MIB);
  expect([quota.bytes, quota.flag]).toEqual([10 * MIB, "--store-bytes"]);
  for (let n = 0; n < 3; n++) quota.unpin(MIB);
  expect([quota.bytes, quota.pinnedBytes, quota.pinnedDiskBytes]).toEqual(
    [9, 5, 5].map((n) => n * MIB),
  );
  const all = new StoreQuota(10 * MIB);
  all.pin(4 * MIB);
  expect([all.bytes, all.sellBytes]).toEqual([10 * MIB, 6 * MIB]);
});

test("publishing drives others' content out, and nothing that is published", async () => {
  const under = await storeOn(10 * MIB, {}, undefined, 4 * MIB);
  const { store, run } = under;
  const put = (seed: number, pinned: boolean) => {
    const { id, bytes } = chunkOf(seed, MIB);
    return run(store.put(id, bytes, { pinned }));
  };
  for (let seed = 0; seed < 8; seed++) await put(seed, false);
  expect(store.usage().bytes).toBeLessThanOrEqual(4 * MIB);
  for (let seed = 10; seed < 18; seed++) await put(seed, true);
  expect(store.usage().pinnedBytes).toBe(8 * MIB);
  expect(store.usage().bytes).toBeLessThanOrEqual(10 * MIB);
  await run(store.unpin([chunkOf(10, MIB).id, chunkOf(11, MIB).id, chunkOf(12, MIB).id]));
  await under.clock.advanceSettled(1000);
  const { bytes, soldDiskBytes, sellDiskBytes } = store.usage();
  expect([bytes - soldDiskBytes, sellDiskBytes]).toEqual([5 * MIB, 4 * MIB]);
  expect(soldDiskBytes).toBeLessThanOrEqual(4 * MIB);
});

test("a store that is full by --sell-disk says so", async () => {
  const { store, run } = await storeOn(10 * MIB, {}, undefined, MIB / 2);
  const { id, bytes } = chunkOf(1, MIB);
  const error = await run(
    store.put(id, bytes, { pinned: false }).catch((reason: unknown) => reason),
  );
  expect(String(error)).toContain("kept for pay. Raise --sell-disk");
  expect(String(error)).toContain("Cannot store 1.00 MiB: ");
});
