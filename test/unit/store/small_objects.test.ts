import fc from "fast-check";
import { toHex } from "../../../src/lib/mod.ts";
import { SMALL_DATABASE, smallDiskBytes, SmallObjects } from "../../../src/store/mod.ts";
import { memoryDatabase } from "./fixtures.ts";
import { expect, test } from "../../support/harness.ts";

const key = (n: number): Uint8Array => new Uint8Array(20).fill(n);

test("law: SmallObjects is a Map that the last put of a key wins", () => {
  const step = fc.record({
    keys: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    bytes: fc.uint8Array({ maxLength: 5000 }),
    isPut: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const objects = new SmallObjects(memoryDatabase(SMALL_DATABASE));
      const model = new Map<string, Uint8Array>();
      for (const { keys, bytes, isPut } of steps) {
        if (isPut) objects.put(keys.map((n) => ({ key: key(n), bytes })));
        else objects.delete(keys.map(key));
        for (const n of keys) {
          if (isPut) model.set(toHex(key(n)), bytes);
          else model.delete(toHex(key(n)));
        }
        for (let n = 0; n <= 5; n++) {
          expect(objects.get(key(n))).toEqual(model.get(toHex(key(n))) as Uint8Array);
        }
      }
      objects.close();
    }),
    { numRuns: 30 },
  );
});

test("a put that fails in the middle keeps nothing of it", () => {
  const objects = new SmallObjects(memoryDatabase(SMALL_DATABASE));
  const wrong = { key: key(2), bytes: undefined as unknown as Uint8Array };
  expect(() => objects.put([{ key: key(1), bytes: new Uint8Array(9) }, wrong])).toThrow();
  expect(objects.get(key(1))).toBeUndefined();
  objects.close();
});

test("pages of deleted objects are given back, a bounded step at a time", () => {
  const db = memoryDatabase(SMALL_DATABASE);
  const objects = new SmallObjects(db);
  const pages = () => Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
  const empty = pages();
  const keys = Array.from({ length: 20 }, (_, n) => key(n));
  objects.put(keys.map((key) => ({ key, bytes: new Uint8Array(65_536) })));
  const full = pages();
  expect(full).toBeGreaterThan(empty + 20 * 16);
  objects.delete(keys);
  expect(pages()).toBe(full);
  expect(objects.giveBackPages()).toBe(true);
  expect(pages()).toBeGreaterThan(empty + 100);
  while (objects.giveBackPages());
  expect(pages()).toBeLessThanOrEqual(empty + 1);
  objects.close();
});

test("law: the file grows by no more than objects are counted as", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_536 }), fc.boolean(), (length, areMixed) => {
      const db = memoryDatabase(SMALL_DATABASE);
      const objects = new SmallObjects(db);
      const pages = () => Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
      const before = pages();
      let counted = 0;
      for (let n = 0; n < 60; n++) {
        const bytes = new Uint8Array(areMixed ? Math.floor(length * (n % 7) / 7) : length);
        objects.put([{
          key: Uint8Array.from({ length: 20 }, (_, i) => (n * 97 + i) & 255),
          bytes,
        }]);
        counted += smallDiskBytes(bytes.length);
      }
      expect((pages() - before - 2) * 4096).toBeLessThanOrEqual(counted);
      objects.close();
    }),
    { numRuns: 25 },
  );
});
