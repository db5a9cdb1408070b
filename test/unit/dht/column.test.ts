import { Column } from "../../../src/dht/column.ts";
import { expect, test } from "../../support/harness.ts";

test("a column holds what was set, and 0 elsewhere", () => {
  const column = new Column((length) => new Float64Array(length));
  for (let slot = 0; slot < 10_000; slot++) column.set(slot, slot / 2);
  column.set(63, -1);
  column.set(4_096, -2);
  const values = Array.from({ length: 10_100 }, (_, slot) => column.get(slot));
  expect(values.findIndex((value, slot) => {
    const wanted = slot === 63 ? -1 : slot === 4_096 ? -2 : slot < 10_000 ? slot / 2 : 0;
    return value !== wanted;
  })).toBe(-1);
});

test("a column makes little at once, and little for few", () => {
  const made: number[] = [];
  const column = new Column((length) => {
    made.push(length);
    return new Uint8Array(length);
  });
  column.set(0, 1);
  expect(made).toEqual([64]);
  for (let slot = 1; slot < 100_000; slot++) column.set(slot, 1);
  expect(made.slice(0, 9)).toEqual([64, 128, 256, 512, 1_024, 2_048, 4_096, 4_096, 4_096]);
  expect(Math.max(...made)).toBe(4_096);
});
