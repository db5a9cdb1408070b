import type { AdminPurchase } from "../../../src/admin/mod.ts";
import { AdminFixture } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const NAME = "one-purchase";

function setUp() {
  const fixture = new AdminFixture();
  fixture.node.priceCb = 5_000;
  const get = (query: string) => fixture.ask(`/v1/get/${fixture.meta}/ascii.txt?${query}`);
  const report = async (name = NAME) => {
    const response = await fixture.ask(`/v1/purchases/${name}`);
    return { status: response.status, body: await response.json() as AdminPurchase };
  };
  return { fixture, get, report };
}

test("requests with one name are one purchase, which says what it has cost", async () => {
  const { fixture, get, report } = setUp();
  const first = await get(`purchase=${NAME}&budget=9000&deadlineMs=60000`);
  expect([first.status, first.headers.get("x-skerry-price")]).toEqual([200, "6024"]);
  await first.arrayBuffer();
  await (await get(`purchase=${NAME}&budget=1`)).arrayBuffer();
  expect(fixture.node.purchases).toEqual([{ budgetCb: 9_000, deadlineMs: 60_000 }]);
  const { body } = await report();
  expect(body).toMatchObject({ budgetCb: 9_000, reservedCb: 1_024, spentCb: 5_000 });
  expect(body.holders).toEqual([
    { publicKey: "ab".repeat(32), bytes: 5_000, cb: 5_000, factorMin: 1, factorMax: 1 },
  ]);
  expect((await report("another-one")).status).toBe(404);
});

test("a budget without a name is for its request, no terms at all are no purchase", async () => {
  const { fixture, get } = setUp();
  await (await get("budget=9000")).arrayBuffer();
  await (await get("budget=9000")).arrayBuffer();
  const plain = await get("");
  await plain.arrayBuffer();
  expect(plain.headers.get("x-skerry-price")).toBeNull();
  expect(fixture.node.purchases.length).toBe(2);
});

test("a name or a number that is none is refused with the rule", async () => {
  const { get } = setUp();
  for (const query of ["purchase=short", "purchase=UPPERCASE", "budget=-1", "deadlineMs=x"]) {
    expect((await get(query)).status).toBe(400);
  }
});
