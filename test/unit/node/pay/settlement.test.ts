import { findInvoice, type InvoiceState } from "../../../../src/market/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { START_MS } from "../../../support/market_parts.ts";
import { sellerDesk } from "../../../support/pay_desks.ts";
import { invoiceId, invoiceOf } from "../../../support/payment_parts.ts";

const HOUR_MS = 3_600_000;

function setUp(how: "hook" | "manual" | "none" = "hook", state: InvoiceState = "open") {
  const desk = sellerDesk(how);
  const now = desk.parts.clock.unixMs();
  const method = how === "hook" ? "lightning" : "manual";
  desk.put(invoiceOf(1, {
    ...{ state, method, reference: "hash" },
    createdMs: now,
    expiresMs: now + HOUR_MS as typeof START_MS,
  }));
  const stateNow = () => findInvoice(desk.parts.account.state.invoices, invoiceId(1), true)?.state;
  const onDisk = () => [...desk.parts.file.rows.values()][0]?.invoices[0]?.state;
  const looks = () => desk.wallet.asked.filter(({ ask }) => ask === "settled").length;
  return { ...desk, stateNow, onDisk, looks };
}

describe("Settlement", () => {
  test("what was open at the last run's end is looked at soon, then ever less often", async () => {
    const { turn, looks, settlement } = setUp();
    await turn();
    expect(looks()).toBe(1);
    await turn(10_000);
    expect(looks()).toBe(4); // every three seconds
    await turn(600_000);
    const tenMinutes = looks();
    expect(tenMinutes).toBeLessThan(100);
    await turn(600_000);
    expect(looks() - tenMinutes).toBeLessThan(22); // a twentieth of its age
    expect(settlement.nextTimeout()).toBeDefined();
  });

  test("each step is on disk before the next: paid, ours for good, credited", async () => {
    const { parts, wallet, turn, onDisk, credited } = setUp();
    const seen: string[] = [];
    const save = parts.file.save.bind(parts.file);
    parts.file.save = async (...changes) => {
      await save(...changes);
      seen.push(`${onDisk()}, redeemed: ${wallet.redeemed.size}`);
    };
    wallet.paid.add("hash");
    await turn();
    expect(seen).toEqual(["paid, redeemed: 0", "credited, redeemed: 1"]);
    expect([parts.account.state.paidCb, credited.length]).toEqual([1_000n, 1]);
    expect(parts.log).toEqual(["payment_credited"]);
  });

  test("what was paid when the last run ended is redeemed and credited", async () => {
    const { wallet, turn, stateNow, looks } = setUp("hook", "paid");
    await turn();
    expect([stateNow(), looks(), wallet.redeemed.size]).toEqual(["credited", 0, 1]);
  });

  test("a wallet that fails is asked again, said once, and nothing is credited", async () => {
    const { parts, wallet, turn, stateNow } = setUp();
    wallet.answers = { settled: { error: "locked" } };
    await turn(100_000);
    expect([stateNow(), parts.log]).toEqual(["open", ["payment_not_seen"]]);
    wallet.answers = { redeem: { error: "no" } };
    wallet.paid.add("hash");
    await turn(60_000);
    expect([stateNow(), parts.account.state.paidCb]).toEqual(["paid", 0n]);
    wallet.answers = {};
    await turn(60_000);
    expect(stateNow()).toBe("credited");
  });

  test("an unpaid one runs out after one more look, for what came at the last moment", async () => {
    const late = setUp();
    await late.turn();
    await late.parts.world.advanceSettled(HOUR_MS + 50_000);
    late.wallet.paid.add("hash");
    await late.turn();
    expect(late.stateNow()).toBe("credited");
    const never = setUp();
    await never.turn();
    await never.parts.world.advanceSettled(HOUR_MS + 61_000);
    await never.turn();
    expect([never.stateNow(), never.settlement.nextTimeout()]).toEqual(["expired", undefined]);
  });

  test("by hand an invoice is settled once, also one that has run out", async () => {
    const { parts, turn, settlement, settled, stateNow } = setUp("manual");
    await turn();
    await parts.world.advanceSettled(HOUR_MS);
    await turn();
    expect(stateNow()).toBe("expired");
    const name = invoiceId(1).toHex();
    for (let i = 0; i < 2; i++) {
      const done = settlement.settle(name, "seen");
      await settled();
      expect((await done).invoice).toMatchObject({ state: "credited", proof: "seen" });
    }
    expect(parts.account.state.paidCb).toBe(1_000n);
    const other = await settlement.settle("ff".repeat(16), "").catch(String);
    expect(other).toContain("has made none of that name");
  });

  test("a disk that fails credits nobody: the operator is told, and it is done later", async () => {
    const { parts, settlement, stateNow, onDisk, settled } = setUp("manual");
    const { save } = parts.file;
    parts.file.save = () => Promise.reject(new Error("no space"));
    const failed = settlement.settle(invoiceId(1).toHex(), "").catch(String);
    await settled();
    expect(await failed).toContain("no space");
    expect([stateNow(), onDisk()]).toEqual(["paid", undefined]);
    parts.file.save = save;
    const done = settlement.settle(invoiceId(1).toHex(), "");
    await settled();
    await done;
    expect([stateNow(), onDisk(), parts.account.state.paidCb]).toEqual([
      "credited",
      "credited",
      1_000n,
    ]);
  });

  test("of many open ones a few are looked at a second", async () => {
    const { put, turn, looks } = setUp();
    for (let i = 2; i < 14; i++) put(invoiceOf(i, { method: "lightning", reference: `${i}` }));
    await turn();
    expect(looks()).toBeLessThanOrEqual(8);
    await turn(3_000);
    expect(looks()).toBeLessThanOrEqual(8 + 4 * 3 + 1);
  });
});
