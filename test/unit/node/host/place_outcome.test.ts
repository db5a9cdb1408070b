import {
  addOutcome,
  noOutcome,
  type PlaceOutcome,
  reasonOf,
} from "../../../../src/node/host/place_outcome.ts";
import { expect, test } from "../../../support/harness.ts";

function outcome(changes: Partial<PlaceOutcome> = {}): PlaceOutcome {
  return { ...noOutcome(), candidates: 3, ...changes };
}

test("a reason counts who refused and says what helps", () => {
  expect(reasonOf(outcome({ candidates: 0 }))).toBe("the network named no other node");
  const refusals = new Map([["rank", 2], ["budget", 1]] as const);
  expect(reasonOf(outcome({ refusals, rankWanted: 13, priceWanted: 9n }))).toBe(
    "of 3 nodes near 2 their rank is not below this node's, 1 beyond the budget; it takes " +
      "rank 13 (skerry id --target-rank) or 9 cb for a place",
  );
});

test("over several objects the easiest way counts", () => {
  const sum = outcome({ rankWanted: 20, candidates: 1 });
  addOutcome(sum, outcome({ rankWanted: 13, priceWanted: 5n, placed: 2 }));
  addOutcome(sum, outcome({ priceWanted: 7n, refusals: new Map([["full", 4]]) }));
  expect(sum).toMatchObject({ placed: 2, rankWanted: 13, priceWanted: 5n, candidates: 3 });
  expect([...sum.refusals]).toEqual([["full", 4]]);
});
