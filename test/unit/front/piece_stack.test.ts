import { PieceStack } from "../../../src/front/piece_stack.ts";
import { expect, test } from "../../support/harness.ts";

test("a piece is at most 256 KiB, and its memory is used again", () => {
  const stack = new PieceStack();
  const first = stack.take(2 ** 20);
  expect(first.length).toBe(2 ** 18);
  const other = stack.take(5);
  stack.give(first);
  const again = stack.take(7);
  expect([again.length, again.buffer === first.buffer, other.buffer === first.buffer])
    .toEqual([7, true, false]);
});
