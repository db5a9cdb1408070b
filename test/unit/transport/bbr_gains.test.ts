import { pacingGain, upGain, windowGain } from "../../../src/transport/bbr_gains.ts";
import { expect, test } from "../../support/harness.ts";

test("a push for more builds 10 ms of queue in a round trip, then doubles to a quarter", () => {
  expect(upGain(20, 0)).toBe(1.25);
  expect([0, 1, 2, 3].map((round) => upGain(200, round))).toEqual([1.05, 1.1, 1.2, 1.25]);
  expect(upGain(1_000, 1_000)).toBe(1.25);
});

test("gains are those of protocol.md §2.4", () => {
  const phases = ["startup", "drain", "down", "cruise", "refill", "up", "probe_rtt"] as const;
  expect(phases.map((phase) => pacingGain(phase, 20, 0)))
    .toEqual([2.773, 0.35, 0.9, 1, 1, 1.25, 1]);
  expect(phases.map((phase) => windowGain(phase))).toEqual([2, 2, 2, 2, 2, 2.25, 0.5]);
});
