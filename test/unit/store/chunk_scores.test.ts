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
  expect([scores.count, scores.of(id(9))]).toEqual([3, undefined]);
  expect(scores.least(9, 0).map((each) => each.id[0])).toEqual([3, 2, 1]);
  scores.set(id(3), 0.5);
  expect(scores.of(id(3))).toEqual({ length: 9, score: 0.5 });
  expect(scores.least(9, 0).map((each) => each.id[0])).toEqual([2, 1, 3]);
  expect(scores.least(1, 2)).toEqual([{ id: id(3), length: 9, score: 0.5 }]);
  expect(index.firstToGo(9, 0).map((each) => each.id[0])).toEqual([2, 1, 3]);
});
