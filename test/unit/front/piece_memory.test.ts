import { PIECE_BYTES, PieceMemory, withHead } from "../../../src/front/piece_memory.ts";
import { concatBytes, utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a head leaves in the memory of the piece behind it, which stays as it is", () => {
  const memory = new PieceMemory();
  const piece = memory.take();
  expect(piece.length).toBe(PIECE_BYTES);
  const body = piece.subarray(0, 5);
  body.set(utf8("hello"));
  const both = withHead(utf8("head "), body);
  expect(both).toEqual(utf8("head hello"));
  expect([both?.buffer === piece.buffer, body]).toEqual([true, utf8("hello")]);
  memory.give(body);
  expect(memory.take().buffer).toBe(piece.buffer);
});

test("no byte is overwritten that is not before a whole piece of this memory", () => {
  const memory = new PieceMemory();
  const piece = memory.take();
  expect(withHead(utf8("head"), piece.subarray(1, 9))).toBeUndefined();
  expect(withHead(new Uint8Array(4_097), piece)).toBeUndefined();
  const other = concatBytes(new Uint8Array(4_096), utf8("hello"));
  expect(withHead(utf8("head"), other.subarray(4_096))).toBeUndefined();
});
