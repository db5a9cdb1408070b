import { Circle } from "../../../src/dht/circle.ts";
import { idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

/** How many of these belong to the circle of 00…. */
function sizeOf(ids: readonly string[], coreBits: number, reach = 2 ** 32): number {
  const circle = new Circle(idFrom(""), { width: 16, widthMax: 64 }, { coreBits, reach });
  const last = ids.findIndex((id) => circle.add(idFrom(id)));
  return last < 0 ? ids.length : last + 1;
}
const near = (count: number) => Array.from({ length: count }, () => "0001");
const far = (count: number) => Array.from({ length: count }, () => "8000");

test("16 nodes are enough, a few of them in the core or none", () => {
  for (const core of [0, 4, 12]) expect(sizeOf([...near(core), ...far(40)], 8)).toBe(16);
});

test("whoever crowds into the core does not keep four others out", () => {
  for (const core of [13, 16, 30]) expect(sizeOf([...near(core), ...far(40)], 8)).toBe(core + 4);
});

test("a neighbourhood too sparse to be all of it is looked at further", () => {
  const sparse = Array.from({ length: 16 }, (_, i) => `0${i.toString(16)}`);
  expect(sizeOf([...sparse, ...far(60)], 8, 0x0f000000)).toBe(16);
  expect(sizeOf([...sparse, ...far(60)], 8, 0x0effffff)).toBe(64);
});

test("a circle has an end, however many crowd", () => {
  expect(sizeOf(near(200), 8)).toBe(64);
  expect(sizeOf(far(3), 8)).toBe(3);
});
