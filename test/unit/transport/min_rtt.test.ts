import fc from "fast-check";
import type { Instant } from "../../../src/lib/mod.ts";
import { MinRtt } from "../../../src/transport/min_rtt.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("the first sample replaces the guess, larger ones do not", () => {
  const minRtt = new MinRtt(100);
  expect(minRtt.ms).toBe(100);
  minRtt.update(130, 130, false, at(0));
  expect(minRtt.ms).toBe(130);
  minRtt.update(110, 110, false, at(1));
  minRtt.update(150, 150, false, at(2));
  expect(minRtt.ms).toBe(110);
});

test("what the peer says of its delay confirms the minimum and never lowers it", () => {
  const minRtt = new MinRtt(100);
  minRtt.update(100, 100, false, at(0));
  minRtt.update(120, 60, false, at(9_000));
  expect(minRtt.ms).toBe(100);
  expect(minRtt.isStale(at(18_000))).toBe(false);
});

test("it is stale when nothing near it was met for ten seconds", () => {
  const minRtt = new MinRtt(100);
  minRtt.update(100, 100, false, at(0));
  minRtt.update(103, 103, false, at(5_000));
  expect(minRtt.isStale(at(15_000))).toBe(false);
  minRtt.update(104, 104, false, at(14_000));
  expect(minRtt.isStale(at(15_001))).toBe(true);
  minRtt.rest(at(15_001));
  expect(minRtt.isStale(at(25_000))).toBe(false);
});

test("a stale one gives way to a sample of a flow that builds no queue, not to any other", () => {
  const minRtt = new MinRtt(100);
  minRtt.update(50, 50, false, at(0));
  minRtt.update(80, 80, false, at(11_000));
  expect(minRtt.ms).toBe(50);
  minRtt.update(80, 80, true, at(11_001));
  expect(minRtt.ms).toBe(80);
});

test("a probe replaces it by what was seen meanwhile, if anything was", () => {
  const minRtt = new MinRtt(100);
  minRtt.update(50, 50, false, at(0));
  minRtt.beginProbe();
  minRtt.update(70, 70, false, at(11_000));
  minRtt.update(60, 60, false, at(11_100));
  expect(minRtt.ms).toBe(50);
  minRtt.endProbe(at(11_200));
  expect([minRtt.ms, minRtt.isStale(at(21_000))]).toEqual([60, false]);
  minRtt.beginProbe();
  minRtt.endProbe(at(22_000));
  expect(minRtt.ms).toBe(60);
});

test("another path: the next sample counts, and until then there is still a guess", () => {
  const minRtt = new MinRtt(100);
  minRtt.update(50, 50, false, at(0));
  minRtt.restart();
  expect(minRtt.ms).toBe(50);
  minRtt.update(90, 90, false, at(1));
  expect(minRtt.ms).toBe(90);
});

test("whatever happens, it is a sample that was seen, no larger than the latest", () => {
  const step = fc.oneof(
    fc.record({ rttMs: fc.integer({ min: 1, max: 500 }), isAppLimited: fc.boolean() }),
    fc.constantFrom("beginProbe", "endProbe", "rest"),
  );
  const steps = fc.array(fc.tuple(fc.nat({ max: 4_000 }), step));
  fc.assert(fc.property(steps, (story) => {
    const minRtt = new MinRtt(100);
    const seen = new Set([100]);
    let now = 0;
    for (const [pauseMs, each] of story) {
      now += pauseMs;
      if (typeof each === "string") {
        if (each === "beginProbe") minRtt.beginProbe();
        else minRtt[each](at(now));
      } else {
        seen.add(each.rttMs);
        minRtt.update(each.rttMs, each.rttMs, each.isAppLimited, at(now));
        expect(minRtt.ms).toBeLessThanOrEqual(each.rttMs);
      }
      expect(seen.has(minRtt.ms)).toBe(true);
    }
  }));
});
