import fc from "fast-check";
import {
  type ChunkId,
  equalBytes,
  SeededRandom,
  SkerryError,
  toHex,
} from "../../../../src/lib/mod.ts";
import { ChunkIndex } from "../../../../src/store/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { chunkOf, MIB, readWhole, storeOn, type StoreUnderTest } from "./store_fixtures.ts";

const PLAIN = { pinned: false };
const PINNED = { pinned: true };

const putAll = (under: StoreUnderTest, seeds: readonly number[], options = PLAIN) =>
  under.run(Promise.all(seeds.map((seed) => {
    const { id, bytes } = chunkOf(seed, MIB);
    return under.store.put(id, bytes, options);
  })));

const present = (under: StoreUnderTest, seeds: readonly number[]): number[] =>
  seeds.filter((seed) => under.store.has(chunkOf(seed, MIB).id));

async function failure(promise: Promise<unknown>): Promise<SkerryError | undefined> {
  return await promise.then(() => undefined, (error: SkerryError) => error);
}

test("the least recently used chunk goes first, whatever the order of writing", async () => {
  const under = await storeOn(4 * MIB + 65_536);
  for (const seed of [1, 2, 3, 4]) {
    await putAll(under, [seed]);
    await under.clock.advanceSettled(10);
  }
  await under.run(under.store.read(chunkOf(1, MIB).id, 0, new Uint8Array(1)));
  await putAll(under, [5]);
  expect(present(under, [1, 2, 3, 4, 5])).toEqual([1, 3, 4, 5]);
  expect(under.events).toEqual([{ kind: "chunks_evicted", chunks: 1, diskBytes: MIB }]);
});

test("pinned chunks stay, and when only they are left the store is full", async () => {
  const under = await storeOn(4 * MIB + 65_536);
  await putAll(under, [1, 2, 3], PINNED);
  await putAll(under, [4]);
  await putAll(under, [5]);
  expect(present(under, [1, 2, 3, 4, 5])).toEqual([1, 2, 3, 5]);
  await putAll(under, [5], PINNED);
  const { id, bytes } = chunkOf(6, MIB);
  const error = await failure(under.run(under.store.put(id, bytes, PLAIN)));
  expect(error?.code).toBe("STORE_FULL");
  expect(error?.message).toContain("4.00 MiB of 4.06 MiB are in use");
  await under.run(under.store.unpin([chunkOf(2, MIB).id]));
  await putAll(under, [6]);
  expect(present(under, [1, 2, 3, 5, 6])).toEqual([1, 3, 5, 6]);
});

test("an object larger than the quota is refused at once", async () => {
  const under = await storeOn(MIB / 2);
  const { id, bytes } = chunkOf(1, MIB);
  expect((await failure(under.run(under.store.put(id, bytes, PLAIN))))?.code).toBe("STORE_FULL");
});

test("more writers than room wait for each other's chunks to become evictable", async () => {
  const under = await storeOn(4 * MIB + 65_536, { delayMs: [1, 20] });
  const seeds = Array.from({ length: 20 }, (_, n) => n);
  const results = await putAll(under, seeds);
  expect(results.every((result) => result === "stored")).toBe(true);
  expect(present(under, seeds).length).toBe(4);
});

test("hundreds of waiting writes are told that the store is busy", async () => {
  const under = await storeOn(100 * MIB, { delayMs: [5, 5] });
  const puts = Array.from({ length: 300 }, (_, n) => {
    const { id, bytes } = chunkOf(n, 10);
    return under.store.put(id, bytes, PLAIN).catch((error: SkerryError) => error.code);
  });
  const results = await under.run(Promise.all(puts));
  expect(results.filter((result) => result === "BUSY").length).toBe(300 - 32 - 256);
  expect(results.filter((result) => result === "stored").length).toBe(32 + 256);
});

