import { chunkName, ChunkPool, indexOf } from "../../../src/bench/chunk_pool.ts";
import { CHUNK_BYTES, verifySlice } from "../../../src/content/mod.ts";
import { equalBytes } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("two processes have the same chunks, each unlike the next, with slices proven", () => {
  const [one, two] = [new ChunkPool(), new ChunkPool()];
  for (const index of [0, 1, 31, 32, 65_535]) {
    expect(one.chunk(index).length).toBe(CHUNK_BYTES);
    expect(equalBytes(one.chunk(index), two.chunk(index))).toBe(true);
    expect(equalBytes(one.chunk(index), one.chunk(index + 1))).toBe(false);
    expect(verifySlice(one.slice(index, 15), two.hashes(index), 15)).toBe(true);
    expect(verifySlice(one.slice(index, 15), two.hashes(index), 14)).toBe(false);
  }
});

test("a chunk's name holds its number, wherever it lies", () => {
  for (const index of [0, 255, 65_536]) {
    const name = chunkName(index);
    expect(name.length).toBe(20);
    const shifted = new Uint8Array(30);
    shifted.set(name, 10);
    expect(indexOf(shifted.subarray(10))).toBe(index);
  }
});
