import fc from "fast-check";
import { RangeSet } from "../../../src/transport/range_set.ts";
import { expect, test } from "../../support/harness.ts";

function rangesOf(set: RangeSet): number[][] {
  return Array.from({ length: set.rangeCount }, (_, i) => [set.startOf(i), set.endOf(i)]);
}

test("neighbours join, overlaps count once", () => {
  const set = new RangeSet();
  expect(set.add(10, 20)).toBe(10);
  expect(set.add(20, 30)).toBe(10);
  expect(set.add(40, 50)).toBe(10);
  expect(set.add(15, 45)).toBe(10);
  expect(rangesOf(set)).toEqual([[10, 50]]);
  expect(set.remove(20, 30)).toBe(10);
  expect(rangesOf(set)).toEqual([[10, 20], [30, 50]]);
  expect(set.size).toBe(30);
  set.clear();
  expect([set.size, set.rangeCount]).toEqual([0, 0]);
});

test("any adds and removes leave what a Set of integers would hold", () => {
  const range = fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 20 }));
  const steps = fc.array(fc.tuple(fc.boolean(), range), { maxLength: 60 });
  fc.assert(fc.property(steps, (todo) => {
    const set = new RangeSet();
    const model = new Set<number>();
    for (const [isAdd, [start, length]] of todo) {
      let changed = 0;
      for (let i = start; i < start + length; i++) {
        if (model.has(i) !== isAdd) changed++;
        if (isAdd) model.add(i);
        else model.delete(i);
      }
      expect(isAdd ? set.add(start, start + length) : set.remove(start, start + length))
        .toBe(changed);
      expect(set.size).toBe(model.size);
    }
    const ranges = rangesOf(set);
    const held = ranges.flatMap(([start = 0, end = 0]) =>
      Array.from({ length: end - start }, (_, i) => start + i)
    );
    expect(held).toEqual([...model].sort((a, b) => a - b));
    for (let i = 1; i < ranges.length; i++) {
      expect(ranges[i]?.[0]).toBeGreaterThan(ranges[i - 1]?.[1] ?? Infinity); // a gap between
    }
  }));
});
