import { RepeatedLog } from "../../../../src/node/loop/repeated_log.ts";
import type { Instant } from "../../../../src/lib/mod.ts";
import { expect, test } from "../../../support/harness.ts";

test("a trouble that lasts is one line a minute, which counts what it leaves out", () => {
  let nowMs = 5;
  const lines: unknown[] = [];
  const log = new RepeatedLog(
    { log: (level, event, fields) => void lines.push([level, event, fields]) },
    () => nowMs as Instant,
  );
  for (let i = 0; i < 1_000; i++, nowMs += 100) log.error("keep_failed", { i });
  log.error("maintenance_failed", { reason: "of its own" });
  nowMs += 3_600_000;
  log.error("keep_failed", { i: 1_000 });
  log.error("keep_failed", { i: 1_001 });
  expect(lines).toEqual([
    ["error", "keep_failed", { i: 0 }],
    ["error", "keep_failed", { i: 600, omitted: 599 }],
    ["error", "maintenance_failed", { reason: "of its own" }],
    ["error", "keep_failed", { i: 1_000, omitted: 399 }],
  ]);
});
