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
  flow.settle(MIB - 1);
  expect([flow.outstandingBytes, budget.usedBytes]).toEqual([0, 0]);
});

test("the shared budget bounds all connections together", () => {
  const budget = new SharedBudget(1.5 * MIB);
  const [one, two] = [new FlowControl(budget), new FlowControl(budget)];
  expect(one.ask(MIB)).toBe(true);
  expect(two.roomBytes).toBe(0.5 * MIB);
  expect(two.ask(MIB)).toBe(false);
  expect(two.outstandingBytes).toBe(0);
  one.settle(MIB);
  expect(two.ask(MIB)).toBe(true);
});

test("a window that shrinks below what is outstanding leaves no room, not less", () => {
  const flow = new FlowControl(new SharedBudget(64 * MIB));
  flow.update(1_000_000, 200);
  flow.ask(20 * MIB);
  flow.update(0, 200);
  expect(flow.roomBytes).toBe(0);
});
