import { expect, test } from "../support/harness.ts";
import { type SellingOptions, SellingWorld } from "../support/selling_world.ts";

const SELL = 2_500_000;
const TEN_MINUTES = 600_000;
const CHUNK_BYTES = 2 ** 20;
const BASE = { seed: 7, chunks: 1_000, exponent: 0.9, sellBytesPerSecond: SELL };
const CASES: readonly [string, SellingOptions][] = [
  [
    "a small disk and four times the demand fill what is sold",
    { ...BASE, asksPerSecond: 10, diskChunks: 100, isStocked: false },
  ],
  [
    "a node with a full cache sells all that is for sale, and not to the farthest",
    { ...BASE, asksPerSecond: 12, diskChunks: 1_000, isStocked: true },
  ],
  [
    "less demand than is for sale is served in full",
    { ...BASE, asksPerSecond: 1.2, diskChunks: 1_000, isStocked: true },
  ],
];

for (const [law, options] of CASES) {
  test(`${law}, within 30 minutes; the range never shrinks`, () => {
    const world = new SellingWorld(options).run(3 * TEN_MINUTES);
    expect(world.usedShare(TEN_MINUTES)).toBeGreaterThanOrEqual(0.95);
    expect(world.excessBytes).toBeLessThan(CHUNK_BYTES);
    let before = 0;
    for (const { rangeBits } of world.ticks) {
      expect(rangeBits).toBeGreaterThanOrEqual(before);
      before = rangeBits;
    }
  });
}

test("where the range stands still, next to nothing is sold", () => {
  const options = { ...BASE, asksPerSecond: 12, diskChunks: 1_000, isStocked: true };
  const world = new SellingWorld({ ...options, isRangeFixed: true }).run(TEN_MINUTES);
  expect(world.usedShare(TEN_MINUTES)).toBeLessThan(0.1);
});
