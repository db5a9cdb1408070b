import { countBits, lowestBits } from "../../../src/swarm/slice_bits.ts";
import { expect, test } from "../../support/harness.ts";

test("slices are counted, and the first of them taken, as far as there are any", () => {
  expect([0, 1, 0b1011, 0xffff].map(countBits)).toEqual([0, 1, 3, 16]);
  expect([0, 1, 2, 9].map((count) => lowestBits(0b1011_0100, count)))
    .toEqual([0, 0b100, 0b1_0100, 0b1011_0100]);
});
