import {
  bumpPrice,
  hostingPrice,
  isHostingAsk,
  KeepClock,
  keptPrice,
  publisherRankMin,
  raiseScore,
  WEEK_MS,
  worthOf,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at } from "../../support/market_parts.ts";

const NOW = at(0);
const MIB = 2 ** 20;

test("a quote is what the chunks that have to go bring in the weeks it is for (S2-10)", () => {
  const clock = new KeepClock(100 * MIB, 0, NOW);
  const score = raiseScore(undefined, 10 * worthOf(MIB, 3), MIB, clock.time);
  const candidates = [{ score, factor: 3, bytes: MIB, diskBytes: MIB }];
  for (const weeks of [1, 4]) {
    const room = { neededBytes: MIB, freeBytes: 0, candidates, periodMs: weeks * WEEK_MS };
    const bumped = bumpPrice(room, clock, NOW)?.cb ?? 0n;
    expect(bumped).toBeGreaterThan(BigInt(weeks * MIB));
    expect(hostingPrice(MIB, weeks, bumped)).toBe(bumped);
  }
});

test("where nothing has to go, four weeks cost what one reading does at factor 1", () => {
  expect(hostingPrice(MIB, 4, 0n)).toBe(BigInt(MIB));
  expect(hostingPrice(MIB, 1, 0n)).toBe(BigInt(MIB / 4));
  expect(hostingPrice(MIB, 1, BigInt(MIB / 4) - 1n)).toBe(BigInt(MIB / 4));
  expect(hostingPrice(1, 1, 0n)).toBe(1n); // nothing is for nothing
});

test("there are prices for 1 byte to 1 MiB and 1 to 52 weeks alone", () => {
  expect([isHostingAsk(1, 1), isHostingAsk(MIB, 52)]).toEqual([true, true]);
  for (const [bytes, weeks] of [[0, 1], [MIB + 1, 1], [1, 0], [1, 53], [1.5, 1]] as const) {
    expect(isHostingAsk(bytes, weeks)).toBe(false);
    expect(() => hostingPrice(bytes, weeks, 0n)).toThrow();
  }
});

test("what was kept for a part of its weeks comes to that part, rounded up, never beyond", () => {
  expect(keptPrice(700n, 1, WEEK_MS / 7)).toBe(100n);
  expect(keptPrice(700n, 1, WEEK_MS / 7 + 0.1)).toBe(101n);
  expect([-1, 0, 9 * WEEK_MS].map((ms) => keptPrice(700n, 4, ms))).toEqual([0n, 0n, 700n]);
});

test("a publisher's rank must be greater than the host's, not equal", () => {
  expect([publisherRankMin(0), publisherRankMin(12)]).toEqual([1, 13]);
});
