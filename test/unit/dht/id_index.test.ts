import fc from "fast-check";
import { IdIndex, widened } from "../../../src/dht/id_index.ts";
import { SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const small = (number: number) => idFrom(number.toString(16).padStart(4, "0"));

test("IdIndex numbers ids from 0, gives freed numbers again, and is bounded", () => {
  const index = new IdIndex(2, new SeededRandom(1));
  expect([index.insert(small(1)), index.insert(small(2)), index.insert(small(1))]).toEqual([
    0,
    1,
    0,
  ]);
  expect(index.insert(small(3))).toBeUndefined();
  expect(index.remove(small(1))).toBe(0);
  expect(index.remove(small(1))).toBeUndefined();
  expect(index.insert(small(3))).toBe(0);
  expect(index.idAt(0)).toEqual(small(3));
  expect([index.size, index.slots]).toEqual([2, 2]);
});

test("IdIndex places no more than four ids anew with any insert, however many it has", () => {
  let looked = 0;
  class Watched extends IdIndex {
    override idAt(slot: number): Uint8Array {
      looked++;
      return super.idAt(slot);
    }
  }
  const index = new Watched(20_000, new SeededRandom(1));
  let most = 0;
  for (let number = 0; number < 20_000; number++, looked = 0) {
    index.insert(small(number));
    most = Math.max(most, looked);
  }
  expect(most).toBe(4);
});

test("IdIndex loses and doubles nothing while it grows, removes and enters again", () => {
  const random = new SeededRandom(5);
  const index = new IdIndex(20_000, random);
  const model = new Map<number, number>();
  for (let step = 0; step < 40_000; step++) {
    const number = random.u32() % 10_000;
    if (random.u32() % 4 > 0) model.set(number, index.insert(small(number)) ?? -1);
    else {
      expect(index.remove(small(number))).toBe(model.get(number));
      model.delete(number);
    }
  }
  expect([index.size, new Set(model.values()).size]).toEqual([model.size, model.size]);
  for (let number = 0; number < 10_000; number++) {
    expect(index.find(small(number))).toBe(model.get(number));
  }
});

test("law: IdIndex agrees with a Map through inserts and removes", () => {
  const step = fc.tuple(fc.boolean(), fc.nat(200));
  fc.assert(fc.property(fc.nat(), fc.array(step, { maxLength: 400 }), (seed, steps) => {
    const index = new IdIndex(100, new SeededRandom(seed));
    const model = new Map<string, number>();
    for (const [isInsert, number] of steps) {
      const id = small(number);
      if (isInsert) {
        const slot = index.insert(id);
        if (slot === undefined) expect(model.size).toBe(100);
        else model.set(toHex(id), slot);
      } else {
        expect(index.remove(id)).toBe(model.get(toHex(id)));
        model.delete(toHex(id));
      }
    }
    expect(index.size).toBe(model.size);
    expect(new Set(model.values()).size).toBe(model.size);
    for (let number = 0; number <= 200; number++) {
      const slot = model.get(toHex(small(number)));
      expect(index.find(small(number))).toBe(slot);
      if (slot !== undefined) expect(index.idAt(slot)).toEqual(small(number));
    }
  }));
});

test("widened() keeps what was there and never shrinks", () => {
  const array = Uint32Array.of(1, 2);
  expect(widened(array, 2)).toBe(array);
  expect([...widened(array, 3)]).toEqual([1, 2, 0, 0]);
  expect(widened(new Float64Array(1), 10)).toHaveLength(10);
});
