import { PieceMemory } from "../../../src/front/piece_memory.ts";
import { SLOT_BYTES } from "../../../src/ports/mod.ts";
import { expect, test } from "../../support/harness.ts";

const SMALL_BYTES = 256 * 1024;

test("what is given back is used again, by whoever wants as much", () => {
  const memory = new PieceMemory();
  for (const wanted of [5, SMALL_BYTES + 1]) {
    const piece = memory.take(wanted);
    memory.give(piece.subarray(0, 3));
    expect([piece.length, memory.take(wanted).buffer === piece.buffer]).toEqual([wanted, true]);
  }
});

test("sixteen readers hold a chunk each, others a quarter of it", () => {
  const memory = new PieceMemory();
  const held = Array.from({ length: 18 }, () => memory.take(SLOT_BYTES));
  expect(held.map(({ length }) => length)).toEqual([
    ...Array.from({ length: 16 }, () => SLOT_BYTES),
    SMALL_BYTES,
    SMALL_BYTES,
  ]);
  expect(memory.take(7).length).toBe(7);
  for (const piece of held) memory.give(piece);
  expect(memory.take(SLOT_BYTES).length).toBe(SLOT_BYTES);
});
