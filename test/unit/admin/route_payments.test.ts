import { toBase32 } from "../../../src/lib/mod.ts";
import { AdminFixture } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";
import { anyKeyOf } from "../../support/market_parts.ts";

const PEER = anyKeyOf(3);
const INVOICE = "ab".repeat(16);
const post = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

test("an invoice is asked for, listed, followed and settled", async () => {
  const fixture = new AdminFixture();
  for (const peer of [PEER.toHex(), toBase32(PEER)]) {
    const answer = await fixture.ask("/v1/ledger/pay", post({ peer, cb: "12" }));
    expect(await answer.json()).toMatchObject({ peer: PEER.toHex(), cb: "12", state: "open" });
  }
  const listed = await (await fixture.ask("/v1/ledger/invoices")).json();
  expect(listed).toEqual({ entries: [expect.objectContaining({ invoice: INVOICE })] });
  const followed = await fixture.ask(`/v1/ledger/invoices/${INVOICE}`);
  expect(await followed.json()).toMatchObject({ invoice: INVOICE, direction: "out" });
  const settled = await fixture.ask(
    "/v1/ledger/settle",
    post({ invoice: INVOICE, proof: "seen" }),
  );
  expect(await settled.json()).toMatchObject({ state: "credited", proof: "seen" });
  expect(fixture.node.settled).toEqual([{ invoice: INVOICE, proof: "seen" }]);
});

test("what is wrong with a question is said, and nothing is done", async () => {
  const fixture = new AdminFixture();
  const peer = PEER.toHex();
  const cases: [string, unknown, RegExp][] = [
    ["pay", {}, /64 hex digits or 52 characters/],
    ["pay", { peer: "abc" }, /64 hex digits or 52 characters/],
    ["pay", { peer, cb: 12 }, /"cb" must be/],
    ["pay", { peer, cb: "0" }, /"cb" must be/],
    ["pay", { peer, cb: "-1" }, /"cb" must be/],
    ["settle", {}, /"invoice" must be/],
    ["settle", { invoice: "../../x" }, /"invoice" must be/],
    ["settle", { invoice: INVOICE, proof: 7 }, /"proof" must be/],
    ["settle", { invoice: INVOICE, proof: "two\nlines" }, /"proof" must be/],
    ["settle", { invoice: INVOICE, proof: "x".repeat(501) }, /"proof" must be/],
  ];
  for (const [deed, body, why] of cases) {
    const answer = await fixture.ask(`/v1/ledger/${deed}`, post(body));
    expect([answer.status, (await answer.json()).detail]).toEqual([
      400,
      expect.stringMatching(why),
    ]);
  }
  expect([fixture.node.entries, fixture.node.settled]).toEqual([[], []]);
});

test("an invoice that nobody knows is named so", async () => {
  const fixture = new AdminFixture();
  const followed = await fixture.ask(`/v1/ledger/invoices/${INVOICE}`);
  expect([followed.status, await followed.text()]).toEqual([
    400,
    expect.stringContaining("has asked for none of that name"),
  ]);
  const settled = await fixture.ask("/v1/ledger/settle", post({ invoice: INVOICE }));
  expect(await settled.json()).toMatchObject({ code: "INVALID_ID" });
});
