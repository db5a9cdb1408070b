import { CONGESTION_CONTROLS } from "../../src/config/mod.ts";
import { GATE_ROWS, type GateRow, holds } from "../support/gate_rows.ts";
import { describe, expect, test } from "../support/harness.ts";

/** One seed and a part of the time of `make bench-matrix`, which judges by twenty. */
const SEED = 1;
const MS = 5_000;
const TIMEOUT_MS = 60_000;

/** Virtual seconds that count: CUBIC's few packets on a lossy path cost little. */
function msOf({ leastMs }: GateRow, control: "cubic" | "bbr_lite"): number {
  return leastMs?.[control] ?? MS;
}

for (const control of CONGESTION_CONTROLS) {
  describe(control, () => {
    for (const row of GATE_ROWS) {
      const bound = row.bounds[control];
      if (bound === undefined || row.missedBy?.includes(control)) continue;
      test(`${row.title}: ${JSON.stringify(bound)} ${row.unit}`, () => {
        const value = row.measure(control, SEED, msOf(row, control));
        expect(holds(row, bound, [value]) ? "within" : value).toBe("within");
      }, TIMEOUT_MS);
    }
  });
}

test("a row is judged by every seed, by the mean or by the 95th percentile", () => {
  const row = GATE_ROWS[0] as GateRow;
  const bound = { least: 1, most: 20 };
  const values = Array.from({ length: 20 }, (_, i) => i + 1);
  expect(holds(row, bound, values)).toBe(true);
  expect(holds(row, bound, [...values, 21])).toBe(false);
  expect(holds(row, { least: 2 }, values)).toBe(false);
  expect(holds({ ...row, over: "mean" }, { least: 10.5, most: 10.5 }, values)).toBe(true);
  expect(holds({ ...row, over: "p95" }, { most: 19 }, values)).toBe(true);
  expect(holds({ ...row, over: "p95" }, { most: 18 }, values)).toBe(false);
});
