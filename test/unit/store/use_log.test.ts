import { asChunkId, type ChunkId, type UnixMs } from "../../../src/lib/mod.ts";
import { ChunkIndex, UseLog } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

const id = (n: number): ChunkId => asChunkId(new Uint8Array(20).fill(n));
const ms = (n: number): UnixMs => n as UnixMs;

function indexWith(...ids: number[]): ChunkIndex {
  const index = new ChunkIndex(memoryDatabase());
  for (const n of ids) {
    index.insert({
      id: id(n),
      at: undefined,
      length: 1,
      state: "present",
      boot: 1,
      isPinned: false,
      isHosted: false,
      usedMs: ms(0),
      alias: undefined,
    });
  }
  return index;
}

test("uses and proofs reach the index when drained, each in its own column", () => {
  const index = indexWith(1, 2, 3);
  const log = new UseLog();
  log.recordUse(id(1), ms(50));
  log.recordUse(id(1), ms(60));
  log.recordProof(id(2));
  expect([log.usedMs(id(1)), log.isProven(id(1)), log.isProven(id(2))]).toEqual([
    ms(60),
    false,
    true,
  ]);
  log.drainInto(index, 7, 9);
  expect(log.size).toBe(0);
  const rows = [1, 2, 3].map((n) => index.find(id(n)));
  expect(rows.map((row) => row?.usedMs)).toEqual([ms(60), ms(0), ms(0)]);
  expect(rows.map((row) => row?.boot)).toEqual([1, 7, 1]);
});

test("a clock that jumps back does not make the newest use the oldest", () => {
  const log = new UseLog();
  log.recordUse(id(1), ms(1000));
  log.recordUse(id(2), ms(10));
  expect(log.usedMs(id(2))).toBe(ms(1000));
  expect(log.stamp(ms(1001))).toBe(ms(1001));
});

test("an object that went is not proven when it comes back", () => {
  const log = new UseLog();
  log.recordProof(id(1));
  log.forget(id(1));
  expect(log.isProven(id(1))).toBe(false);
  log.drainInto(indexWith(), 1, 9); // nothing to write
});

test("it is drained in portions, the oldest first, and what came since waits", () => {
  const index = indexWith(1, 2, 3);
  const log = new UseLog();
  for (const n of [2, 1, 3]) log.recordUse(id(n), ms(n));
  expect(log.drainInto(index, 7, 2)).toEqual([id(2), id(1)]);
  expect([log.size, log.usedMs(id(3)), index.find(id(3))?.usedMs]).toEqual([1, ms(3), ms(0)]);
  expect(log.drainInto(index, 7, 2)).toEqual([id(3)]);
});

test("it says when it is full, and holds no more than four times as much", () => {
  const log = new UseLog();
  const some = (n: number): ChunkId => {
    const bytes = new Uint8Array(20);
    new DataView(bytes.buffer).setUint32(0, n);
    return asChunkId(bytes);
  };
  let n = 0;
  while (!log.isFull) log.recordProof(some(n++));
  expect(log.size).toBe(1024);
  while (n < 5_000) log.recordUse(some(n++), ms(n));
  expect(log.size).toBe(4096);
  log.recordProof(some(4_000)); // of one that it knows
  expect([log.isProven(some(4_000)), log.isProven(some(4_999))]).toEqual([true, false]);
});
