import { SkerryError } from "../../../src/lib/mod.ts";
import type { PlacementReport } from "../../../src/node/mod.ts";
import { placementOf } from "../../../src/admin/route_placement.ts";
import { AdminFixture } from "../../support/admin_fixture.ts";
import { FakeNode } from "../../support/fake_node.ts";
import { expect, test } from "../../support/harness.ts";

const META = "a".repeat(40);
const REPORT: PlacementReport = {
  ...{ meta: META, hosts: 2, weeks: 4, budgetCb: "5000000", spentCb: "5" },
  ...{ objects: [], alarms: [] },
};

test("where a publication lies is told as the node has it", async () => {
  const fixture = new AdminFixture();
  fixture.node.placement = REPORT;
  const response = await fixture.ask(`/v1/placement/${META}`);
  expect([response.status, await response.json()]).toEqual([200, REPORT]);
});

test("what is no id, and what nothing was ordered for, is said to be so", () => {
  for (
    const [text, code, why] of [
      ["x", "INVALID_ID", "it is no id"],
      [META, "CHUNK_NOT_FOUND", "no hosts were ordered"],
    ] as const
  ) {
    let error: unknown;
    try {
      placementOf(new FakeNode(), text);
    } catch (thrown) {
      error = thrown;
    }
    expect((error as SkerryError).code).toBe(code);
    expect((error as SkerryError).message).toContain(why);
  }
});
