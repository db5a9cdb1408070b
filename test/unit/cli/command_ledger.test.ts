import { networkId } from "../../../src/identity/mod.ts";
import { makeStatement, signReceipt } from "../../../src/market/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin } from "../../support/fake_admin.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { keyOf } from "../../support/market_parts.ts";

const [us, peer] = [keyOf(1), keyOf(2)];
const theirs = [signReceipt(peer, networkId("dev"), {
  serverKey: us.publicKey,
  epoch: 1,
  seq: 1n,
  total: { bytes: 2_097_152n, cb: 99n },
  signedAtMs: 86_400_000n,
})];
const statement = makeStatement("dev", us.publicKey, peer.publicKey, {
  theirs,
  ours: [],
  theirNotes: [],
  ourNotes: [],
});
const entry = (first: string, balanceCb: string) => ({
  publicKey: first.repeat(64),
  rank: 12,
  sentBytes: 2 ** 20,
  sentCb: "5",
  receivedBytes: 0,
  receivedCb: "0",
  paidCb: "3",
  spentCb: "10",
  balanceBytes: 2 ** 20,
  balanceCb,
  limitCb: "25165824",
  unsignedBytes: 0,
  lastReceiptMs: 0,
  faults: 0,
});

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  admin.json("/v1/ledger", { entries: [entry("b", "-7"), entry("a", "9")] });
  admin.json(`/v1/ledger/${peer.publicKey.toHex()}`, statement);
  return fixture;
}

describe("skerry ledger", () => {
  test("is a table, sorted as asked, or the entries as they came", async () => {
    const fixture = setUp();
    expect(await fixture.run("ledger", "--data=/d", "--sort", "balance")).toBe(0);
    const lines = fixture.out.split("\n");
    expect(lines[0]).toMatch(
      /^PEER +RANK +SENT +RECEIVED +BALANCE +PAID +LIMIT +UNSIGNED +LAST RECEIPT$/,
    );
    expect(lines[1]).toMatch(/^a{16} +12 .* 9 cb +-7 cb +25165824 cb /);
    expect(lines[2]).toContain("-7 cb");
    const asJson = setUp();
    await asJson.run("ledger", "--data=/d", "--json");
    expect(JSON.parse(asJson.out).entries.length).toBe(2);
  });

  test("prove prints a statement that verify checks without a node", async () => {
    const fixture = setUp();
    expect(await fixture.run("ledger", "prove", peer.publicKey.toHex(), "--data=/d")).toBe(0);
    const alone = new CliFixture();
    await alone.files.replace("/s.json", utf8(fixture.out));
    expect(await alone.run("ledger", "verify", "/s.json")).toBe(0);
    expect(alone.out).toContain("the peer signed for  2.00 MiB, 99 cb");
    expect(alone.out).toContain("1970-01-02T00:00:00Z");
  });

  test("a statement that proves nothing is refused, with the reason", async () => {
    for (const [text, why] of [["{}", "statement"], ["nonsense", "no JSON object"]] as const) {
      const fixture = new CliFixture();
      await fixture.files.replace("/s.json", utf8(text));
      expect(await fixture.run("ledger", "verify", "/s.json")).toBe(5);
      expect(fixture.err).toContain(why);
    }
  });

  test("another deed, or one of nobody, is wrong usage; a missing file says so", async () => {
    for (const args of [["prove"], ["verify"], ["forgive", "x"], ["invoices", "x"]]) {
      expect(await setUp().run("ledger", ...args, "--data=/d")).toBe(2);
    }
    expect(await new CliFixture().run("ledger", "verify", "/none.json")).toBe(1);
  });
});
