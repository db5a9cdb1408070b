import { add, findInvoice, type Invoice } from "../../../../src/market/mod.ts";
import { utf8 } from "../../../../src/lib/mod.ts";
import type { PayOptions } from "../../../../src/node/mod.ts";
import { INVOICE_STATE, PAY_CODE, RECEIPT_CODE } from "../../../../src/wire/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { unixAt } from "../../../support/market_parts.ts";
import { buyerDesk } from "../../../support/pay_desks.ts";
import { BUYER, half, invoiceOf, noteOf, SELLER } from "../../../support/payment_parts.ts";
import { PEER } from "../../../support/trade_parts.ts";

function setUp() {
  const buyer = buyerDesk();
  const { desk, settled, last } = buyer;
  const quoted = async (changes: object = {}) => {
    await settled();
    const { requestId } = last("PAY_QUOTE");
    const words = { unit: utf8("sat"), method: utf8("manual") };
    const rest = { code: PAY_CODE.ok, amount: 3n, ...words, expiresInSeconds: 600 };
    desk.handleReply(PEER, { type: "PAY_QUOTE_REPLY", requestId, ...rest, ...changes });
    await settled();
  };
  const invoiced = async (changes: object = {}) => {
    const { requestId } = last("INVOICE");
    const rest = { code: PAY_CODE.ok, state: INVOICE_STATE.open, amount: 3n };
    const terms = { expiresInSeconds: 3_600, payTo: utf8("the bank") };
    desk.handleReply(PEER, { type: "INVOICE_REPLY", requestId, ...rest, ...terms, ...changes });
    await settled();
  };
  const pay = (options: PayOptions = {}) => {
    const paying = desk.pay(SELLER.publicKey, options);
    paying.catch(() => {});
    return paying;
  };
  const made = async (cb: bigint) => {
    const paying = pay({ cb });
    await quoted();
    await invoiced();
    return await paying;
  };
  /** What the seller would send once the invoice is paid. */
  const noteFor = (id: Uint8Array, cb: bigint): Uint8Array => {
    const seller = half(SELLER, BUYER);
    seller.account.state.invoices = [invoiceOf(1, { id, cb, state: "paid" })];
    seller.book.credit(seller.account, id, unixAt(0));
    return noteOf(seller);
  };
  const firstInvoice = (): Invoice | undefined => buyer.parts.account.state.invoices[0];
  return { ...buyer, quoted, invoiced, pay, made, noteFor, firstInvoice };
}

