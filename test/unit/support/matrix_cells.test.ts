import { expect, test } from "../../support/harness.ts";
import { countedMs, MATRIX_CELLS, playCell } from "../../support/matrix_cells.ts";

test("every kind of path is in the matrix once", () => {
  const names = MATRIX_CELLS.map((cell) => JSON.stringify(cell));
  expect([names.length, new Set(names).size]).toEqual([2_475, 2_475]);
});

test("the time that counts is 20 round trips at least, and 20 s at most beyond them", () => {
  for (const cell of MATRIX_CELLS) {
    expect(countedMs(cell)).toBeGreaterThanOrEqual(20 * cell.rttMs);
    expect(countedMs(cell)).toBeLessThanOrEqual(20_000);
  }
});

test("a cell gives the same figures each time, and loses about what it should", () => {
  const loss = { percent: 3, kind: "bursts" } as const;
  const cell = { rttMs: 20, loss, reorder: "none", mbit: 10, bufferBdp: 1 } as const;
  const first = playCell("bbr_lite", cell, 1);
  expect(first).toEqual(playCell("bbr_lite", cell, 1));
  expect(first.lostRatio).toBeGreaterThan(0.02);
  expect(first.lostRatio).toBeLessThan(0.06);
  expect(first.mbit).toBeLessThan(10);
});
