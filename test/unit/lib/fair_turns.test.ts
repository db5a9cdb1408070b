import fc from "fast-check";
import { FairTurns, type Share } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const share = (weight = 1, tier = 0): Share => ({ tier, weight });

/** Gives out turns of `cost` each. @returns who had them, in order. */
function turns(fair: FairTurns<string>, count: number, cost: number): string {
  let order = "";
  for (let i = 0; i < count; i++) {
    const member = fair.next();
    if (member === undefined) break;
    order += member;
    fair.spend(member, cost);
  }
  return order;
}

test("members take turns in the order they came, as often as their weight says", () => {
  const fair = new FairTurns<string>(10, 10, 1);
  fair.enter("a", share());
  fair.enter("b", share(3));
  fair.enter("c", share());
  fair.enter("a", share(9)); // is there already: keeps what it came with
  expect(turns(fair, 10, 10)).toBe("abbbcabbbc");
});

test("what is left of a turn is carried over; what was taken beyond it is owed", () => {
  const fair = new FairTurns<string>(10, 7, 1);
  fair.enter("a", share());
  fair.enter("b", share());
  // a and b take 7 of 10 each time: 3 are carried, so every third turn is a double one
  expect(turns(fair, 8, 7)).toBe("ababaabb");
  fair.spend("a", 40);
  expect(turns(fair, 6, 10)).toBe("bbbbba");
});

test("a lower tier waits while a higher one has anybody", () => {
  const fair = new FairTurns<string>(1, 1, 3);
  fair.enter("z", share(1, 2));
  fair.enter("m", share(64, 1));
  expect(turns(fair, 2, 1)).toBe("mm");
  fair.enter("a", share(1, 0));
  expect(turns(fair, 3, 1)).toBe("aaa");
  fair.leave("a");
  fair.leave("m");
  expect(turns(fair, 2, 1)).toBe("zz");
  fair.leave("z");
  expect([fair.next(), fair.size]).toEqual([undefined, 0]);
});

test("who leaves and comes back has saved nothing up and stands at the end", () => {
  const fair = new FairTurns<string>(10, 5, 1);
  fair.enter("a", share());
  fair.enter("b", share());
  expect(fair.next()).toBe("a");
  fair.spend("a", 5); // its turn goes on
  expect([fair.next(), fair.creditOf("a")]).toEqual(["a", 5]);
  fair.leave("a");
  fair.enter("a", share());
  expect([fair.next(), fair.isAlone("b")]).toEqual(["b", false]);
  fair.leave("b");
  expect([fair.next(), fair.creditOf("a"), fair.isAlone("a")]).toEqual(["a", 10, true]);
  fair.spend("nobody", 3);
  fair.leave("nobody");
  expect(fair.has("nobody")).toBe(false);
});

test("law: whoever waits all the time gets its share to within a quantum and one use", () => {
  const QUANTUM = 64, MOST = 64;
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 12 }),
    fc.array(fc.integer({ min: 1, max: MOST }), { minLength: 1, maxLength: 40 }),
    fc.array(fc.nat(11), { maxLength: 30 }),
    (weights, costs, comers) => {
      const fair = new FairTurns<number>(QUANTUM, 1, 1);
      weights.forEach((weight, i) => fair.enter(i, share(weight)));
      const got = weights.map(() => 0);
      for (let turn = 0; turn < 2_000; turn++) {
        const member = fair.next() ?? 0;
        const cost = costs[(turn * 7 + member) % costs.length] ?? 1;
        if (member < weights.length) got[member] = (got[member] ?? 0) + cost;
        fair.spend(member, cost);
        // others come, and leave after one use
        if (member >= weights.length) fair.leave(member);
        const comer = comers[turn % 50];
        if (comer !== undefined) fair.enter(weights.length + comer, share());
      }
      const perWeight = got.map((sum, i) => sum / (weights[i] ?? 1));
      expect(Math.max(...perWeight) - Math.min(...perWeight)).toBeLessThanOrEqual(
        QUANTUM + 2 * MOST,
      );
    },
  ));
});
