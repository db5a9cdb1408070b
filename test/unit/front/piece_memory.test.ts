import { PieceMemory, withHead } from "../../../src/front/piece_memory.ts";
import { concatBytes, utf8 } from "../../../src/lib/mod.ts";
import { SLOT_BYTES } from "../../../src/ports/mod.ts";
import { expect, test } from "../../support/harness.ts";

const SMALL_BYTES = 256 * 1024;

test("a head leaves in the memory of the piece behind it, which stays as it is", () => {
  const memory = new PieceMemory();
  for (const wanted of [5, SMALL_BYTES + 1]) {
    const piece = memory.take(wanted).subarray(0, 5);
    piece.set(utf8("hello"));
    const both = withHead(utf8("head "), piece);
    expect([both, both?.buffer === piece.buffer]).toEqual([utf8("head hello"), true]);
    expect(piece).toEqual(utf8("hello"));
    memory.give(piece);
    expect(memory.take(wanted).buffer).toBe(piece.buffer);
  }
});

test("no byte is overwritten that is not before a whole piece of this memory", () => {
  const piece = new PieceMemory().take(SMALL_BYTES);
  expect(withHead(utf8("head"), piece.subarray(1, 9))).toBeUndefined();
  expect(withHead(new Uint8Array(4_097), piece)).toBeUndefined();
  const other = concatBytes(new Uint8Array(4_096), utf8("hello"));
  expect(withHead(utf8("head"), other.subarray(4_096))).toBeUndefined();
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
