import { RttEstimator } from "../../../src/transport/rtt_estimator.ts";
import { expect, test } from "../../support/harness.ts";

test("the first sample replaces the initial belief (RFC 9002 §5.3)", () => {
  const rtt = new RttEstimator(333);
  expect([rtt.smoothedMs, rtt.variationMs, rtt.hasSample]).toEqual([333, 166.5, false]);
  rtt.update(40, 10);
  expect([rtt.smoothedMs, rtt.variationMs, rtt.minMs]).toEqual([40, 20, 40]);
});

test("later samples are folded in with 1/8 and 1/4", () => {
  const rtt = new RttEstimator(100);
  rtt.update(40, 0);
  rtt.update(80, 0);
  expect(rtt.smoothedMs).toBe(0.875 * 40 + 0.125 * 80);
  expect(rtt.variationMs).toBe(0.75 * 20 + 0.25 * 40);
  expect(rtt.latestMs).toBe(80);
});

test("an ack delay is taken off only down to the smallest sample", () => {
  const rtt = new RttEstimator(100);
  rtt.update(40, 0);
  rtt.update(60, 15);
  expect(rtt.smoothedMs).toBe(0.875 * 40 + 0.125 * 45);
  const before = rtt.smoothedMs;
  rtt.update(50, 25); // 25 < 40: an overstated delay is not believed
  expect(rtt.smoothedMs).toBe(0.875 * before + 0.125 * 50);
  expect(rtt.minMs).toBe(40);
});

test("the probe timeout is smoothed + max(4 × variation, 1 ms) + the peer's delay", () => {
  const rtt = new RttEstimator(100);
  expect(rtt.ptoMs(25)).toBe(100 + 4 * 50 + 25);
  for (let i = 0; i < 200; i++) rtt.update(10, 0);
  expect(rtt.ptoMs(25)).toBeCloseTo(10 + 1 + 25, 3);
});

test("a sample of nothing does not make rates infinite", () => {
  const rtt = new RttEstimator(100);
  rtt.update(0, 0);
  expect(rtt.smoothedMs).toBeGreaterThan(0);
});

test("restartMin() forgets a path that was faster", () => {
  const rtt = new RttEstimator(100);
  rtt.restartMin();
  expect(rtt.hasSample).toBe(false);
  rtt.update(10, 0);
  rtt.update(90, 0);
  rtt.restartMin();
  expect(rtt.minMs).toBe(90);
});
