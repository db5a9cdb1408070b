import { type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import { ProbeCycle } from "../../../src/transport/probe_cycle.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("a cycle lasts two to three seconds, drawn anew each time", () => {
  const cycle = new ProbeCycle(new SeededRandom(1));
  const ends = Array.from({ length: 50 }, () => {
    cycle.restart(at(1_000));
    let now = 1_000;
    while (!cycle.isOver(1_000, at(now))) now += 10;
    return now - 1_000;
  });
  expect(Math.min(...ends)).toBeGreaterThanOrEqual(2_000);
  expect(Math.max(...ends)).toBeLessThanOrEqual(3_010);
  expect(new Set(ends).size).toBeGreaterThan(20);
});

test("on a short path it lasts 63 round trips, or as many as the path holds packets", () => {
  const cycle = new ProbeCycle(new SeededRandom(1));
  cycle.restart(at(0));
  for (let i = 0; i < 20; i++) cycle.onRound();
  expect([cycle.isOver(21, at(100)), cycle.isOver(20, at(100))]).toEqual([false, true]);
  for (let i = 20; i < 63; i++) cycle.onRound();
  expect(cycle.isOver(1_000, at(100))).toBe(true);
});
