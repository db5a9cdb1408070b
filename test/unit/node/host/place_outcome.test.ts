import {
  addOutcome,
  noOutcome,
  type PlaceOutcome,
  type PlacesToPay,
  reasonOf,
} from "../../../../src/node/host/place_outcome.ts";
import { expect, test } from "../../../support/harness.ts";

function outcome(changes: Partial<PlaceOutcome> = {}): PlaceOutcome {
  return { ...noOutcome(), candidates: 3, ...changes };
}

const toPay: PlacesToPay = { places: 1, objects: 1, hosts: 1, leftCb: 5n, shareCb: 5n };

test("a reason counts who refused and says what helps", () => {
  expect(reasonOf(outcome({ candidates: 0 }), toPay)).toBe("the network named no other node");
  const refusals = new Map([["rank", 2], ["budget", 1]] as const);
  expect(reasonOf(outcome({ refusals, rankWanted: 13, priceWanted: 9n }), toPay)).toBe(
    "of 3 nodes near 2 their rank is not below this node's, 1 beyond the budget; it takes " +
      "rank 13 (skerry id --target-rank) or 9 cb for a place, of 5 cb left",
  );
});

test("a price within the budget is told with the places that share it", () => {
  const dear = outcome({ refusals: new Map([["budget", 3]]), priceWanted: 671n });
  const four = { places: 4, objects: 2, hosts: 2, leftCb: 1000n, shareCb: 250n };
  expect(reasonOf(dear, four)).toBe(
    "of 3 nodes near 3 beyond the budget; it takes 671 cb for a place, 2684 cb for all 4 still " +
      "to pay (of 2 objects at 2 hosts each), of 1000 cb left, 250 cb for each",
  );
});

test("over several objects the easiest way counts", () => {
  const sum = outcome({ rankWanted: 20, candidates: 1 });
  addOutcome(sum, outcome({ rankWanted: 13, priceWanted: 5n, placed: 2 }));
  addOutcome(sum, outcome({ priceWanted: 7n, refusals: new Map([["full", 4]]) }));
  expect(sum).toMatchObject({ placed: 2, rankWanted: 13, priceWanted: 5n, candidates: 3 });
  expect([...sum.refusals]).toEqual([["full", 4]]);
});
