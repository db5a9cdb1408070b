import { NodeSearch } from "../../../src/dht/search.ts";
import { Lookup } from "../../../src/dht/lookup.ts";
import { dhtConfig, type LookupId } from "../../../src/dht/mod.ts";
import { idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

test("a search for nodes asks FIND_NODE for the families wanted, and has never enough", () => {
  const search = new NodeSearch(2);
  const lookup = new Lookup(idFrom("5eed"), dhtConfig(false).lookup);
  const run = { id: 1 as LookupId, lookup };
  search.begin();
  expect(search.question(run)).toEqual({ type: "FIND_NODE", target: idFrom("5eed"), want: 2 });
  search.handleAnswer();
  expect(search.isEnough).toBe(false);
});
