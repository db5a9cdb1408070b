import type { Instant } from "../../../src/lib/mod.ts";
import { Pacer } from "../../../src/transport/pacer.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

function burst(pacer: Pacer, bytes: number): number {
  let packets = 0;
  while (pacer.allows(bytes) && packets < 10_000) {
    pacer.spend(bytes);
    packets++;
  }
  return packets;
}

test("a slow path gets bursts of ten packets, a fast one of 2 or 4 ms", () => {
  const burstAt = (rate: number) => {
    const pacer = new Pacer();
    pacer.refill(rate, 1_000, at(0));
    return burst(pacer, 1_000);
  };
  expect(burstAt(100)).toBe(10);
  expect(burstAt(20_000)).toBe(40);
  expect(burstAt(100_000)).toBe(400);
});

test("readyAt() is when the next packet may go: then, and not before", () => {
  const pacer = new Pacer();
  pacer.refill(300, 1_000, at(5));
  burst(pacer, 1_000);
  const ready = pacer.readyAt(1_000);
  expect(ready).toBeGreaterThan(5);
  pacer.refill(300, 1_000, at(ready - 0.01));
  expect(pacer.allows(1_000)).toBe(false);
  pacer.refill(300, 1_000, ready);
  expect(pacer.allows(1_000)).toBe(true);
});

test("over a long time the rate is kept, and sleep is not banked", () => {
  const pacer = new Pacer();
  let packets = 0;
  let now = 0;
  pacer.refill(1_000, 1_000, at(now));
  burst(pacer, 1_000);
  while (now < 1_000) {
    now = pacer.readyAt(1_000);
    pacer.refill(1_000, 1_000, at(now));
    packets += burst(pacer, 1_000);
  }
  expect(Math.abs(packets - 1_000)).toBeLessThanOrEqual(2);
  pacer.refill(1_000, 1_000, at(now + 60_000));
  expect(burst(pacer, 1_000)).toBe(10);
});

test("time that stands still or goes back adds nothing", () => {
  const pacer = new Pacer();
  pacer.refill(1_000, 1_000, at(100));
  burst(pacer, 1_000);
  pacer.refill(1_000, 1_000, at(90));
  expect(pacer.allows(1_000)).toBe(false);
});
