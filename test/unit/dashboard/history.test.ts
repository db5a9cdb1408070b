import { History, HISTORY_MAX } from "../../../src/dashboard/history.ts";
import { expect, test } from "../../support/harness.ts";

const sample = (second: number, uptimeSeconds = second) => ({
  atSeconds: 1_000_000 + second,
  uptimeSeconds,
  sentBytes: 100 * second,
  receivedBytes: 10 * second,
  storeBytes: second,
});

test("rates are means over the node's own time, however late an answer was", () => {
  const history = new History();
  for (const second of [1, 2, 12]) history.push(sample(second));
  expect(history.traffic()).toEqual([[1_000_002, 1_000_012], [100, 100], [10, 10]]);
  expect(history.store()).toEqual([[1_000_001, 1_000_002, 1_000_012], [1, 2, 12]]);
});

test("two answers of one instant give no rate", () => {
  const history = new History();
  history.push(sample(1));
  history.push(sample(1));
  expect(history.traffic()).toEqual([[], [], []]);
});

test("a history is bounded, and the oldest gives way", () => {
  const history = new History();
  for (let second = 0; second < HISTORY_MAX + 5; second++) history.push(sample(second));
  const [at] = history.store();
  expect([at.length, at[0]]).toEqual([HISTORY_MAX, 1_000_005]);
});

test("a node that started anew has no rate below nothing", () => {
  const history = new History();
  for (const second of [100, 101]) history.push(sample(second));
  history.push({ ...sample(3), atSeconds: 1_000_110 });
  expect(history.traffic()).toEqual([[], [], []]);
});
