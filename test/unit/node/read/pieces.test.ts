import { checkRange, piecesOf } from "../../../../src/node/read/pieces.ts";
import { expect, test } from "../../../support/harness.ts";
import { noise } from "../../../support/small_swarm.ts";

const BYTES = noise(600_000, 1);

test("piecesOf() gives the range in order, as views of the bytes", async () => {
  const pieces: Uint8Array[] = [];
  for await (const piece of piecesOf(BYTES, 10, 599_999)) pieces.push(piece);
  expect(Buffer.compare(Buffer.concat(pieces), BYTES.subarray(10, 599_999))).toBe(0);
  for (const piece of pieces) {
    expect(piece.buffer === BYTES.buffer).toBe(true);
    expect(piece.length).toBeLessThanOrEqual(256 * 1024);
  }
  expect((await piecesOf(BYTES, 5, 5).next()).done).toBe(true);
});

test("a range that does not lie in the file is the caller's error", async () => {
  for (const [start, end] of [[-1, 5], [6, 5], [0, 11]] as const) {
    expect(() => checkRange(start, end, 10)).toThrow(RangeError);
  }
  checkRange(0, 10, 10);
  checkRange(10, 10, 10);
  await expect(piecesOf(BYTES, 0, BYTES.length + 1).next()).rejects.toThrow(RangeError);
});
