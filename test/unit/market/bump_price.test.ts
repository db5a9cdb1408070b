import {
  bumpPrice,
  KeepClock,
  raiseScore,
  returnOf,
  type ScoredObject,
  WEEK_MS,
  worthOf,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

const NOW = at(0);
const CLOCK = new KeepClock(100 * MIB, 0, NOW);
const objectOf = (factor: number, diskBytes = MIB): ScoredObject => ({
  score: raiseScore(undefined, worthOf(diskBytes, factor), diskBytes, CLOCK.time),
  factor,
  bytes: diskBytes,
  diskBytes,
});

test("where there is room nobody is bumped, and it costs nothing", () => {
  const candidates = [objectOf(3)];
  expect(bumpPrice({ neededBytes: MIB, freeBytes: MIB, candidates }, CLOCK, NOW))
    .toEqual({ cb: 0n, bumped: [] });
});

test("room costs what the least profitable would have earned in a week", () => {
  const candidates = [objectOf(1), objectOf(2), objectOf(3)];
  const [first] = candidates as [ScoredObject];
  const price = bumpPrice({ neededBytes: MIB, freeBytes: 10, candidates }, CLOCK, NOW);
  expect(price?.bumped).toEqual([first]);
  expect(price?.cb).toBe(
    BigInt(Math.ceil(returnOf(first, CLOCK.time, CLOCK.halfLifeMs(NOW)).cbPerWeek)),
  );
});

test("several small objects are bumped until the room is enough, and no more", () => {
  const candidates = [objectOf(1, 4096), objectOf(1, 4096), objectOf(1, 4096)];
  const price = bumpPrice({ neededBytes: 10_000, freeBytes: 2000, candidates }, CLOCK, NOW);
  expect(price?.bumped).toHaveLength(2);
});

test("a longer time costs in proportion", () => {
  const candidates = [objectOf(4)];
  const week = bumpPrice({ neededBytes: MIB, freeBytes: 0, candidates }, CLOCK, NOW)?.cb ?? 0n;
  const periodMs = 4 * WEEK_MS;
  const month =
    bumpPrice({ neededBytes: MIB, freeBytes: 0, candidates, periodMs }, CLOCK, NOW)?.cb ?? 0n;
  expect(Number(month) / Number(week)).toBeCloseTo(4, 6);
});

test("room that cannot be made has no price, and the search for it ends", () => {
  expect(bumpPrice({ neededBytes: MIB, freeBytes: 0, candidates: [] }, CLOCK, NOW)).toBeUndefined();
  function* endless(): Generator<ScoredObject> {
    for (;;) yield objectOf(1, 512);
  }
  expect(bumpPrice({ neededBytes: MIB, freeBytes: 0, candidates: endless() }, CLOCK, NOW))
    .toBeUndefined();
});
