import { RttTable } from "../../../src/dht/rtt_table.ts";
import { expect, test } from "../../support/harness.ts";

test("a node's times are smoothed as RFC 9002 §5.3 says, apart from those of others", () => {
  const rtts = new RttTable(100);
  expect(rtts.get("a")).toBeUndefined();
  rtts.note("a", 100);
  rtts.note("b", 10);
  expect(rtts.get("a")).toEqual({ smoothedMs: 100, variationMs: 50 });
  rtts.note("a", 180);
  expect(rtts.get("a")).toEqual({ smoothedMs: 110, variationMs: 0.75 * 50 + 0.25 * 80 });
  expect(rtts.get("b")).toEqual({ smoothedMs: 10, variationMs: 5 });
});

test("the node that was timed longest ago gives way, and leaves nothing to its successor", () => {
  const rtts = new RttTable(20);
  for (let i = 0; i < 20; i++) rtts.note(`node ${i}`, 100 + i);
  rtts.note("node 0", 100);
  rtts.note("new", 7);
  expect(rtts.get("node 1")).toBeUndefined();
  expect(rtts.get("new")).toEqual({ smoothedMs: 7, variationMs: 3.5 });
  expect(rtts.get("node 0")?.smoothedMs).toBe(100);
  expect(rtts.get("node 19")?.smoothedMs).toBe(119);
});
