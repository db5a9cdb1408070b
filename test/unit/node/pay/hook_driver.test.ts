import { HookDriver } from "../../../../src/node/pay/hook_driver.ts";
import { PAY_TO_BYTES_MAX } from "../../../../src/wire/mod.ts";
import { FakeWallet } from "../../../support/fake_wallet.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { anyKeyOf } from "../../../support/market_parts.ts";
import { invoiceId, invoiceOf } from "../../../support/payment_parts.ts";

const RATE = { cbPerUnit: 1_000n, unit: "sat" };
const QUOTE = {
  ...{ cb: 2_500n, amount: 3n, unit: "sat", method: "lightning" },
  expiresInSeconds: 600,
};

function setUp(answers: Record<string, unknown> = {}) {
  const wallet = new FakeWallet();
  wallet.answers = answers;
  return { wallet, driver: new HookDriver(RATE, "/hook", wallet.program, "dev") };
}

describe("HookDriver", () => {
  test("each question is one document, which names all that a program has to know", async () => {
    const { wallet, driver } = setUp();
    const invoice = invoiceOf(1, { method: "lightning", reference: "r", proof: "p" });
    expect(await driver.quote(2_500n)).toEqual(QUOTE);
    await driver.invoice(QUOTE, invoiceId(1), anyKeyOf(1));
    await driver.settled(invoice);
    await driver.redeem(invoice);
    const name = "01".repeat(16);
    const rest = { network: "dev", amount: "5", unit: "sat", method: "lightning" };
    expect(wallet.asked).toEqual([
      { ask: "quote", network: "dev", cb: "2500", amount: "3", unit: "sat" },
      {
        ...{ ...rest, ask: "invoice", invoice: name, cb: "2500", amount: "3" },
        peer: anyKeyOf(1).toHex(),
      },
      { ...rest, ask: "settled", invoice: name, reference: "r" },
      { ...rest, ask: "redeem", invoice: name, reference: "r", proof: "p" },
    ]);
  });

  test("a program may set the price, the times and what it calls an invoice", async () => {
    const { driver } = setUp({
      quote: { method: "cashu", amount: "7", expiresSeconds: 5 },
      invoice: { payTo: "cashu:…", reference: "42", expiresSeconds: 9 },
      settled: { settled: true, proof: "token" },
    });
    const quote = { cb: 2_500n, amount: 7n, unit: "sat", method: "cashu", expiresInSeconds: 5 };
    expect(await driver.quote(2_500n)).toEqual(quote);
    const terms = { payTo: "cashu:…", reference: "42", expiresInSeconds: 9 };
    expect(await driver.invoice(quote, invoiceId(1), anyKeyOf(1))).toEqual(terms);
    expect(await driver.settled(invoiceOf(1))).toBe("token");
  });

  test("an answer that breaks a rule is refused by a sentence that names it", async () => {
    const cases: [string, unknown, RegExp][] = [
      ["quote", { method: "manual" }, /"method"/],
      ["quote", { method: "two words" }, /"method"/],
      ["quote", {}, /"method"/],
      ["quote", { method: "x", amount: "0" }, /"amount"/],
      ["quote", { method: "x", amount: 1.5 }, /"amount"/],
      ["quote", { method: "x", expiresSeconds: 0 }, /"expiresSeconds"/],
      ["quote", [], /no JSON object/],
      ["quote", { error: "the wallet is locked" }, /the wallet is locked/],
      ["invoice", {}, /"payTo"/],
      ["invoice", { payTo: "a\u001b[2Jb" }, /"payTo"/],
      ["invoice", { payTo: "x".repeat(PAY_TO_BYTES_MAX + 1) }, /"payTo"/],
      ["invoice", { payTo: "x", reference: "y".repeat(257) }, /"reference"/],
      ["settled", { settled: "yes" }, /"settled"/],
      ["settled", {}, /"settled"/],
      ["redeem", { redeemed: false }, /"redeemed"/],
    ];
    for (const [ask, answer, why] of cases) {
      const { driver } = setUp({ [ask]: answer });
      const deeds: Record<string, () => Promise<unknown>> = {
        quote: () => driver.quote(1n),
        invoice: () => driver.invoice(QUOTE, invoiceId(1), anyKeyOf(1)),
        settled: () => driver.settled(invoiceOf(1)),
        redeem: () => driver.redeem(invoiceOf(1)),
      };
      const error = await deeds[ask]?.().then(() => "it was taken", (reason: Error) => reason);
      expect(String(error)).toMatch(why);
    }
  });

  test("a program that fails, hangs or floods is told of with what it said", async () => {
    const cases = [
      [{ exitCode: 1, stderr: "no route\n" }, /ended with 1: no route/],
      [{ end: "timed_out" }, /took longer than 10 s/],
      [{ end: "too_long" }, /wrote more than 65536 bytes/],
      [{ end: "not_started", stderr: "ENOENT" }, /could not be started: ENOENT/],
    ] as const;
    for (const [run, why] of cases) {
      const { wallet, driver } = setUp();
      wallet.run = run;
      const error = await driver.quote(1n).then(() => "it was taken", (reason: Error) => reason);
      expect(String(error)).toMatch(why);
    }
  });

  test("four programs run at once, forty questions wait, more are refused", async () => {
    const { wallet } = setUp();
    let running = 0;
    const most = { running: 0 };
    const finish: (() => void)[] = [];
    const driver = new HookDriver(RATE, "/hook", async (...run) => {
      most.running = Math.max(most.running, ++running);
      await new Promise<void>((resolve) => finish.push(resolve));
      running--;
      return await wallet.program(...run);
    }, "dev");
    const asked = Array.from({ length: 45 }, () => driver.quote(1n).then(() => "ok", String));
    expect(await asked[44]).toContain("40 questions wait");
    for (let done = 0; done < 44; done++) {
      finish.shift()?.();
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    expect(await Promise.all(asked.slice(0, 44))).toEqual(Array(44).fill("ok"));
    expect(most.running).toBe(4);
  });
});
