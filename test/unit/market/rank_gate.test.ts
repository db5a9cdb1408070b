import fc from "fast-check";
import { RankGate } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at } from "../../support/market_parts.ts";

const MINUTE_MS = 60_000;

/** The gate after each of so many minutes at one use of the pool. */
function minutes(gate: RankGate, use: number, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, minute) => {
    gate.note(use, at((from + minute) * MINUTE_MS));
    return gate.byLoad;
  });
}

test("nothing is asked for while a tenth of the pool is free", () => {
  expect(new Set(minutes(new RankGate(), 0.899, 0, 600))).toEqual(new Set([0]));
});

test("above 90 % it is 8 at once, and one more every ten minutes", () => {
  const ranks = minutes(new RankGate(), 0.9, 0, 31);
  expect([0, 9, 10, 19, 20, 30].map((minute) => ranks[minute])).toEqual([8, 8, 9, 9, 10, 11]);
});

test("between the marks it stays, below 50 % it falls by one in ten minutes, from 8 to 0", () => {
  const gate = new RankGate();
  minutes(gate, 1, 0, 11);
  expect(minutes(gate, 0.7, 11, 60).at(-1)).toBe(9);
  const falling = minutes(gate, 0.499, 71, 21);
  expect([0, 9, 10, 20].map((minute) => falling[minute])).toEqual([9, 9, 8, 0]);
});

test("no more than 24 is ever asked for", () => {
  const gate = new RankGate();
  expect(minutes(gate, 1, 0, 2_000).at(-1)).toBe(24);
  expect(minutes(gate, 0, 2_000, 171).at(-1)).toBe(0);
});

test("law: it is 0 or 8 … 24, and moves a step in ten minutes, the way the use says", () => {
  const notes = fc.array(
    fc.record({ afterMs: fc.nat(15 * MINUTE_MS), use: fc.double({ min: 0, max: 1, noNaN: true }) }),
    { maxLength: 300 },
  );
  fc.assert(fc.property(notes, (steps) => {
    const gate = new RankGate();
    let now = 0;
    for (const { afterMs, use } of steps) {
      const before = gate.byLoad;
      now += afterMs;
      gate.note(use, at(now));
      const after = gate.byLoad;
      expect(after === 0 || (after >= 8 && after <= 24)).toBe(true);
      const movedMost = Math.ceil(afterMs / (10 * MINUTE_MS));
      if (use >= 0.9) expect(after).toBeGreaterThanOrEqual(Math.max(before, 8));
      else if (use < 0.5) expect(after).toBeLessThanOrEqual(before);
      else expect(after).toBe(before);
      const isJump = (before === 0) !== (after === 0);
      if (!isJump) expect(Math.abs(after - before)).toBeLessThanOrEqual(movedMost);
    }
  }));
});
