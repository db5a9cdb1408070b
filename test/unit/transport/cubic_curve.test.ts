import type { Instant } from "../../../src/lib/mod.ts";
import { cubeRoot, CubicCurve } from "../../../src/transport/cubic_curve.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const MSS = 1_200;

/** The window after `ms` in which all of it is acknowledged each round trip, in 20 ACKs. */
function grow(curve: CubicCurve, windowBytes: number, rttMs: number, from: number, ms: number) {
  let window = windowBytes;
  for (let now = from; now < from + ms; now += rttMs / 20) {
    curve.onAck(true, at(now));
    window = curve.grown(window, window / 20, MSS, rttMs, at(now));
  }
  return window;
}

test("cubeRoot() is the cube root", () => {
  for (const x of [0, 1e-9, 0.3, 1, 2, 27, 750, 1e6, 1e12]) {
    expect(Math.abs(cubeRoot(x) - Math.cbrt(x))).toBeLessThanOrEqual(1e-12 * Math.max(1, x));
  }
});

test("after a cut the window is back at W_max after K seconds (RFC 9438 §4.2)", () => {
  const curve = new CubicCurve();
  const max = 1_000 * MSS;
  curve.onCut(max);
  const kMs = Math.cbrt(1_000 * 0.3 / 0.4) * 1_000;
  const half = grow(curve, 0.7 * max, 100, 0, kMs / 2);
  expect(Math.abs(half / max - (1 - 0.3 / 8))).toBeLessThan(0.01); // concave
  const whole = grow(curve, half, 100, kMs / 2, kMs / 2);
  expect(Math.abs(whole - max) / max).toBeLessThan(0.02);
  expect(grow(curve, whole, 100, kMs, 3_000)).toBeGreaterThan(max); // convex: probing beyond
});

test("a cut below the last one leaves room for a newcomer (§4.7)", () => {
  const curve = new CubicCurve();
  const second = 700 * MSS;
  curve.onCut(1_000 * MSS);
  curve.onCut(second);
  const kMs = Math.cbrt(700 * (0.85 - 0.7) / 0.4) * 1_000;
  const window = grow(curve, 0.7 * second, 100, 0, kMs);
  expect(Math.abs(window / second - 0.85)).toBeLessThan(0.01);
});

test("on a short path the window grows at least as Reno's would (§4.3)", () => {
  const curve = new CubicCurve();
  curve.onCut(32 * MSS);
  const window = grow(curve, 22 * MSS, 1, 0, 100);
  // Reno of the same average: 3 (1 - 0.7) / (1 + 0.7) packets a round trip, then 1
  expect(window - 22 * MSS).toBeGreaterThan(0.5 * 100 * MSS);
});

test("time in which the window is not used does not count on the curve (§5.8)", () => {
  const curve = new CubicCurve();
  curve.onCut(100 * MSS);
  const start = grow(curve, 70 * MSS, 50, 0, 50);
  for (let i = 0; i < 100; i++) curve.onAck(false, at(100 + 1_000 * i));
  curve.onAck(true, at(100_100));
  expect(curve.grown(start, MSS, MSS, 50, at(100_100))).toBeLessThan(1.1 * start);
});

test("an undone cut leaves the maximum as it was", () => {
  const [cut, undone] = [new CubicCurve(), new CubicCurve()];
  for (const curve of [cut, undone]) curve.onCut(200 * MSS);
  undone.onCut(150 * MSS);
  undone.undoCut();
  expect(grow(undone, 140 * MSS, 50, 0, 2_000)).toBe(grow(cut, 140 * MSS, 50, 0, 2_000));
});
