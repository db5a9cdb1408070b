import fc from "fast-check";
import { KeySlots } from "../../../src/dht/key_slots.ts";
import { expect, test } from "../../support/harness.ts";

test("keys are numbered in order; a full one gives the oldest's number away", () => {
  const slots = new KeySlots(2);
  expect(slots.enter("a")).toEqual({ slot: 0, evicted: undefined });
  expect(slots.enter("b")).toEqual({ slot: 1, evicted: undefined });
  expect(slots.touch("a")).toBe(0);
  expect(slots.enter("c")).toEqual({ slot: 1, evicted: "b" });
  expect([slots.get("a"), slots.get("b"), slots.get("c")]).toEqual([0, undefined, 1]);
  expect(slots.touch("b")).toBeUndefined();
});

test("law: no two keys have the same number, and none is beyond the capacity", () => {
  const step = fc.tuple(fc.boolean(), fc.nat(9));
  fc.assert(fc.property(fc.array(step), fc.integer({ min: 1, max: 5 }), (steps, capacity) => {
    const slots = new KeySlots(capacity);
    const expected: string[] = []; // the oldest first
    for (const [isEntering, number] of steps) {
      const key = String(number), at = expected.indexOf(key);
      if (at >= 0) {
        expected.push(...expected.splice(at, 1));
        expect(slots.touch(key)).toBe(slots.get(key));
      } else if (isEntering) {
        const gone = expected.length === capacity ? expected.shift() : undefined;
        expect(slots.enter(key).evicted).toBe(gone);
        expected.push(key);
      }
      const numbers = new Set(expected.map((one) => slots.get(one) ?? -1));
      expect(numbers.size).toBe(expected.length);
      for (const one of numbers) expect(one >= 0 && one < capacity).toBe(true);
    }
  }));
});
