import { StandingQueue } from "../../../src/transport/standing_queue.ts";
import { expect, test } from "../../support/harness.ts";

function after(samples: readonly number[]): StandingQueue {
  const queue = new StandingQueue();
  for (const rttMs of samples) queue.onSample(rttMs);
  return queue;
}

test("a queue stands where even the quickest packet waited 5 ms, or an eighth", () => {
  expect(after([130, 105.1, 140]).isThroughRound(100)).toBe(true);
  expect(after([130, 104.9, 140]).isThroughRound(100)).toBe(false);
  expect(after([9.1]).isThroughRound(8)).toBe(true);
  expect(after([8.9, 30]).isThroughRound(8)).toBe(false);
  expect(after([]).isThroughRound(8)).toBe(false);
});

test("a cycle goes on through its rounds; one quick packet in it is enough", () => {
  const queue = after([100]);
  queue.beginRound();
  queue.onSample(150);
  expect([queue.isThroughRound(100), queue.isThroughCycle(100)]).toEqual([true, false]);
  queue.beginCycle();
  queue.onSample(140);
  expect(queue.isThroughCycle(100)).toBe(true);
});
