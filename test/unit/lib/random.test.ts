import {
  randomBelow,
  randomBytes,
  randomUnit,
  SeededRandom,
  shuffle,
  toHex,
} from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("the same seed rolls the same dice; another seed or split other ones", () => {
  const draw = (random: SeededRandom) => toHex(randomBytes(random, 16));
  expect(draw(new SeededRandom(1))).toBe(draw(new SeededRandom(1)));
  expect(draw(new SeededRandom(1))).not.toBe(draw(new SeededRandom(2)));
  const parent = new SeededRandom(1);
  const before = draw(parent.split("net"));
  parent.u32();
  expect(draw(parent.split("net"))).toBe(before);
  expect(draw(parent.split("disk"))).not.toBe(before);
});

test("randomBelow() is uniform enough and stays below", () => {
  const random = new SeededRandom(7);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const value = randomBelow(random, 10);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150); // 5 sigma
  expect(() => randomBelow(random, 0)).toThrow(RangeError);
  expect(randomUnit(random)).toBeLessThan(1);
});

test("shuffle() keeps every item and moves them", () => {
  const items = Array.from({ length: 52 }, (_, i) => i);
  const shuffled = shuffle(new SeededRandom(3), [...items]);
  expect(shuffled).not.toEqual(items);
  expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
});
