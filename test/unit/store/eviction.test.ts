import fc from "fast-check";
import { chooseVictims, VICTIMS_PER_STEP_MAX } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";

const candidate = (name: string, diskBytes: number) => ({ name, diskBytes });

test("the oldest go until enough is covered, and no more", () => {
  const queue = [candidate("a", 10), candidate("b", 10), candidate("c", 10)];
  const names = (needed: number) => chooseVictims(queue, needed, () => false).map((v) => v.name);
  expect(names(0)).toEqual([]);
  expect(names(10)).toEqual(["a"]);
  expect(names(11)).toEqual(["a", "b"]);
  expect(names(999)).toEqual(["a", "b", "c"]);
});

test("who is spared is passed over", () => {
  const queue = [candidate("a", 10), candidate("b", 10), candidate("c", 10)];
  expect(chooseVictims(queue, 15, ({ name }) => name === "a").map((v) => v.name))
    .toEqual(["b", "c"]);
});

test("law: victims are the shortest run of the unspared that covers the need, up to a step", () => {
  const queues = fc.array(
    fc.record({ diskBytes: fc.integer({ min: 1, max: 9 }), spared: fc.boolean() }),
    {
      maxLength: 200,
    },
  );
  fc.assert(fc.property(queues, fc.integer({ min: 0, max: 900 }), (queue, needed) => {
    let seen = 0;
    const lazily = function* () {
      for (const each of queue) {
        seen++;
        yield each;
      }
    };
    const victims = chooseVictims(lazily(), needed, ({ spared }) => spared);
    const open = queue.filter(({ spared }) => !spared);
    expect(victims).toEqual(open.slice(0, victims.length));
    expect(victims.length).toBeLessThanOrEqual(VICTIMS_PER_STEP_MAX);
    const bytes = victims.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
    const isAll = victims.length === Math.min(open.length, VICTIMS_PER_STEP_MAX);
    expect(bytes >= needed || isAll).toBe(true);
    const last = victims.at(-1)?.diskBytes ?? 0;
    expect(bytes - last < needed || victims.length === 0).toBe(true);
    expect(seen).toBeLessThanOrEqual(queue.length); // incremental: it reads no further than it must
  }));
});
