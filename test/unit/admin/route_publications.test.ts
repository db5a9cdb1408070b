import { AdminFixture } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const ENTRY = {
  ...{ meta: "a".repeat(40), link: "a".repeat(52), name: "x" },
  ...{ size: 5, publishedMs: 1_800_000_000_000 },
};

function setUp() {
  const fixture = new AdminFixture();
  fixture.node.publications.entries = [ENTRY, { ...ENTRY, name: "y" }];
  const unpublish = (body: unknown) =>
    fixture.ask("/v1/unpublish", {
      method: "POST",
      headers: { "x-skerry-admin": "1", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return { fixture, unpublish };
}

test("what is published is listed as the node has it, as much as was asked for", async () => {
  const { fixture } = setUp();
  const all = await (await fixture.ask("/v1/publications")).json();
  expect([all.publications.length, all.total]).toEqual([2, 2]);
  const one = await (await fixture.ask("/v1/publications?limit=1")).json();
  expect(one).toEqual({ publications: [ENTRY], total: 2 });
  expect((await fixture.ask("/v1/publications?limit=10001")).status).toBe(400);
});

test("a publication is taken back by either id; anything else is refused", async () => {
  const { unpublish } = setUp();
  for (const meta of [ENTRY.meta, ENTRY.link]) {
    expect(await (await unpublish({ meta })).json()).toMatchObject({
      meta: ENTRY.meta,
      objects: 3,
    });
  }
  expect((await unpublish({ meta: "c".repeat(40) })).status).toBe(404);
  for (const meta of ["x", 5, undefined]) {
    const refused = await unpublish({ meta });
    expect([refused.status, (await refused.json()).code]).toEqual([400, "INVALID_ID"]);
  }
});
