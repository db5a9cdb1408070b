import { FRESH_MEMORY, PieceBuffers } from "../../../../src/node/read/piece_buffers.ts";
import { BufferPool } from "../../../../src/lib/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const KIB = 1024;

describe("PieceBuffers", () => {
  test("sixteen readers get whole chunks, 256 more get slices, thousands hold 16 KiB each", () => {
    const chunkBuffers = new BufferPool(1024 * KIB, 16);
    const memory = new PieceBuffers(chunkBuffers);
    const pieces = Array.from({ length: 4000 }, () => memory.take(1024 * KIB));
    expect(pieces.map(({ length }) => length / KIB)).toEqual(
      pieces.map((_, i) => i < 16 ? 1024 : i < 16 + 256 ? 64 : 16),
    );
    expect(memory.takenCount).toBe(4000);
    expect(chunkBuffers.takenCount).toBe(16);
    for (const piece of pieces) memory.give(piece);
    expect(memory.takenCount).toBe(0);
    expect(chunkBuffers.takenCount).toBe(0);
    expect([memory.take(1024 * KIB).length, memory.take(64 * KIB).length]).toEqual(
      [1024 * KIB, 64 * KIB],
    );
  });

  test("a piece is never longer than was wanted, and a short one takes no chunk's room", () => {
    const chunkBuffers = new BufferPool(1024 * KIB, 16);
    const memory = new PieceBuffers(chunkBuffers);
    expect(
      [1, 16 * KIB, 16 * KIB + 1, 64 * KIB, 64 * KIB + 1].map((wanted) =>
        memory.take(wanted).length
      ),
    ).toEqual(
      [1, 16 * KIB, 16 * KIB + 1, 64 * KIB, 64 * KIB + 1],
    );
    expect(chunkBuffers.takenCount).toBe(1);
  });

  test("a view of a piece is as good as the piece to give it back", () => {
    const memory = new PieceBuffers(new BufferPool(1024 * KIB, 16));
    for (const wanted of [10, 20 * KIB, 100 * KIB]) memory.give(memory.take(wanted).subarray(3, 5));
    expect(memory.takenCount).toBe(0);
  });
});

test("fresh memory is never used again, and comes in pieces of 256 KiB", () => {
  const first = FRESH_MEMORY.take(1024 * KIB);
  FRESH_MEMORY.give(first);
  expect(first.length).toBe(256 * KIB);
  expect(FRESH_MEMORY.take(1024 * KIB).buffer === first.buffer).toBe(false);
});
