import { FullPipe } from "../../../src/transport/full_pipe.ts";
import { expect, test } from "../../support/harness.ts";

test("three round trips with less than a quarter more mean a full path", () => {
  const pipe = new FullPipe();
  for (const rate of [10, 20, 40, 49, 49, 50]) pipe.onRound(rate);
  expect(pipe.isFull).toBe(false); // 50 is a quarter more than 40
  for (const rate of [60, 61]) pipe.onRound(rate);
  expect(pipe.isFull).toBe(false);
  pipe.onRound(62);
  expect(pipe.isFull).toBe(true);
});

test("losses may tell it too", () => {
  const pipe = new FullPipe();
  pipe.fill();
  expect(pipe.isFull).toBe(true);
});
