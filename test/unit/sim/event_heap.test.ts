import fc from "fast-check";
import { EventHeap } from "../../sim/event_heap.ts";
import { expect, test } from "../../support/harness.ts";

test("tasks come out by time, equal times in the order they went in", () => {
  const heap = new EventHeap();
  const ran: string[] = [];
  for (const [atMs, name] of [[5, "c"], [1, "a"], [5, "d"], [1, "b"]] as const) {
    heap.push(atMs, () => ran.push(name));
  }
  expect(heap.peek()).toBe(1);
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) next.task();
  expect(ran).toEqual(["a", "b", "c", "d"]);
});

test("against a sorted list, with cancellations", () => {
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), atMs: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ kind: fc.constant("pop" as const) }),
    fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(50) }),
  );
  fc.assert(fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
    const heap = new EventHeap();
    let model: { atMs: number; id: number }[] = [];
    const entries: ReturnType<EventHeap["push"]>[] = [];
    let popped = -1;
    for (const step of operations) {
      if (step.kind === "push") {
        const id = entries.length;
        entries.push(heap.push(step.atMs, () => popped = id));
        model.push({ atMs: step.atMs, id });
        model.sort((a, b) => a.atMs - b.atMs || a.id - b.id);
      } else if (step.kind === "cancel") {
        const entry = entries[step.which];
        if (entry !== undefined) heap.cancel(entry);
        model = model.filter(({ id }) => id !== step.which);
      } else {
        const next = heap.pop();
        const wanted = model.shift();
        expect(next?.atMs).toBe(wanted?.atMs);
        next?.task();
        if (wanted !== undefined) expect(popped).toBe(wanted.id);
      }
      expect(heap.size).toBe(model.length);
    }
  }));
});

test("a timer re-armed 100,000 times leaves no pile of husks", () => {
  const heap = new EventHeap();
  let armed = heap.push(1, () => {});
  const start = Date.now();
  for (let i = 0; i < 100_000; i++) {
    heap.cancel(armed);
    armed = heap.push(30_000 + i, () => {});
  }
  expect(heap.size).toBe(1);
  expect(heap.pop()?.atMs).toBe(30_000 + 99_999);
  expect(heap.pop()).toBeUndefined();
  expect(Date.now() - start).toBeLessThan(1_000);
});
