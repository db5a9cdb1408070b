import type { ChunkId } from "../../../../src/lib/mod.ts";
import { type KeepTime, RAW_BYTE_WORTH } from "../../../../src/market/mod.ts";
import { KeepScores } from "../../../../src/node/keep/keep_scores.ts";
import { ChunkScores } from "../../../../src/store/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { chunkOf, MIB, readWhole, storeOn } from "./store_fixtures.ts";

const id = (seed: number): ChunkId => chunkOf(seed, MIB).id;

/** A store of six chunks, full. `clock.time`: half-lives. */
async function full(hasMarket = true) {
  const scores = new KeepScores();
  const clock = { time: 0 as KeepTime };
  if (hasMarket) scores.begin(clock);
  const under = await storeOn(6 * MIB, {}, undefined, undefined, scores);
  const put = async (seed: number) => {
    const chunk = chunkOf(seed, MIB);
    await under.run(under.store.put(chunk.id, chunk.bytes, { pinned: false }));
    await under.clock.advanceSettled(1_000); // uses are written down
  };
  for (let seed = 1; seed <= 6; seed++) await put(seed);
  const here = () => Array.from({ length: 20 }, (_, n) => n).filter((n) => under.store.has(id(n)));
  const sell = async (seed: number, times = 1) => {
    for (let time = 0; time < times; time++) scores.noteWorth(id(seed), MIB * 2.5);
    await under.clock.advanceSettled(1_000);
  };
  return { scores, clock, under, put, here, sell };
}

describe("eviction", () => {
  test("is by the last use alone where nothing is sold, with a market and without", async () => {
    for (const hasMarket of [true, false]) {
      const { under, put, here, clock } = await full(hasMarket);
      for (const seed of [2, 1, 4]) {
        for (let time = 0; time <= 2; time++) await readWhole(under, id(seed));
        await under.clock.advanceSettled(1_000);
      }
      clock.time = 0.01 as KeepTime;
      await put(7);
      await put(8);
      expect(here()).toEqual([1, 2, 4, 6, 7, 8]);
      await put(9);
      await put(10);
      expect(here()).toEqual([1, 4, 7, 8, 9, 10]);
    }
  });

  test("lets what was sold stay, longer the more it was, and not for ever", async () => {
    const { put, here, sell, clock } = await full();
    await sell(1, 4);
    await sell(2);
    for (let seed = 7; seed < 14; seed++) await put(seed);
    expect(here()).toEqual([1, 2, 10, 11, 12, 13]);
    clock.time = 3 as KeepTime; // 2.5 a byte are 0.31 then, less than one read of today
    for (let seed = 14; seed < 20; seed++) await put(seed);
    expect(here()).toEqual([1, 15, 16, 17, 18, 19]);
  });

  test("of unpaid reads, however many, none outlives a sale of the same age", async () => {
    const { under, put, here, sell } = await full();
    await sell(1);
    for (let time = 0; time < 50; time++) {
      await readWhole(under, id(2));
      await under.clock.advanceSettled(1_000);
    }
    for (let seed = 7; seed < 12; seed++) await put(seed);
    expect(here()).toEqual([1, 7, 8, 9, 10, 11]);
  });
});

test("in a full store newcomers come in behind all but a sixteenth of what is there", async () => {
  const { scores, sell, put, under, clock } = await full();
  for (let seed = 1; seed <= 6; seed++) await sell(seed, seed);
  clock.time = 4 as KeepTime; // all that was sold is worth less than one read of today
  const least = scores.look(6);
  expect(least?.id).toEqual(id(1));
  await put(7);
  expect(new ChunkScores(under.db).of(id(7))?.score).toBe(least?.score ?? NaN);
  expect(scores.look(0)).toBeUndefined();
  await put(8);
  expect(new ChunkScores(under.db).of(id(8))?.score).toBe(4 + Math.log2(RAW_BYTE_WORTH));
});

test("in a full store nothing has more than 16 times the least", async () => {
  const { scores, sell, under } = await full();
  await sell(2, 100);
  const before = new ChunkScores(under.db).of(id(2))?.score ?? NaN;
  const least = scores.look(6)?.score ?? NaN;
  expect(before).toBeGreaterThan(least + 4);
  await sell(3, 100);
  expect(new ChunkScores(under.db).of(id(3))?.score).toBe(least + 4);
  await sell(2); // nothing that it has is taken away
  expect(new ChunkScores(under.db).of(id(2))?.score).toBe(before);
});

test("worths that wait for a transaction are bounded", () => {
  const scores = new KeepScores();
  for (let n = 0; n < 3_000; n++) scores.noteWorth(new Uint8Array([n >> 8, n]) as ChunkId, 1);
  expect(scores.pendingCount).toBe(1_024);
  scores.drain([], 1_000);
  expect(scores.pendingCount).toBe(24);
});
