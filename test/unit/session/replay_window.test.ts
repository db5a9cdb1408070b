import fc from "fast-check";
import { REPLAY_WINDOW_BULK, ReplayWindow } from "../../../src/session/mod.ts";
import { expect, test } from "../../support/harness.ts";

function windowAt(highest: number, isBulk: boolean): ReplayWindow {
  const window = new ReplayWindow();
  if (isBulk) window.grow();
  window.mark(highest);
  return window;
}

test("the small window ends after 127 below the highest, the bulk one after 8191", () => {
  for (const base of [10_000, 2 ** 31 + 5, 2 ** 48 - 1]) {
    const small = windowAt(base, false), bulk = windowAt(base, true);
    const distances = [0, 1, 127, 128, 8191, 8192];
    expect(distances.map((d) => small.isFresh(base - d)))
      .toEqual([false, true, true, false, false, false]);
    expect(distances.map((d) => bulk.isFresh(base - d)))
      .toEqual([false, true, true, true, true, false]);
    expect(bulk.isFresh(base + 1)).toBe(true);
  }
});

test("the first packet of a session is number 0, and it is taken once", () => {
  const window = new ReplayWindow();
  expect(window.highest).toBe(-1);
  expect(window.isFresh(0)).toBe(true);
  window.mark(0);
  expect(window.isFresh(0)).toBe(false);
});

test("growing keeps what was taken, and never makes a forgotten number fresh again", () => {
  const window = new ReplayWindow();
  for (let n = 0; n < 300; n += 2) window.mark(n);
  window.grow();
  window.grow();
  expect(window.size).toBe(REPLAY_WINDOW_BULK);
  expect([298, 297, 172, 171, 170, 1].map((n) => window.isFresh(n)))
    .toEqual([false, true, false, true, false, false]);
});

test("law: against a plain set, no number is taken twice and none in the window is refused", () => {
  const numbers = fc.array(fc.nat(700), { minLength: 1, maxLength: 400 });
  fc.assert(fc.property(numbers, fc.nat(400), (sequence, growAt) => {
    const window = new ReplayWindow();
    const taken = new Set<number>();
    let lost = -1; // highest number that the small window had let go when it grew
    sequence.forEach((n, i) => {
      if (i === growAt) {
        lost = window.highest - window.size;
        window.grow();
      }
      const inWindow = n > window.highest - window.size && n > lost;
      expect([n, window.isFresh(n)]).toEqual([n, inWindow && !taken.has(n)]);
      if (!window.isFresh(n)) return;
      window.mark(n);
      taken.add(n);
    });
  }));
});
