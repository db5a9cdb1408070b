import fc from "fast-check";
import {
  boundScore,
  firstScore,
  type KeepScore,
  type KeepTime,
  raiseScore,
  returnOf,
  WEEK_MS,
  worthOf,
  worthPerByte,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { MIB } from "../../support/market_parts.ts";

const timeOf = (halfLives: number): KeepTime => halfLives as KeepTime;

test("of two objects used once for the same price the one used least recently goes first", () => {
  const older = raiseScore(undefined, worthOf(MIB, 2), MIB, timeOf(0));
  const newer = raiseScore(undefined, worthOf(MIB, 2), MIB, timeOf(1e-9));
  expect(older).toBeLessThan(newer);
});

test("worth counts by byte of disk: a small object sold as often deserves as much", () => {
  const large = raiseScore(undefined, worthOf(MIB, 2), MIB, timeOf(0));
  const small = raiseScore(undefined, worthOf(4096, 2), 4096, timeOf(0));
  expect(small).toBeCloseTo(large, 9);
});

test("a use counts half after a half-life, whether another one comes or not", () => {
  const worth = worthOf(MIB, 4);
  const first = raiseScore(undefined, worth, MIB, timeOf(0));
  expect(worthPerByte(first, timeOf(1))).toBeCloseTo(worth / MIB / 2, 6);
  const second = raiseScore(first, worth, MIB, timeOf(1));
  expect(worthPerByte(second, timeOf(1))).toBeCloseTo(worth / MIB * 1.5, 6);
});

test("the order of two scores is that of their faded worth at any later time", () => {
  const uses = fc.array(
    fc.record({ at: fc.double({ min: 0, max: 10, noNaN: true }), factor: fc.nat(20) }),
    { minLength: 1, maxLength: 8 },
  );
  const faded = (list: { at: number; factor: number }[], time: number): number =>
    list.reduce((sum, { at, factor }) => sum + worthOf(1, factor) * 2 ** (at - time), 0);
  const scoreOf = (list: { at: number; factor: number }[]): KeepScore => {
    let score: KeepScore | undefined;
    for (const { at, factor } of [...list].sort((a, b) => a.at - b.at)) {
      score = raiseScore(score, worthOf(1, factor), 1, timeOf(at));
    }
    return score as KeepScore;
  };
  const times = fc.double({ min: 10, max: 30, noNaN: true });
  fc.assert(fc.property(uses, uses, times, (a, b, time) => {
    const [worthA, worthB] = [faded(a, time), faded(b, time)];
    if (Math.abs(worthA - worthB) < 1e-6 * worthA) return;
    expect(scoreOf(a) < scoreOf(b)).toBe(worthA < worthB);
  }));
});

test("an object long forgotten is worth nothing, and can be used again", () => {
  const old = raiseScore(undefined, worthOf(MIB, 1), MIB, timeOf(0));
  const years = timeOf(10_000);
  expect(worthPerByte(old, years)).toBe(0);
  expect(worthPerByte(raiseScore(old, worthOf(MIB, 1), MIB, years), years)).toBeGreaterThan(1);
});

test("a clock that is set back makes no worth infinite", () => {
  const score = raiseScore(undefined, worthOf(MIB, 160), MIB, timeOf(0));
  const before = timeOf(-10_000);
  expect(Number.isFinite(worthPerByte(score, before))).toBe(true);
  expect(Number.isFinite(raiseScore(score, 1, MIB, before))).toBe(true);
});

test("the return tells price and query interval of a chunk that is sold evenly", () => {
  const intervals = 100; // in a half-life
  const halfLifeMs = 86_400_000;
  let score: KeepScore | undefined;
  for (let i = 0; i < 20 * intervals; i++) {
    score = raiseScore(score, worthOf(MIB, 5), MIB, timeOf(i / intervals));
  }
  const object = { score: score as KeepScore, factor: 5, bytes: MIB, diskBytes: MIB };
  const { queryIntervalMs, cbPerWeek } = returnOf(object, timeOf(20), halfLifeMs);
  expect(queryIntervalMs / (halfLifeMs / intervals)).toBeCloseTo(1, 1);
  expect(cbPerWeek / (5 * MIB * WEEK_MS * intervals / halfLifeMs)).toBeCloseTo(1, 1);
});

test("a chunk of price factor 0 earns nothing and is asked for all the same", () => {
  const score = raiseScore(undefined, worthOf(MIB, 0), MIB, timeOf(0));
  const object = { score, factor: 0, bytes: MIB, diskBytes: MIB };
  expect(returnOf(object, timeOf(0), 1000).cbPerWeek).toBe(0);
  expect(returnOf(object, timeOf(0), 1000).queryIntervalMs).toBeCloseTo(1000 / Math.LN2, 0);
});

test("a newcomer comes in below the rest, however much it is said to be worth", () => {
  const newcomers = raiseScore(undefined, worthOf(MIB, 2), MIB, timeOf(0));
  const said = worthOf(MIB, 160);
  expect(firstScore(said, MIB, newcomers, timeOf(0))).toBe(newcomers);
  const own = raiseScore(undefined, said, MIB, timeOf(0));
  expect(firstScore(said, MIB, undefined, timeOf(0))).toBe(own);
  const cheap = raiseScore(undefined, worthOf(MIB, 0), MIB, timeOf(0));
  expect(firstScore(worthOf(MIB, 0), MIB, newcomers, timeOf(0))).toBe(cheap);
});

test("what was very popular goes soon after the last that asks for it", () => {
  const least = raiseScore(undefined, worthOf(MIB, 1), MIB, timeOf(0));
  const hot = raiseScore(undefined, 1e6 * worthOf(MIB, 1), MIB, timeOf(0));
  const bounded = boundScore(hot, least, least);
  const later = raiseScore(undefined, worthOf(MIB, 1), MIB, timeOf(4.1));
  expect(bounded).toBeGreaterThan(least);
  expect(bounded).toBeLessThan(later);
  expect(hot).toBeGreaterThan(later);
});

test("a score is bounded only far above the least of a full store, and never falls", () => {
  const least = raiseScore(undefined, worthOf(MIB, 1), MIB, timeOf(0));
  const better = raiseScore(undefined, 10 * worthOf(MIB, 1), MIB, timeOf(0));
  const hot = raiseScore(undefined, 1e6 * worthOf(MIB, 1), MIB, timeOf(0));
  expect(boundScore(better, least, least)).toBe(better);
  expect(boundScore(hot, least, undefined)).toBe(hot);
  expect(boundScore(hot, hot, least)).toBe(hot);
});