describe("PayerDesk", () => {
  test("asks what it costs, keeps the name, asks for the invoice, keeps that", async () => {
    const { parts, last, pay, quoted, invoiced } = setUp();
    const paying = pay({ cb: 2_500n });
    await quoted();
    const kept = () => [...parts.file.rows.values()][0]?.invoices[0];
    expect(kept()?.state).toBe("asked");
    expect(last("INVOICE")).toMatchObject({ cb: 2_500n, amount: 3n });
    await invoiced();
    expect(await paying).toMatchObject({
      ...{ direction: "out", state: "open", cb: "2500", amount: "3", unit: "sat" },
      payTo: "the bank",
    });
    expect(kept()).toMatchObject({ state: "open", payTo: "the bank" });
  });

  test("asked again it gives the same invoice, or asks for the same name", async () => {
    const { sent, last, pay, made, quoted, invoiced } = setUp();
    const first = await made(2_500n);
    const count = sent.length;
    expect(await pay({ cb: 2_500n })).toEqual(first);
    expect(await pay()).toEqual(first);
    expect(sent.length).toBe(count);
    const other = pay({ cb: 9n });
    await quoted();
    const { invoice } = last("INVOICE"); // and then it dies, or the answer is lost
    void other;
    const again = pay({ cb: 9n });
    await quoted();
    expect(last("INVOICE").invoice).toEqual(invoice);
    await invoiced({ amount: 4n });
    expect((await again).amount).toBe("4"); // the seller had made it for that
  });

  test("asked twice at once it makes one invoice for both", async () => {
    const { parts, desk, pay, settled, sent, invoiced } = setUp();
    const both = [pay({ cb: 9n }), pay({ cb: 9n })];
    await settled();
    const quotes = sent.filter(({ type }) => type === "PAY_QUOTE");
    const words = { unit: utf8("sat"), method: utf8("manual"), expiresInSeconds: 9 };
    for (const { requestId } of quotes) {
      const reply = { type: "PAY_QUOTE_REPLY", code: 0, amount: 3n, requestId, ...words } as const;
      desk.handleReply(PEER, reply);
      await settled();
    }
    expect(parts.account.state.invoices.length).toBe(1);
    const names = sent.flatMap((message) => message.type === "INVOICE" ? [message] : []);
    expect(names.length).toBe(2);
    expect(new Set(names.map(({ invoice }) => invoice.toHex())).size).toBe(1);
    await invoiced();
    expect((await both[1])?.state).toBe("open");
  });

  test("by default what is owed is paid, in whichever count it is more", async () => {
    const { parts, last, pay, settled } = setUp();
    await expectRejected(pay(), "nothing is owed");
    add(parts.account.state.bought, 7_000n, 5_000n);
    void pay();
    await settled();
    expect(last("PAY_QUOTE").cb).toBe(7_000n);
  });

  test("a seller that says no or nonsense, or is away, is told of in a sentence", async () => {
    const codes = [
      [PAY_CODE.none, "sells no credit"],
      [PAY_CODE.busy, "no more invoices"],
      [PAY_CODE.stale, "price has changed"],
      [PAY_CODE.failed, "program failed"],
      [99, "said no"],
    ] as const;
    for (const [code, why] of codes) {
      const { pay, quoted } = setUp();
      const paying = pay({ cb: 1n });
      await quoted({ code });
      await expectRejected(paying, why);
    }
    for (const changes of [{ amount: 0n }, { unit: utf8("a b") }, { method: new Uint8Array() }]) {
      const { pay, quoted } = setUp();
      const paying = pay({ cb: 1n });
      await quoted(changes);
      await expectRejected(paying, "none that can be read");
    }
    for (const payTo of [utf8("a\u001b[2Jb"), new Uint8Array(), Uint8Array.of(0xff)]) {
      const { pay, quoted, invoiced } = setUp();
      const paying = pay({ cb: 1n });
      await quoted();
      await invoiced({ payTo });
      await expectRejected(paying, "none that can be read");
    }
    const away = setUp();
    away.reach.isKnown = false;
    await expectRejected(away.pay({ cb: 1n }), "its address is not known");
    const gone = setUp();
    const paying = gone.pay({ cb: 1n });
    await gone.settled();
    gone.desk.handleClosed(PEER);
    await expectRejected(paying, "did not answer");
    const mute = setUp();
    const waiting = mute.pay({ cb: 1n });
    await mute.settled();
    await mute.parts.world.advanceSettled(60_000);
    await expectRejected(waiting, "did not answer");
    await expectRejected(setUp().pay({ cb: 2n ** 40n + 1n }), "at most");
  });

  test("a note is counted once, kept, and then confirmed", async () => {
    const { parts, desk, made, noteFor, firstInvoice, settled, last, sent } = setUp();
    await made(2_500n);
    const note = noteFor(firstInvoice()?.id ?? new Uint8Array(), 2_500n);
    const message = { type: "CREDIT_NOTE", requestId: 9, note } as const;
    for (let i = 0; i < 2; i++) {
      expect(desk.handleNote(PEER, SELLER.publicKey, message, parts.now)).toBe(true);
      await settled();
      expect(last("CREDIT_NOTE_ACK")).toMatchObject({ requestId: 9, code: RECEIPT_CODE.taken });
    }
    expect([parts.account.state.spentCb, firstInvoice()?.state]).toEqual([2_500n, "credited"]);
    expect([...parts.file.rows.values()][0]?.theirNotes.length).toBe(1);
    expect(parts.log).toEqual(["payment_taken"]);
    expect(sent.filter(({ type }) => type === "CREDIT_NOTE_ACK").length).toBe(2);
  });

  test("a confirmation that cannot be sent is logged, and ends nothing", async () => {
    const { parts, desk, transport, made, noteFor, firstInvoice, settled } = setUp();
    await made(2_500n);
    transport.sendMessage = () => {
      throw new Error("broken");
    };
    const note = noteFor(firstInvoice()?.id ?? new Uint8Array(), 2_500n);
    desk.handleNote(PEER, SELLER.publicKey, { type: "CREDIT_NOTE", requestId: 9, note }, parts.now);
    await settled();
    expect(parts.log).toEqual(["payment_taken", "payment_failed"]);
  });

  test("a note not kept is not confirmed; junk is refused, a flood not looked at", async () => {
    const { parts, desk, made, noteFor, firstInvoice, settled, sent } = setUp();
    await made(2_500n);
    parts.file.save = () => Promise.reject(new Error("no space"));
    const note = noteFor(firstInvoice()?.id ?? new Uint8Array(), 2_500n);
    const take = (bytes: Uint8Array) =>
      desk.handleNote(
        PEER,
        SELLER.publicKey,
        { type: "CREDIT_NOTE", requestId: 9, note: bytes },
        parts.now,
      );
    take(note);
    await settled();
    const acks = () => sent.filter(({ type }) => type === "CREDIT_NOTE_ACK");
    expect(acks()).toEqual([]);
    const looked = Array.from({ length: 50 }, () => take(new Uint8Array(185)));
    expect(looked.filter((one) => one).length).toBe(19);
    expect(acks()[0]).toMatchObject({ code: RECEIPT_CODE.refused });
  });

  test("who waits has the seller asked every five seconds; one that ran out is seen", async () => {
    const { parts, desk, made, invoiced, firstInvoice, sent } = setUp();
    const { invoice } = await made(2_500n);
    const asked = () => sent.filter(({ type }) => type === "INVOICE").length;
    const before = asked();
    for (let i = 0; i < 10; i++) {
      expect(desk.follow(invoice)?.state).toBe("open");
      await parts.world.advanceSettled(1_000);
    }
    expect(asked() - before).toBe(2);
    await invoiced({ state: INVOICE_STATE.expired });
    expect(firstInvoice()?.state).toBe("expired");
    expect(desk.follow("00".repeat(16))).toBeUndefined();
  });

  test("one that ran out is shown no more; its note is taken all the same", async () => {
    const { parts, desk, made, pay, quoted, invoiced, noteFor, firstInvoice } = setUp();
    const first = await made(2_500n);
    await parts.world.advanceSettled(3_599_000);
    expect(await pay({ cb: 2_500n })).toEqual(first);
    await parts.world.advanceSettled(1_000);
    const paying = pay({ cb: 2_500n });
    await quoted();
    await invoiced();
    const second = await paying;
    expect([second.state, firstInvoice()?.state]).toEqual(["open", "expired"]);
    expect(second.invoice).not.toBe(first.invoice);
    const note = noteFor(Uint8Array.fromHex(first.invoice), 2_500n);
    desk.handleNote(PEER, SELLER.publicKey, { type: "CREDIT_NOTE", requestId: 9, note }, parts.now);
    expect(firstInvoice()?.state).toBe("credited");
  });

  test("one whose answer was lost until it ran out makes way for a new one", async () => {
    const over = [
      { state: INVOICE_STATE.expired, expiresInSeconds: 0 },
      { expiresInSeconds: 0 },
    ];
    for (const changes of over) {
      const { pay, quoted, invoiced, last, firstInvoice } = setUp();
      void pay({ cb: 9n });
      await quoted(); // and the answer is lost
      const lost = last("INVOICE").invoice;
      const paying = pay({ cb: 9n });
      await quoted();
      expect(last("INVOICE").invoice).toEqual(lost);
      await invoiced(changes);
      expect(firstInvoice()?.state).toBe("expired");
      await quoted();
      expect(last("INVOICE").invoice).not.toEqual(lost);
      await invoiced();
      expect((await paying).state).toBe("open");
    }
    const { pay, quoted, invoiced } = setUp();
    const paying = pay({ cb: 9n });
    await quoted();
    await invoiced({ state: INVOICE_STATE.expired });
    await expectRejected(paying, "has run out already");
  });

  test("what was not paid in time keeps no room, and its note is taken all the same", async () => {
    const { parts, desk, made, pay, noteFor, settled } = setUp();
    const { invoice } = await made(2_500n);
    await parts.world.advanceSettled(86_400_000 + 3_600_000);
    void pay({ cb: 7n });
    await settled();
    const id = Uint8Array.fromHex(invoice);
    const stateNow = () => findInvoice(parts.account.state.invoices, id, false)?.state;
    expect(stateNow()).toBe("expired");
    const note = noteFor(id, 2_500n);
    desk.handleNote(PEER, SELLER.publicKey, { type: "CREDIT_NOTE", requestId: 9, note }, parts.now);
    expect(stateNow()).toBe("credited");
  });

  test("an answer from somebody else, or to no question, is nobody's", async () => {
    const { desk, pay, settled, last } = setUp();
    void pay({ cb: 1n });
    await settled();
    const { requestId } = last("PAY_QUOTE");
    const words = { unit: utf8("sat"), method: utf8("manual"), expiresInSeconds: 1 };
    const reply = { type: "PAY_QUOTE_REPLY", code: 0, amount: 1n, ...words } as const;
    expect(desk.handleReply(9 as never, { ...reply, requestId })).toBe(false);
    expect(desk.handleReply(PEER, { ...reply, requestId: requestId + 1 })).toBe(false);
  });
});

async function expectRejected(deed: Promise<unknown>, why: string): Promise<void> {
  expect(await deed.then(() => "it was done", String)).toContain(why);
}
