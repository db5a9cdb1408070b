import { FlowControl } from "../../../src/transport/flow_control.ts";
import { SharedBudget } from "../../../src/transport/mod.ts";
import { expect, test } from "../../support/harness.ts";

const MIB = 1_048_576;

test("the window starts at 1 MiB and follows twice the bandwidth-delay product to 32 MiB", () => {
  const flow = new FlowControl(new SharedBudget(64 * MIB));
  expect(flow.roomBytes).toBe(MIB);
  flow.update(12_500, 20); // 100 Mbit/s at 20 ms: 500 kB
  expect(flow.windowBytes).toBe(MIB);
  flow.update(12_500, 200);
  expect(flow.windowBytes).toBe(2 * 12_500 * 200);
  flow.update(1_000_000, 200);
  expect(flow.windowBytes).toBe(32 * MIB);
});

test("what is asked for counts until it is settled", () => {
  const budget = new SharedBudget(64 * MIB);
  const flow = new FlowControl(budget);
  expect(flow.ask(MIB - 1)).toBe(true);
  expect(flow.ask(2)).toBe(false);
  expect(flow.roomBytes).toBe(1);
  flow.settle(MIB - 1, 0);
  expect([flow.outstandingBytes, budget.usedBytes]).toEqual([0, 0]);
});

test("what has come is credit again, and memory until its slice is whole", () => {
  const budget = new SharedBudget(64 * MIB);
  const flow = new FlowControl(budget);
  flow.ask(MIB);
  flow.arrived(MIB - 100);
  expect([flow.outstandingBytes, flow.roomBytes, budget.usedBytes]).toEqual([100, MIB - 100, MIB]);
  flow.settle(MIB, MIB - 100);
  expect([flow.outstandingBytes, flow.roomBytes, budget.usedBytes]).toEqual([0, MIB, 0]);
});

test("a peer that sends all of each slice but a byte holds two windows of memory at most", () => {
  const budget = new SharedBudget(64 * MIB);
  const flow = new FlowControl(budget);
  for (const windowBytes of [MIB, 32 * MIB]) {
    flow.update(windowBytes / 2, 1);
    while (flow.ask(65_536)) flow.arrived(65_535);
    expect(budget.usedBytes).toBe(Math.min(2 * windowBytes, 32 * MIB));
  }
});

test("the shared budget bounds all connections together", () => {
  const budget = new SharedBudget(1.5 * MIB);
  const [one, two] = [new FlowControl(budget), new FlowControl(budget)];
  expect(one.ask(MIB)).toBe(true);
  expect(two.roomBytes).toBe(0.5 * MIB);
  expect(two.ask(MIB)).toBe(false);
  expect(two.outstandingBytes).toBe(0);
  one.settle(MIB, 0);
  expect(two.ask(MIB)).toBe(true);
});

test("a window that shrinks below what is outstanding leaves no room, not less", () => {
  const flow = new FlowControl(new SharedBudget(64 * MIB));
  flow.update(1_000_000, 200);
  flow.ask(20 * MIB);
  flow.update(0, 200);
  expect(flow.roomBytes).toBe(0);
});
