import { placementConfig, REPLICAS_MAX } from "../../../src/dht/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a node far away hands a key to two, or to the only one that is to hold it", () => {
  expect([1, 2, REPLICAS_MAX].map((count) => placementConfig(count, 1).insertCopies))
    .toEqual([1, 2, 2]);
});
