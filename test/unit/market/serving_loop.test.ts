import fc from "fast-check";
import { SERVING_TICK_MS, ServingLoop } from "../../../src/market/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

const SOLD = MIB;

/** A node of which `asked` bytes a second are asked for, by price factor. Whatever is in range is
 * served, up to what is sold. @returns the range after each tick. */
function run(loop: ServingLoop, asked: readonly number[], ticks: number, from = 0): number[] {
  const ranges: number[] = [];
  const seconds = SERVING_TICK_MS / 1000;
  for (let tick = 1; tick <= ticks; tick++) {
    const { factorMin } = loop.served;
    const served = asked.reduce((sum, bytes, factor) => sum + (factor >= factorMin ? bytes : 0), 0);
    asked.forEach((bytes, factor) => loop.noteAsked(factor, bytes * seconds));
    const soldBytes = Math.min(served, SOLD) * seconds;
    loop.tick({ soldBytes, leastIntervalMs: undefined }, at((from + tick) * SERVING_TICK_MS));
    ranges.push(loop.rangeBits);
  }
  return ranges;
}

const fresh = () => new ServingLoop({ sellBytesPerSecond: SOLD, now: at(0) });

describe("the range", () => {
  test("grows in one tick to where what is asked for fills what is sold, and no farther", () => {
    // Of each bit half as much is asked for: 4 MiB/s in all, 1.1 MiB/s from factor 1 or 2 on.
    const asked = [2, 1, 0.5, 0.25, 0.125].map((some) => some * MIB);
    expect(run(fresh(), asked, 60).every((bits) => bits === 159)).toBe(true);
  });

  test("takes in everything that anybody asks for while bandwidth is left", () => {
    expect(run(fresh(), [1000, 0, 0, 1000], 1)).toEqual([160]);
    expect(run(fresh(), [0, 0, 0, 1000], 2)).toEqual([157, 158]);
  });

  test("under constant demand never narrows, and then all or enough is served", () => {
    const demand = fc.array(fc.double({ min: 0, max: 4 * MIB, noNaN: true }), {
      minLength: 1,
      maxLength: 24,
    });
    fc.assert(fc.property(demand, (asked) => {
      const loop = fresh();
      const ranges = run(loop, asked, 360); // 30 minutes
      for (let i = 1; i < ranges.length; i++) {
        expect(ranges[i]).toBeGreaterThanOrEqual(ranges[i - 1] ?? 0);
      }
      const all = asked.reduce((sum, some) => sum + some, 0);
      const served = asked.slice(loop.served.factorMin).reduce((sum, some) => sum + some, 0);
      expect(served).toBeGreaterThanOrEqual(0.95 * Math.min(SOLD, all));
    }));
  });

  test("narrows after ten minutes when nearer, dearer chunks would take all that is sold", () => {
    const loop = fresh();
    expect(run(loop, [MIB, 0.5 * MIB], 60).at(-1)).toBe(160);
    const ranges = run(loop, [2 * MIB, 2 * MIB, 2 * MIB], 240, 60);
    expect(ranges[0]).toBe(160);
    expect(ranges[118]).toBe(159);
    expect(ranges.at(-1)).toBe(158);
  });

  test("that was narrowed in vain is not narrowed again soon", () => {
    const loop = fresh();
    let moves = 0, before = 0;
    for (let tick = 1; tick <= 17_280; tick++) { // a day of buyers who ask and do not take
      loop.noteAsked(0, 10 * MIB);
      loop.noteAsked(5, 10 * MIB);
      const takes = loop.rangeBits === 160 ? 1 : 0.5;
      const soldBytes = takes * SOLD * SERVING_TICK_MS / 1000;
      loop.tick({ soldBytes, leastIntervalMs: undefined }, at(tick * SERVING_TICK_MS));
      if (loop.rangeBits < before) moves++;
      before = loop.rangeBits;
    }
    expect(moves).toBeLessThan(9); // 10, 20, 40 … minutes apart
  });

  test("stays as the operator says, and is all there is without a ceiling", () => {
    const told = new ServingLoop({ sellBytesPerSecond: SOLD, rangeBits: 150, now: at(0) });
    expect(run(told, [MIB], 20).at(-1)).toBe(150);
    const open = new ServingLoop({ sellBytesPerSecond: undefined, now: at(0) });
    expect([open.rangeBits, open.served.factorMin]).toEqual([160, 0]);
  });
});

test("what is kept lies one bit farther than what is served", () => {
  const loop = new ServingLoop({ sellBytesPerSecond: SOLD, rangeBits: 150, now: at(0) });
  expect([loop.served.factorMin, loop.kept.factorMin]).toEqual([10, 9]);
});

test("a chunk must be asked for as often as the one that would have to go, unless told", () => {
  const HOUR_MS = 3_600_000;
  const loop = fresh();
  expect(loop.minReadsPerDay).toBe(0);
  loop.tick({ soldBytes: 0, leastIntervalMs: HOUR_MS }, at(5_000));
  expect([loop.minReadsPerDay, loop.kept.queryIntervalMsMax]).toEqual([24, HOUR_MS]);
  loop.tick({ soldBytes: 0, leastIntervalMs: undefined }, at(10_000));
  expect([loop.minReadsPerDay, loop.kept.queryIntervalMsMax]).toEqual([0, Infinity]);
  const told = new ServingLoop({ sellBytesPerSecond: SOLD, minReadsPerDay: 2, now: at(0) });
  told.tick({ soldBytes: 0, leastIntervalMs: HOUR_MS }, at(5_000));
  expect([told.minReadsPerDay, told.kept.queryIntervalMsMax]).toEqual([2, 12 * HOUR_MS]);
});
