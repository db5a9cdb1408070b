import fc from "fast-check";
import { type Instant, TimerHeap } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("items come out in the order of their last deadlines", () => {
  const heap = new TimerHeap<string>();
  heap.set("a", at(30));
  heap.set("b", at(10));
  heap.set("c", at(20));
  heap.set("b", at(40)); // put off
  heap.set("a", at(5)); // brought forward
  heap.set("c", undefined);
  expect(heap.next()).toBe(at(5));
  expect(heap.popDue(at(4))).toBeUndefined();
  expect(heap.popDue(at(5))).toBe("a");
  expect(heap.popDue(at(30))).toBeUndefined();
  expect(heap.next()).toBe(at(40));
  expect([heap.popDue(at(99)), heap.popDue(at(99)), heap.next()])
    .toEqual(["b", undefined, undefined]);
});

test("law: against a plain map, next() is the least deadline and popDue() gives it once", () => {
  const step = fc.record({
    item: fc.nat(8),
    at: fc.option(fc.nat(100), { nil: undefined }),
    pop: fc.option(fc.nat(100), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const heap = new TimerHeap<number>();
    const model = new Map<number, number>();
    for (const { item, at: due, pop } of steps) {
      heap.set(item, due === undefined ? undefined : at(due));
      if (due === undefined) model.delete(item);
      else model.set(item, due);
      const least = model.size === 0 ? undefined : Math.min(...model.values());
      expect(heap.next() as number | undefined).toBe(least);
      expect(heap.size).toBe(model.size);
      if (pop === undefined) continue;
      const popped = heap.popDue(at(pop));
      if (least === undefined || least > pop) expect(popped).toBeUndefined();
      else {
        expect(model.get(popped ?? -1)).toBe(least);
        model.delete(popped ?? -1);
      }
    }
  }));
});

test("a deadline put off a million times leaves one entry, not a million", () => {
  const heap = new TimerHeap<string>();
  for (let i = 0; i < 1_000_000; i++) heap.set("a", at(1000 + i));
  expect(heap.popDue(at(1_000_998))).toBeUndefined();
  expect(heap.popDue(at(1_000_999))).toBe("a");
  expect(heap.next()).toBeUndefined();
});

test("a deadline that leaps back and forth does not fill the memory with left-over entries", () => {
  const heap = new TimerHeap<number>();
  for (let i = 0; i < 10_000; i++) {
    for (let item = 0; item < 10; item++) {
      heap.set(item, at(i + 60_000)); // an idle timeout …
      heap.set(item, at(i + 8)); // … and an acknowledgement before it
      while (heap.popDue(at(i - 1)) !== undefined);
      heap.set(item, at(i + 60_000));
    }
  }
  expect(heap.entries).toBeLessThan(120);
});
