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

test("members take turns in the order they came; a weight is that many turns in a round", () => {
  const fair = new FairTurns<string>(10, 1);
  fair.enter("a", share());
  fair.enter("b", share(3));
  fair.enter("c", share());
  fair.enter("a", share(9)); // is there already: keeps what it came with
  expect(turns(fair, 10, 10)).toBe("abcbb" + "acbbb");
});

test("what was taken too much in a round is taken off the next", () => {
  const fair = new FairTurns<string>(10, 1);
  fair.enter("a", share());
  fair.enter("b", share());
  expect(turns(fair, 1, 35)).toBe("a"); // a owes 25
  expect(turns(fair, 4, 10)).toBe("bbba");
});

test("who can use little at a time has its turns as often as it needs within the round", () => {
  const fair = new FairTurns<string>(12, 1);
  fair.enter("a", share());
  fair.enter("b", share());
  const got = { a: 0, b: 0 };
  for (let i = 0; i < 200; i++) {
    const member = fair.next() as "a" | "b";
    const amount = member === "a" ? 12 : 3;
    got[member] += amount;
    fair.spend(member, amount);
  }
  expect(Math.abs(got.a - got.b)).toBeLessThanOrEqual(12);
});

test("a lower tier waits while a higher one has anybody", () => {
  const fair = new FairTurns<string>(1, 3);
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

test("who leaves and comes back has gained nothing, and stands at the end", () => {
  const fair = new FairTurns<string>(10, 1);
  fair.enter("a", share());
  fair.enter("b", share());
  expect(turns(fair, 1, 30)).toBe("a");
  fair.leave("a");
  fair.enter("a", share()); // still owes 20
  expect(turns(fair, 4, 10)).toBe("bbba");
  fair.leave("b");
  expect(turns(fair, 50, 10)).toBe("a".repeat(50));
  fair.enter("b", share()); // has saved nothing up in 50 rounds
  expect(turns(fair, 4, 10)).toBe("baba");
  fair.forget("a");
  fair.enter("a", share(1)); // somebody new
  expect([fair.has("a"), fair.size]).toEqual([true, 2]);
  fair.spend("nobody", 3);
  fair.leave("nobody");
  expect(fair.has("nobody")).toBe(false);
});

test("those that wait have their turn, however many keep coming", () => {
  const fair = new FairTurns<number>(10, 1);
  fair.enter(-1, share());
  let got = 0;
  for (let comer = 0; comer < 300; comer++) {
    fair.enter(comer, share());
    const member = fair.next() ?? 0;
    fair.spend(member, 10);
    if (member === -1) got++;
    else fair.forget(member);
  }
  expect(got).toBeGreaterThan(5); // rounds grow longer as the crowd grows
});

test("a change of tier takes effect by leaving and entering", () => {
  const fair = new FairTurns<string>(10, 2);
  fair.enter("a", share());
  fair.enter("b", share());
  fair.spend("b", 500);
  fair.leave("b");
  fair.enter("b", share(1, 1));
  expect(turns(fair, 3, 10)).toBe("aaa");
  fair.leave("a");
  expect(turns(fair, 1, 10)).toBe("b");
});

test("law: whoever waits all the time gets its share to within a round and one use", () => {
  const QUANTUM = 64, MOST = 64;
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 12 }),
    fc.array(fc.integer({ min: 1, max: MOST }), { minLength: 1, maxLength: 40 }),
    fc.array(fc.nat(11), { maxLength: 30 }),
    fc.array(fc.nat(11), { minLength: 1, maxLength: 30 }),
    (weights, costs, comers, leavers) => {
      const fair = new FairTurns<number>(QUANTUM, 1);
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
        // the pacer stops one for a moment
        const leaver = (leavers[turn % leavers.length] ?? 0) % weights.length;
        fair.leave(leaver);
        fair.enter(leaver, share(weights[leaver]));
      }
      const perWeight = got.map((sum, i) => sum / (weights[i] ?? 1));
      const spread = Math.max(...perWeight) - Math.min(...perWeight);
      expect(spread).toBeLessThanOrEqual(QUANTUM + 2 * MOST);
    },
  ));
});

test("accounts of members that are away do not pile up", () => {
  const fair = new FairTurns<number>(10, 1);
  fair.enter(-1, share());
  let most = 0;
  for (let member = 0; member < 5_000; member++) {
    fair.enter(member, share());
    while (fair.next() === -1) fair.spend(-1, 10);
    fair.spend(member, 10);
    fair.leave(member);
    most = Math.max(most, fair.accounts);
  }
  expect(most).toBeLessThan(100);
});
