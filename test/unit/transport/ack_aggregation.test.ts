import type { Instant } from "../../../src/lib/mod.ts";
import { AckAggregation } from "../../../src/transport/ack_aggregation.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("a steady stream of ACKs at the path's rate shows one ACK's worth at most", () => {
  const aggregation = new AckAggregation();
  for (let now = 0; now < 1_000; now++) {
    aggregation.onAck(1_000, 1_000, 1e9, now % 20 === 0, at(now));
  }
  expect(aggregation.extraBytes).toBeLessThanOrEqual(1_000);
});

test("a receiver that tells every 10 ms of what came since shows 10 ms of the rate", () => {
  const aggregation = new AckAggregation();
  for (let now = 0; now < 1_000; now += 10) {
    aggregation.onAck(10_000, 1_000, 1e9, now % 20 === 0, at(now));
  }
  expect(aggregation.extraBytes).toBe(10_000);
});

test("it is forgotten after ten round trips, capped by the window, and by restart()", () => {
  const aggregation = new AckAggregation();
  aggregation.onAck(50_000, 1_000, 20_000, true, at(0));
  expect(aggregation.extraBytes).toBe(20_000);
  for (let round = 1; round < 10; round++) {
    aggregation.onAck(100, 1_000, 20_000, true, at(round * 100));
  }
  expect(aggregation.extraBytes).toBe(20_000);
  aggregation.onAck(100, 1_000, 20_000, true, at(1_000));
  expect(aggregation.extraBytes).toBeLessThan(1_000);
  aggregation.restart();
  expect(aggregation.extraBytes).toBe(0);
});
