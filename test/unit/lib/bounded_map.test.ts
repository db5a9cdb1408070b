import fc from "fast-check";
import { BoundedMap } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a full BoundedMap lets the oldest entry give way", () => {
  const map = new BoundedMap<string, number>(2);
  expect(map.set("a", 1)).toBeUndefined();
  map.set("b", 2);
  expect(map.set("a", 3)).toBeUndefined();
  expect(map.set("c", 4)).toEqual(["a", 3]);
  expect([...map.keys()]).toEqual(["b", "c"]);
});

test("touch() makes an entry the youngest", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  expect(map.touch("a")).toBe(1);
  expect(map.touch("x")).toBeUndefined();
  expect(map.set("c", 3)).toEqual(["b", 2]);
});

test("law: never more than capacity, and the newest key is always there", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 8 }),
    fc.array(fc.integer({ min: 0, max: 20 })),
    (capacity, keys) => {
      const map = new BoundedMap<number, number>(capacity);
      for (const key of keys) {
        map.set(key, key);
        expect(map.size).toBeLessThanOrEqual(capacity);
        expect(map.get(key)).toBe(key);
      }
    },
  ));
  expect(() => new BoundedMap(0)).toThrow();
});
