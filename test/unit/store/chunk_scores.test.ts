import { asChunkId, type ChunkId, type UnixMs } from "../../../src/lib/mod.ts";
import { ChunkIndex, ChunkScores } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

const id = (n: number): ChunkId => asChunkId(new Uint8Array(20).fill(n));

test("the least score goes first, of equals the least recently used, and no kept object", () => {
  const db = memoryDatabase();
  const index = new ChunkIndex(db);
  const scores = new ChunkScores(db);
  const row = { at: undefined, length: 9, state: "present", boot: 1, alias: undefined } as const;
  for (const n of [1, 2, 3, 4, 5]) {
    const usedMs = (10 - n) as UnixMs;
    index.insert({ ...row, id: id(n), isPinned: n === 5, isHosted: n === 4, usedMs });
  }
  expect(scores.of(id(9))).toBeUndefined();
  expect(scores.least(9).map((each) => each.id[0])).toEqual([3, 2, 1]);
  scores.set(id(3), 0.5);
  expect(scores.of(id(3))).toEqual({ length: 9, score: 0.5 });
  expect(scores.least(9).map((each) => each.id[0])).toEqual([2, 1, 3]);
  expect(scores.least(9)[2]).toEqual({ id: id(3), length: 9, score: 0.5 });
  expect([0, 1, 2, 3].map((below) => scores.scoreAt(below))).toEqual([-1, -1, 0.5, undefined]);
  expect(index.firstToGo(9, 0).map((each) => each.id[0])).toEqual([2, 1, 3]);
});

test("the greatest scores are told whoever it is kept for, by an ordered walk", () => {
  const db = memoryDatabase();
  const index = new ChunkIndex(db);
  const scores = new ChunkScores(db);
  const row = { at: undefined, length: 9, boot: 1, alias: undefined } as const;
  for (const n of [1, 2, 3, 4, 5]) {
    const state = n === 5 ? "leaving" : "present";
    const pins = { isPinned: n === 3, isHosted: n >= 3 };
    index.insert({ ...row, ...pins, state, id: id(n), usedMs: n as UnixMs });
    scores.set(id(n), n % 4);
  }
  const told = scores.greatest(9).map((
    { id, score, isPinned, isHosted, usedMs },
  ) => [id[0], score, isPinned, isHosted, usedMs] // of those that stay
  );
  expect(told).toEqual([
    [3, 3, true, true, 3],
    [2, 2, false, false, 2],
    [1, 1, false, false, 1],
    [4, 0, false, true, 4],
  ]);
  expect(scores.greatest(1).map((each) => each.id[0])).toEqual([3]);
});
