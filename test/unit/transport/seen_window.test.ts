import fc from "fast-check";
import { SeenWindow } from "../../../src/transport/seen_window.ts";
import { expect, test } from "../../support/harness.ts";

test("an id counts as new once, also after the counter went round", () => {
  const window = new SeenWindow();
  for (let i = 0; i < 200_000; i++) {
    const id = i & 0xffff;
    if (window.has(id)) throw new Error(`id ${id} of step ${i} counts as seen`);
    window.add(id);
    if (!window.has(id)) throw new Error(`id ${id} of step ${i} is forgotten at once`);
  }
});

test("ids out of order within half the window are each taken once", () => {
  const swaps = fc.array(fc.nat({ max: 1_023 }), { minLength: 1, maxLength: 200 });
  fc.assert(fc.property(swaps, fc.nat({ max: 0xffff }), (leads, base) => {
    const window = new SeenWindow();
    const model = new Set<number>();
    leads.forEach((lead, step) => {
      const id = (base + step + lead) & 0xffff;
      expect(window.has(id)).toBe(model.has(id));
      window.add(id);
      model.add(id);
    });
  }));
});

test("an id passed over is new, though the one 2,048 before it was seen", () => {
  const window = new SeenWindow();
  for (let id = 0; id <= 5_000; id++) window.add(id);
  for (const [next, passedOver] of [[5_002, 5_001], [5_010, 5_005]] as const) {
    window.add(next);
    expect(window.has(passedOver)).toBe(false);
  }
});

test("an id 2,048 behind counts as seen, and one far ahead empties the window", () => {
  const window = new SeenWindow();
  window.add(5_000);
  expect(window.has(5_000 - 2_047)).toBe(false);
  expect(window.has(5_000 - 2_048)).toBe(true);
  window.add(20_000);
  expect(window.has(20_000 - 1)).toBe(false);
  expect(window.has(5_000)).toBe(true);
  window.add(5_000); // too old to be noted
  expect(window.has(20_000 - 1)).toBe(false);
});
