import { KeepClock } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

const DAY_MS = 86_400_000;
const STORE = 1000 * MIB;

test("a half-life is ten stores asked for, and no time passes while nobody asks", () => {
  const clock = new KeepClock(STORE, 0, at(0));
  for (let i = 0; i < 10_000; i++) clock.noteAsked(MIB, at(i));
  expect(clock.time).toBeCloseTo(1, 9);
  clock.halfLifeMs(at(100 * DAY_MS));
  expect(clock.time).toBeCloseTo(1, 9);
});

test("what is kept on disk goes on where it stopped, to a thousandth", () => {
  const clock = new KeepClock(STORE, 0, at(0));
  clock.noteAsked(12_345 * MIB, at(0));
  expect(Number.isInteger(clock.stored)).toBe(true);
  const later = new KeepClock(2 * STORE, clock.stored, at(0));
  expect(later.time).toBeLessThanOrEqual(clock.time);
  expect(clock.time - later.time).toBeLessThan(0.001);
});

test("the pace is that of the last days", () => {
  const clock = new KeepClock(STORE, 0, at(0));
  expect(clock.halfLifeMs(at(0))).toBe(30 * DAY_MS); // a guess
  const minutes = 10 * DAY_MS / 60_000;
  for (let i = 0; i < minutes; i++) clock.noteAsked(10_000 * MIB / 1440, at(i * 60_000));
  const now = at(10 * DAY_MS);
  expect(clock.halfLifeMs(now) / DAY_MS).toBeGreaterThan(0.95);
  expect(clock.halfLifeMs(now) / DAY_MS).toBeLessThan(1.05);
  expect(clock.halfLifeMs(at(12 * DAY_MS)) / DAY_MS).toBeGreaterThan(3);
});

test("a clock that runs backwards changes nothing", () => {
  const clock = new KeepClock(STORE, 0, at(1000));
  clock.noteAsked(MIB, at(0));
  expect(Number.isFinite(clock.halfLifeMs(at(0)))).toBe(true);
  expect(clock.halfLifeMs(at(0))).toBeGreaterThan(0);
});
