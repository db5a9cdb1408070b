import type { InvoiceEntry } from "../../../src/node/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin, problem } from "../../support/fake_admin.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { anyKeyOf } from "../../support/market_parts.ts";

const PEER = anyKeyOf(3).toHex();
const INVOICE = "ab".repeat(16);

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  const now = fixture.clock.unixMs();
  const entry: InvoiceEntry = {
    ...{ invoice: INVOICE, peer: PEER, direction: "out", state: "open" },
    ...{ cb: "2500", amount: "3", unit: "sat", method: "lightning", payTo: "lnbc1\u009b2J" },
    createdMs: now,
    expiresMs: now + 3_600_000,
  };
  const bodies: unknown[] = [];
  const answer = (path: string, document: unknown) =>
    admin.answers.set(path, (request) => {
      void request.json().then((body) => bodies.push(body));
      return Response.json(document);
    });
  answer("/v1/ledger/pay", entry);
  answer("/v1/ledger/settle", { ...entry, state: "credited", direction: "in" });
  admin.json("/v1/ledger/invoices", { entries: [entry, { ...entry, cb: "1", proof: "seen" }] });
  /** What following it shows, one after the other; the last for ever. */
  const states = (...list: readonly Partial<InvoiceEntry>[]) => {
    let at = 0;
    admin.answers.set(
      `/v1/ledger/invoices/${INVOICE}`,
      () => Response.json({ ...entry, ...list[Math.min(at++, list.length - 1)] }),
    );
  };
  /** Runs a command while time goes on. */
  const run = async (...argv: string[]): Promise<number> => {
    let code: number | undefined;
    const running = fixture.run("ledger", ...argv, "--data=/d").then((found) => code = found);
    for (let turn = 0; turn < 10_000 && code === undefined; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      await fixture.clock.advanceSettled(1_000);
    }
    return await running;
  };
  return { fixture, admin, entry, bodies, states, run };
}

describe("skerry ledger pay", () => {
  test("shows what to pay, a stranger's words without control codes", async () => {
    const { fixture, bodies, run } = setUp();
    expect(await run("pay", PEER, "--cb", "10MiB")).toBe(0);
    expect(bodies).toEqual([{ peer: PEER, cb: "10485760" }]);
    expect(fixture.out).toContain("price    3 sat by lightning");
    expect(fixture.out).toContain("credit   2500 cb");
    expect(fixture.out).not.toContain("\u009b");
  });

  test("--wait returns when it is credited; with --json one document is on stdout", async () => {
    const { fixture, states, run } = setUp();
    states({}, {}, { state: "credited" });
    expect(await run("pay", PEER, "--wait")).toBe(0);
    expect(fixture.out).toMatch(/credited 2500 cb\n$/);
    const asJson = setUp();
    asJson.states({}, { state: "credited" });
    expect(await asJson.run("pay", PEER, "--wait", "--json")).toBe(0);
    expect(JSON.parse(asJson.fixture.out)).toMatchObject({ state: "credited" });
    expect(asJson.fixture.err).toContain("3 sat by lightning"); // who waits must see what to pay
  });

  test("an invoice that runs out is a time-out, and says what to do", async () => {
    for (const over of [{ state: "expired" }, { expiresMs: 1 }] as const) {
      const { fixture, states, run } = setUp();
      states({}, over);
      expect(await run("pay", PEER, "--wait")).toBe(6);
      expect(fixture.err).toContain("has run out");
    }
  });

  test("interrupted, it leaves the invoice for the next time", async () => {
    const { fixture, admin, states } = setUp();
    states({});
    const running = fixture.run("ledger", "pay", PEER, "--wait", "--data=/d");
    for (let turn = 0; turn < 100 && (turn < 20 || admin.seen.length < 2); turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    fixture.host.signal("SIGINT");
    expect(await running).toBe(130);
    expect(fixture.err).toContain("the invoice stays");
  });

  test("what the node refuses is refused, and a wrong sum is wrong usage", async () => {
    const { fixture, admin, run } = setUp();
    admin.answers.set("/v1/ledger/pay", () => problem(503, "REFUSED", "it sells no credit"));
    expect(await run("pay", PEER)).toBe(5);
    expect(fixture.err).toContain("it sells no credit");
    for (const cb of ["0", "ten", "10G"]) expect(await run("pay", PEER, "--cb", cb)).toBe(2);
    expect(await run("pay")).toBe(2);
    expect(await run("settle")).toBe(2);
  });
});

describe("skerry ledger invoices and settle", () => {
  test("invoices is a table, sorted as asked, or the entries as they came", async () => {
    const { fixture, run } = setUp();
    expect(await run("invoices", "--sort", "credit")).toBe(0);
    const lines = fixture.out.split("\n");
    expect(lines[0]).toMatch(/^INVOICE +PEER +CREDIT +PRICE +METHOD +STATE +MADE +PROOF$/);
    expect(lines[1]).toMatch(/^(ab){16} +to 0{7}4/);
    expect(lines[2]).toContain("seen");
    const asJson = setUp();
    await asJson.run("invoices", "--json");
    expect(JSON.parse(asJson.fixture.out).entries.length).toBe(2);
  });

  test("settle names what was credited and whom", async () => {
    const { fixture, bodies, run } = setUp();
    expect(await run("settle", INVOICE, "--proof", "Friday's statement")).toBe(0);
    expect(bodies).toEqual([{ invoice: INVOICE, proof: "Friday's statement" }]);
    expect(fixture.out).toBe(`credited 2500 cb to ${PEER}\n`);
  });
});
