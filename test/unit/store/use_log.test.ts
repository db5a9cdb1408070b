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
  log.drainInto(index, 7);
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
  log.drainInto(indexWith(), 1); // nothing to write
});

test("it says when it is full", () => {
  const log = new UseLog();
  for (let n = 0; !log.isFull; n++) {
    const some = new Uint8Array(20);
    new DataView(some.buffer).setUint32(0, n);
    log.recordProof(asChunkId(some));
  }
  expect(log.size).toBe(1024);
});