test("a slot is not overwritten while a reader is in it, nor before a flush", async () => {
  const under = await storeOn(2 * MIB + 65_536, { delayMs: [10, 10] });
  const { store, files, run } = under;
  await putAll(under, [1, 2]);
  const [first] = [chunkOf(1, MIB)];
  await run(store.read(chunkOf(2, MIB).id, 0, new Uint8Array(1))); // so that 1 is the oldest
  const deeds: string[] = [];
  files.onCall = (call, at) => void deeds.push(at === undefined ? call : `${call} ${at.slot}`);
  const into = new Uint8Array(MIB);
  const reading = store.read(first.id, 0, into);
  const putting = putAll(under, [3]);
  expect(await run(reading)).toBe(true);
  expect(into).toEqual(first.bytes);
  await putting;
  const order = ["readSlot 0", "checkpointIndex", "freeSlots 0", "writeSlot 0"];
  expect(deeds.filter((deed) => order.includes(deed))).toEqual(order);
});

test("room is made again where a flush failed at first", async () => {
  const under = await storeOn(2 * MIB + 65_536);
  await putAll(under, [1, 2]);
  under.files.failures.set("checkpointIndex", new SkerryError("DISK_FAILED", "Cannot flush"));
  const { id, bytes } = chunkOf(3, MIB);
  const error = await failure(under.run(under.store.put(id, bytes, PLAIN)));
  expect(error?.code).toBe("DISK_FAILED"); // the write that needed the room is told
  expect(await under.run(under.store.put(id, bytes, PLAIN))).toBe("stored");
});

test("a lowered quota is reached after a start", async () => {
  const before = await storeOn(10 * MIB);
  await putAll(before, [1, 2, 3, 4, 5, 6]);
  await before.run(before.store.close());
  const after = await storeOn(3 * MIB, {}, before);
  await after.clock.advanceSettled(1000);
  expect(after.store.usage().bytes).toBeLessThanOrEqual(3 * MIB);
  expect(after.files.allocatedBytesNow()).toBeLessThanOrEqual(3 * MIB);
});

test("where blocks cannot go back, slots are reused, and small makes room for small", async () => {
  const under = await storeOn(3 * MIB + 65_536, { canPunch: false });
  for (const seed of [1, 2, 3, 4, 5]) {
    await putAll(under, [seed]);
    await under.clock.advanceSettled(10);
  }
  expect(present(under, [1, 2, 3, 4, 5])).toEqual([3, 4, 5]);
  expect(under.files.allocatedBytesNow()).toBe(3 * MIB);
  for (let n = 0; n < 5; n++) {
    const { id, bytes } = chunkOf(100 + n, 30_000);
    await under.run(under.store.put(id, bytes, PLAIN));
  }
  expect(under.store.has(chunkOf(104, 30_000).id)).toBe(true);
  expect(under.store.has(chunkOf(100, 30_000).id)).toBe(false);
  expect(under.files.allocatedBytesNow()).toBeLessThanOrEqual(4 * MIB + 65_536);
});

describe("what is to be kept while room is being made", () => {
  const TURNS = 8; // of the microtask queue: more than eviction takes up to its transaction
  type Keep = (store: StoreUnderTest["store"], id: ChunkId) => Promise<unknown>;

  /** Asks for what goes next in a full store so many turns after writes that need its room. */
  async function keepAfter(turns: number, length: number, keep: Keep) {
    const under = await storeOn(MIB);
    let seed = 0;
    const put = () => {
      const { id, bytes } = chunkOf(++seed, length);
      return under.store.put(id, bytes, PLAIN);
    };
    while (under.gone.length === 0) await under.run(put());
    const [next] = new ChunkIndex(under.db).firstToGo(1, 0);
    const id = next?.id ?? chunkOf(0, 1).id;
    const putting = Promise.all([put(), put()]);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const answer = await under.run(keep(under.store, id));
    await under.run(putting);
    expect(under.store.usage().chunks).toBe(seed - under.gone.length);
    return { under, id, answer, isThere: under.store.has(id) };
  }

  test("goes all the same if it is dropped, though eviction has just spared it", async () => {
    const drop: Keep = async (store, id) => {
      const hosting = store.host(id, true, () => {});
      await Promise.resolve(); // eviction has chosen it
      await Promise.all([hosting, store.dropCached([id])]);
    };
    for (let turns = 0; turns < TURNS; turns++) {
      const { isThere } = await keepAfter(turns, 70_000, drop);
      expect({ turns, isThere }).toEqual({ turns, isThere: false });
    }
  });

  for (const length of [30_000, 70_000]) {
    test(`stays, ${length} bytes, if a contract was taken down, or is told gone`, async () => {
      const seen = new Set<boolean>();
      for (let turns = 0; turns < TURNS; turns++) {
        const host: Keep = (store, id) => store.host(id, true, () => {});
        const { under, answer, isThere } = await keepAfter(turns, length, host);
        expect({ turns, answer }).toEqual({ turns, answer: isThere });
        const told = under.events.map((event) =>
          event.kind === "chunks_evicted" ? event.chunks : 0
        );
        expect(told).not.toContain(0);
        expect(told.reduce((sum, count) => sum + count, 0)).toBe(under.gone.length);
        seen.add(isThere);
      }
      expect(seen.size).toBe(2); // some asked in time and some too late
    });

    test(`counts as published, ${length} bytes, only while it is there`, async () => {
      for (let turns = 0; turns < TURNS; turns++) {
        const { under, id, isThere } = await keepAfter(
          turns,
          length,
          (store, id) => store.pin([id]),
        );
        const { pinnedBytes } = under.store.usage();
        const isPinned = under.store.isPinned(id);
        expect({ turns, isPinned, pinnedBytes })
          .toEqual({ turns, isPinned: isThere, pinnedBytes: isThere ? length : 0 });
      }
    });
  }
});

