import { REACHABILITY } from "../../../src/http/mod.ts";
import type { NodeStatus } from "../../../src/node/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("each state that a node may tell has words that say more than its name", () => {
  const states: NodeStatus["reachability"][] = ["unknown", "public", "nated"];
  expect(Object.keys(REACHABILITY).sort()).toEqual([...states].sort());
  for (const state of states) expect(REACHABILITY[state]).toMatch(/^[a-z ]{10,}$/);
});
