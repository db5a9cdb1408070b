import { Closing } from "../../../src/transport/closing.ts";
import { expect, test } from "../../support/harness.ts";

test("CLOSE is told once, and to stragglers ever more rarely, until it has drained", () => {
  const closing = new Closing();
  expect([closing.isOpen, closing.takeCode()]).toEqual([true, undefined]);
  closing.begin(2, false);
  expect([closing.isOpen, closing.isDrained, closing.takeCode()]).toEqual([false, false, 2]);
  const told: number[] = [];
  for (let straggler = 1; straggler <= 20; straggler++) {
    expect(closing.answerStraggler()).toEqual({ drop: "unexpected" });
    if (closing.takeCode() === 2) told.push(straggler);
  }
  expect(told).toEqual([1, 2, 4, 8, 16]);
  closing.drained();
  for (let straggler = 21; straggler <= 64; straggler++) closing.answerStraggler();
  expect([closing.isDrained, closing.takeCode()]).toEqual([true, undefined]);
});

test("a peer that need not be told is told nothing, whatever it sends", () => {
  const closing = new Closing();
  closing.begin(undefined, true);
  closing.answerStraggler();
  expect([closing.isDrained, closing.takeCode()]).toEqual([true, undefined]);
});
