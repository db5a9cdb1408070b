import fc from "fast-check";
import { ClientBudget, ConcurrencyLimit } from "../../../src/gateway/limits.ts";
import { expect, test } from "../../support/harness.ts";

test("law: counts never pass their bounds and return to nothing", () => {
  const deed = fc.tuple(fc.constantFrom("a", "b", "c", undefined), fc.boolean());
  fc.assert(fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
    const limit = new ConcurrencyLimit(5, 2);
    const inside: { client: string | undefined; leave: () => void }[] = [];
    for (const [client, comes] of deeds) {
      const mine = inside.filter((one) => one.client === client).length;
      if (comes) {
        const leave = limit.enter(client);
        const hasRoom = inside.length < 5 && (client === undefined || mine < 2);
        expect(leave !== undefined).toBe(hasRoom);
        if (leave !== undefined) inside.push({ client, leave });
      } else {
        const gone = inside.pop();
        gone?.leave();
        gone?.leave(); // twice counts once
      }
      expect(limit.total).toBe(inside.length);
    }
    for (const { leave } of inside) leave();
    expect(limit.total).toBe(0);
  }));
});

test("a budget is spent and comes back evenly", () => {
  const budget = new ClientBudget(60, 1);
  for (let i = 0; i < 60; i++) {
    expect(budget.isSpent("a", 1000)).toBe(false);
    budget.spend("a", 1000);
  }
  expect(budget.isSpent("a", 1000)).toBe(true);
  expect(budget.isSpent("b", 1000)).toBe(false);
  expect(budget.isSpent("a", 1900)).toBe(true);
  expect(budget.isSpent("a", 2001)).toBe(false);
  budget.spend("a", 2001);
  expect(budget.isSpent("a", 2001)).toBe(true);
  expect(budget.isSpent("a", 70_000)).toBe(false);
});

test("it is told when a client or all have no room, and when they have again", () => {
  const limit = new ConcurrencyLimit(3, 2);
  const told: [string | undefined, boolean][] = [];
  limit.onFull = (client, isFull) => void told.push([client, isFull]);
  const [first, ...others] = [limit.enter("a"), limit.enterAnyway("a"), limit.enterAnyway("a")];
  expect(told).toEqual([["a", true], [undefined, true]]);
  expect(limit.enter("b")).toBeUndefined();
  first?.();
  expect(told.slice(2)).toEqual([[undefined, false]]); // two of the client are left
  for (const leave of others) leave?.();
  expect(told.slice(3)).toEqual([["a", false]]);
});
