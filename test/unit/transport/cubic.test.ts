import type { Instant } from "../../../src/lib/mod.ts";
import {
  cubeRoot,
  Cubic,
  INITIAL_WINDOW_PACKETS,
  MIN_WINDOW_PACKETS,
} from "../../../src/transport/cubic.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const MSS = 1_200;
const MAX = 32 * 1_048_576;

/** One round trip in which the whole window is acknowledged, ten packets an ACK. */
function round(cubic: Cubic, rttMs: number, now: number): number {
  const window = cubic.windowBytes;
  for (let acked = 0; acked < window; acked += 10 * MSS) {
    cubic.onAcked(10 * MSS, rttMs, true, at(now + rttMs * (acked / window)));
  }
  return now + rttMs;
}

test("cubeRoot() is the cube root", () => {
  for (const x of [0, 1e-9, 0.3, 1, 2, 27, 750, 1e6, 1e12]) {
    expect(Math.abs(cubeRoot(x) - Math.cbrt(x))).toBeLessThanOrEqual(1e-12 * Math.max(1, x));
  }
});

test("slow start doubles the window each round trip, up to its ceiling", () => {
  const cubic = new Cubic(MSS, 400 * MSS);
  expect(cubic.windowBytes).toBe(INITIAL_WINDOW_PACKETS * MSS);
  const now = round(cubic, 50, 0);
  expect(cubic.windowBytes).toBeGreaterThanOrEqual(2 * INITIAL_WINDOW_PACKETS * MSS);
  for (let i = 0; i < 6; i++) round(cubic, 50, now + 50 * i);
  expect(cubic.windowBytes).toBe(400 * MSS);
});

test("losses cut the window by 0.7, once per round trip", () => {
  const cubic = new Cubic(MSS, MAX);
  const before = cubic.windowBytes;
  cubic.onLost(3, at(90), at(100));
  expect(cubic.windowBytes).toBeCloseTo(0.7 * before, 6);
  expect(cubic.isInSlowStart).toBe(false);
  cubic.onLost(5, at(100), at(120)); // sent before the cut
  expect(cubic.windowBytes).toBeCloseTo(0.7 * before, 6);
  cubic.onLost(1, at(101), at(150));
  expect(cubic.windowBytes).toBeCloseTo(0.49 * before, 6);
});

test("after a cut the window is back at W_max after K seconds (RFC 9438 §4.2)", () => {
  const cubic = new Cubic(MSS, MAX);
  while (cubic.windowBytes < 1_000 * MSS) round(cubic, 100, 0);
  const max = cubic.windowBytes;
  cubic.onLost(1, at(1_000), at(1_000));
  const k = Math.cbrt((max / MSS) * 0.3 / 0.4); // seconds
  let now = 1_000;
  while (now < 1_000 + (k / 2) * 1_000) now = round(cubic, 100, now);
  expect(cubic.windowBytes).toBeLessThan(max);
  // concave: seven eighths of the way in the first half
  expect(Math.abs(cubic.windowBytes / max - (1 - 0.3 / 8))).toBeLessThan(0.005);
  while (now < 1_000 + k * 1_000) now = round(cubic, 100, now);
  expect(Math.abs(cubic.windowBytes - max) / max).toBeLessThan(0.02);
  for (let i = 0; i < 30; i++) now = round(cubic, 100, now);
  expect(cubic.windowBytes).toBeGreaterThan(max); // convex: probing beyond
});

test("a cut below the last one leaves room for a newcomer (§4.7)", () => {
  const cubic = new Cubic(MSS, MAX);
  while (cubic.windowBytes < 1_000 * MSS) round(cubic, 100, 0);
  cubic.onLost(1, at(1_000), at(1_000));
  const second = cubic.windowBytes;
  cubic.onLost(1, at(1_001), at(1_100));
  const k = Math.cbrt((second / MSS) * (0.85 - 0.7) / 0.4);
  let now = 1_100;
  while (now < 1_100 + k * 1_000) now = round(cubic, 100, now);
  expect(Math.abs(cubic.windowBytes / second - 0.85)).toBeLessThan(0.01);
});

test("on a short path the window grows at least as Reno's would (§4.3)", () => {
  const cubic = new Cubic(MSS, MAX);
  cubic.onLost(1, at(0), at(0));
  const start = cubic.windowBytes;
  let now = 1;
  for (let i = 0; i < 100; i++) now = round(cubic, 1, now);
  // Reno of the same average: 3 (1 - 0.7) / (1 + 0.7) packets a round trip, then 1
  expect(cubic.windowBytes - start).toBeGreaterThan(0.5 * 100 * MSS);
});

test("an unused window does not grow", () => {
  const cubic = new Cubic(MSS, MAX);
  const before = cubic.windowBytes;
  cubic.onAcked(10 * MSS, 50, false, at(10));
  expect(cubic.windowBytes).toBe(before);
  cubic.onLost(1, at(20), at(20));
  const cut = cubic.windowBytes;
  for (let i = 0; i < 100; i++) cubic.onAcked(10 * MSS, 50, false, at(20 + 1_000 * i));
  cubic.onAcked(MSS, 50, true, at(100_001)); // the idle time does not count on the curve
  expect(cubic.windowBytes).toBeLessThan(1.1 * cut);
});

test("a cut whose causes were no losses is undone", () => {
  const cubic = new Cubic(MSS, MAX);
  const before = cubic.windowBytes;
  cubic.onLost(2, at(10), at(20));
  cubic.onLost(3, at(15), at(25)); // in the same recovery: not its cause
  cubic.onSpuriousLoss(at(9));
  cubic.onSpuriousLoss(at(15));
  expect(cubic.windowBytes).toBeLessThan(before);
  cubic.onSpuriousLoss(at(10));
  expect(cubic.windowBytes).toBe(before);
  expect(cubic.isInSlowStart).toBe(true);
  expect(cubic.recoveryStartedAt).toBeUndefined();
});

test("persistent congestion leaves four packets, and never less", () => {
  const cubic = new Cubic(MSS, MAX);
  cubic.onPersistentCongestion();
  expect(cubic.windowBytes).toBe(MIN_WINDOW_PACKETS * MSS);
  cubic.onLost(1, at(10), at(20));
  expect(cubic.windowBytes).toBe(MIN_WINDOW_PACKETS * MSS);
  cubic.setDatagramBytes(1_472);
  expect(cubic.windowBytes).toBe(MIN_WINDOW_PACKETS * 1_472);
});

test("pacing is above the window's own rate, more so in slow start", () => {
  const cubic = new Cubic(MSS, MAX);
  expect(cubic.pacingRate(100)).toBe(2 * 32 * MSS / 100);
  cubic.onLost(1, at(0), at(1));
  expect(cubic.pacingRate(50)).toBeCloseTo(1.25 * 0.7 * 32 * MSS / 50, 6);
});
