import type { Instant } from "../../../src/lib/mod.ts";
import { ReceiveRate } from "../../../src/transport/receive_rate.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("a steady flow is measured at its rate, also when it comes in batches", () => {
  for (const batch of [1, 10]) {
    const rate = new ReceiveRate();
    for (let ms = 0; ms < 500; ms += batch) rate.onData(1_000 * batch, 20, at(ms));
    expect(Math.abs(rate.bytesPerMs - 1_000)).toBeLessThan(100);
  }
});

test("a pause is not averaged in, and old windows are forgotten", () => {
  const rate = new ReceiveRate();
  for (let ms = 0; ms < 100; ms++) rate.onData(1_000, 20, at(ms));
  for (let ms = 5_000; ms < 5_100; ms++) rate.onData(1_000, 20, at(ms));
  expect(rate.bytesPerMs).toBeGreaterThan(900);
  for (let ms = 5_100; ms < 5_400; ms++) rate.onData(100, 20, at(ms));
  expect(rate.bytesPerMs).toBeLessThan(150);
});

test("a single datagram is no rate", () => {
  const rate = new ReceiveRate();
  rate.onData(1_000_000, 20, at(0));
  expect(rate.bytesPerMs).toBe(0);
});