const CHUNK_BYTES_MAX = 250_000;

/** A run of puts, reads, pins and crashes at random on a slow disk, against what must hold. */
async function play(seed: number, canPunch: boolean): Promise<void> {
  const random = new SeededRandom(seed);
  const below = (bound: number): number => random.u32() % bound;
  const quotaBytes = 2 * MIB;
  const chunks = Array.from({ length: 16 }, (_, n) => {
    const length = n % 3 === 0 ? 1 + below(65_536) : 65_537 + below(CHUNK_BYTES_MAX - 65_537);
    return chunkOf(seed * 100 + n, length);
  });
  const delayMs = [0, below(2) === 0 ? 30 : 600] as const; // slow: many flushes come in between
  const options = { delayMs, canPunch, random: random.split("disk") };
  let under = await storeOn(quotaBytes, options);
  const pinned = new Map<string, (typeof chunks)[number]>();
  for (let round = 0; round < 12; round++) {
    const acknowledged: (typeof chunks)[number][] = [];
    const deeds = Array.from({ length: 1 + below(20) }, async () => {
      const chunk = chunks[below(chunks.length)] ?? chunkOf(0, 1);
      const { id, bytes } = chunk;
      if (below(3) === 0) {
        const into = new Uint8Array(under.store.lengthOf(id) ?? 0);
        if (await under.store.read(id, 0, into)) expect(equalBytes(into, bytes)).toBe(true);
        return;
      }
      const pin = pinned.size < 3 && below(6) === 0;
      try {
        await under.store.put(id, bytes, { pinned: pin });
        if (pin) pinned.set(toHex(id), chunk);
        acknowledged.push(chunk);
      } catch (error) {
        expect([canPunch, (error as SkerryError).code]).toEqual([false, "STORE_FULL"]);
      }
    });
    const isCrash = below(4) === 0;
    if (isCrash) {
      void Promise.allSettled(deeds);
      await under.clock.advanceSettled(below(60));
      under = await storeOn(quotaBytes, options, under);
    } else {
      await under.run(Promise.all(deeds));
    }
    expect(under.files.allocatedBytesNow()).toBeLessThanOrEqual(quotaBytes + CHUNK_BYTES_MAX);
    for (const { id, bytes } of chunks) {
      const found = await readWhole(under, id);
      if (found !== undefined) expect(equalBytes(found, bytes)).toBe(true);
      else expect(pinned.has(toHex(id))).toBe(false);
    }
  }
  const { chunks: count, pinnedBytes } = under.store.usage();
  const held = chunks.filter(({ id }) => under.store.has(id));
  expect(count).toBe(held.length);
  expect(pinnedBytes).toBe(
    held.filter(({ id }) => under.store.isPinned(id))
      .reduce((sum, { bytes }) => sum + bytes.length, 0),
  );
  await under.run(under.store.close());
}

test("law: through crashes and evictions, pins stay and the quota holds", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(10_000), fc.boolean(), (seed, canPunch) => play(seed, canPunch)),
    { numRuns: 12 },
  );
});

test("a write is not refused where what leaves was too little, but more can go", () =>
  play(4919, true));
