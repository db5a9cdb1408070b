import fc from "fast-check";
import { Fifo } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a Fifo behaves as an array with push and shift", () => {
  const steps = fc.array(fc.oneof(fc.nat(), fc.constant("shift" as const)), { maxLength: 300 });
  fc.assert(fc.property(steps, (todo) => {
    const fifo = new Fifo<number>();
    const model: number[] = [];
    for (const step of todo) {
      if (step === "shift") expect(fifo.shift()).toBe(model.shift() as number);
      else {
        fifo.push(step);
        model.push(step);
      }
      expect(fifo.length).toBe(model.length);
      expect(fifo.peek()).toBe(model[0] as number);
    }
  }));
});

test("clear() empties it", () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 100; i++) fifo.push(i);
  fifo.clear();
  expect(fifo.shift()).toBeUndefined();
  fifo.push(7);
  expect(fifo.shift()).toBe(7);
});
