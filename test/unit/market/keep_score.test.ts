import fc from "fast-check";
import {
  firstScore,
  HALF_LIFE_MS,
  type KeepScore,
  raiseScore,
  returnOf,
  WEEK_MS,
  worthOf,
  worthPerByte,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { MIB, START_MS, unixAt } from "../../support/market_parts.ts";

test("of two objects used once for the same price the one used least recently goes first", () => {
  const older = raiseScore(undefined, worthOf(MIB, 2), MIB, unixAt(0));
  const newer = raiseScore(undefined, worthOf(MIB, 2), MIB, unixAt(1));
  expect(older).toBeLessThan(newer);
});

test("worth counts by byte of disk: a small object sold as often deserves as much", () => {
  const large = raiseScore(undefined, worthOf(MIB, 2), MIB, unixAt(0));
  const small = raiseScore(undefined, worthOf(4096, 2), 4096, unixAt(0));
  expect(small).toBeCloseTo(large, 9);
});

test("a use counts half after a half-life, whether another one comes or not", () => {
  const worth = worthOf(MIB, 4);
  const first = raiseScore(undefined, worth, MIB, unixAt(0));
  expect(worthPerByte(first, unixAt(HALF_LIFE_MS))).toBeCloseTo(worth / MIB / 2, 6);
  const second = raiseScore(first, worth, MIB, unixAt(HALF_LIFE_MS));
  expect(worthPerByte(second, unixAt(HALF_LIFE_MS))).toBeCloseTo(worth / MIB * 1.5, 6);
});

test("the order of two scores is that of their faded worth at any later time", () => {
  const uses = fc.array(
    fc.record({ afterMs: fc.integer({ min: 0, max: 10 * HALF_LIFE_MS }), factor: fc.nat(20) }),
    { minLength: 1, maxLength: 8 },
  );
  const faded = (list: { afterMs: number; factor: number }[], nowMs: number): number =>
    list.reduce((sum, { afterMs, factor }) => {
      return sum + worthOf(1, factor) * 2 ** ((afterMs - nowMs) / HALF_LIFE_MS);
    }, 0);
  const scoreOf = (list: { afterMs: number; factor: number }[]): KeepScore => {
    const ordered = [...list].sort((a, b) => a.afterMs - b.afterMs);
    let score: KeepScore | undefined;
    for (const { afterMs, factor } of ordered) {
      score = raiseScore(score, worthOf(1, factor), 1, unixAt(afterMs));
    }
    return score as KeepScore;
  };
  fc.assert(fc.property(uses, uses, fc.nat(1000 * HALF_LIFE_MS), (a, b, laterMs) => {
    const nowMs = 10 * HALF_LIFE_MS + laterMs % (20 * HALF_LIFE_MS);
    const [worthA, worthB] = [faded(a, nowMs), faded(b, nowMs)];
    if (Math.abs(worthA - worthB) < 1e-6 * worthA) return;
    expect(scoreOf(a) < scoreOf(b)).toBe(worthA < worthB);
  }));
});

test("an object long forgotten is worth nothing, and can be used again", () => {
  const old = raiseScore(undefined, worthOf(MIB, 1), MIB, unixAt(0));
  const years = unixAt(20 * 365 * 86_400_000);
  expect(worthPerByte(old, years)).toBe(0);
  expect(worthPerByte(raiseScore(old, worthOf(MIB, 1), MIB, years), years)).toBeGreaterThan(1);
});

test("a clock that is set back by years makes no worth infinite", () => {
  const score = raiseScore(undefined, worthOf(MIB, 160), MIB, unixAt(0));
  const before = unixAt(-30 * 365 * 86_400_000);
  expect(Number.isFinite(worthPerByte(score, before))).toBe(true);
  expect(Number.isFinite(raiseScore(score, 1, MIB, before))).toBe(true);
});

test("the return tells price and query interval of a chunk that is sold evenly", () => {
  const intervalMs = 600_000;
  let score: KeepScore | undefined;
  let nowMs = START_MS;
  for (let i = 0; i < 2000; i++) {
    nowMs = unixAt(i * intervalMs);
    score = raiseScore(score, worthOf(MIB, 5), MIB, nowMs);
  }
  const object = { score: score as KeepScore, factor: 5, bytes: MIB, diskBytes: MIB };
  const { queryIntervalMs, cbPerWeek } = returnOf(object, nowMs);
  expect(queryIntervalMs / intervalMs).toBeCloseTo(1, 1);
  expect(cbPerWeek / (5 * MIB * WEEK_MS / intervalMs)).toBeCloseTo(1, 1);
});

test("a chunk of price factor 0 earns nothing and is asked for all the same", () => {
  const score = raiseScore(undefined, worthOf(MIB, 0), MIB, unixAt(0));
  const object = { score, factor: 0, bytes: MIB, diskBytes: MIB };
  expect(returnOf(object, unixAt(0)).cbPerWeek).toBe(0);
  expect(returnOf(object, unixAt(0)).queryIntervalMs).toBeCloseTo(HALF_LIFE_MS / Math.LN2, 0);
});

test("a newcomer comes in below the rest, however much it is said to be worth", () => {
  const newcomers = raiseScore(undefined, worthOf(MIB, 2), MIB, unixAt(0));
  const said = worthOf(MIB, 160);
  expect(firstScore(said, MIB, newcomers, unixAt(0))).toBe(newcomers);
  const own = raiseScore(undefined, said, MIB, unixAt(0));
  expect(firstScore(said, MIB, undefined, unixAt(0))).toBe(own);
  const cheap = raiseScore(undefined, worthOf(MIB, 0), MIB, unixAt(0));
  expect(firstScore(worthOf(MIB, 0), MIB, newcomers, unixAt(0))).toBe(cheap);
});
