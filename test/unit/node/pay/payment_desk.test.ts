import fc from "fast-check";
import { add, findInvoice, PaymentBook } from "../../../../src/market/mod.ts";
import { fromUtf8, prefixOf } from "../../../../src/lib/mod.ts";
import { PREFIX_WATCHED_MAX } from "../../../../src/node/pay/settlement.ts";
import { INVOICE_STATE, PAY_CODE, RECEIPT_CODE } from "../../../../src/wire/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { sellerDesk } from "../../../support/pay_desks.ts";
import { BUYER, invoiceId, invoiceOf, SELLER } from "../../../support/payment_parts.ts";
import { anyMessageOf, definitions } from "../../../support/wire_arbitraries.ts";
import { keyOf, NETWORK_ID, unixAt } from "../../../support/market_parts.ts";
import { PEER } from "../../../support/trade_parts.ts";

const NO_BYTES = new Uint8Array();

/** An open invoice of 2,500 cb for 3 sat. */
async function withInvoiceMade(how: "hook" | "manual" = "hook") {
  const seller = sellerDesk(how);
  await seller.quote(2_500n);
  await seller.invoice(invoiceId(1), 2_500n, 3n);
  const ack = (code: number, held = NO_BYTES) => {
    const { requestId } = seller.last("CREDIT_NOTE");
    return seller.desk.handleNoteAck(PEER, { type: "CREDIT_NOTE_ACK", requestId, code, held });
  };
  const notes = () => seller.sent.filter(({ type }) => type === "CREDIT_NOTE").length;
  const stateNow = () =>
    findInvoice(seller.parts.account.state.invoices, invoiceId(1), true)?.state;
  return { ...seller, ack, notes, stateNow };
}

describe("PaymentDesk", () => {
  test("tells a price, makes the invoice that was quoted, and has it on disk first", async () => {
    const { parts, quote, invoice, last, sent, settled, desk } = sellerDesk();
    expect(await quote(2_500n)).toMatchObject({ code: PAY_CODE.ok, amount: 3n });
    expect(fromUtf8(last("PAY_QUOTE_REPLY").unit)).toBe("sat");
    expect(fromUtf8(last("PAY_QUOTE_REPLY").method)).toBe("lightning");
    let keep = (): void => {};
    const save = parts.file.save.bind(parts.file);
    parts.file.save = async (...changes) => {
      await new Promise<void>((resolve) => keep = resolve);
      await save(...changes);
    };
    const asked = { type: "INVOICE", requestId: 2, invoice: invoiceId(1), cb: 2_500n } as const;
    desk.handleInvoice(PEER, { ...asked, amount: 3n }, parts.now);
    await settled();
    expect(sent.length).toBe(1);
    keep();
    await settled();
    expect(last("INVOICE_REPLY")).toMatchObject({
      ...{ code: PAY_CODE.ok, state: INVOICE_STATE.open, amount: 3n, expiresInSeconds: 3_600 },
    });
    expect(fromUtf8(last("INVOICE_REPLY").payTo)).toBe(`lnbc-${"01".repeat(16)}`);
    parts.file.save = save;
    expect((await invoice(invoiceId(1), 2_500n, 3n)).code).toBe(PAY_CODE.ok);
    expect(parts.account.state.invoices.length).toBe(1); // asked again it is the same
  });

  test("what is not quoted, out of bounds or not sold is refused by its code", async () => {
    const seller = sellerDesk();
    expect((await seller.quote(0n)).code).toBe(PAY_CODE.refused);
    expect((await seller.quote(2n ** 40n + 1n)).code).toBe(PAY_CODE.refused);
    expect((await seller.invoice(invoiceId(1), 1n, 1n)).code).toBe(PAY_CODE.stale);
    await seller.quote(2_500n);
    expect((await seller.invoice(invoiceId(1), 2_500n, 2n)).code).toBe(PAY_CODE.stale);
    await seller.parts.world.advanceSettled(600_000);
    expect((await seller.invoice(invoiceId(1), 2_500n, 3n)).code).toBe(PAY_CODE.stale);
    seller.line.mayBuy = false; // it would not be served
    await seller.parts.world.advanceSettled(5_000);
    expect((await seller.quote(2_500n)).code).toBe(PAY_CODE.rank);
    seller.line.mayBuy = true;
    for (let i = 0; i < 2; i++) seller.parts.account.noteFault(seller.parts.clock.unixMs());
    expect((await seller.quote(2_500n)).code).toBe(PAY_CODE.refused);
    const none = sellerDesk("none");
    expect((await none.quote(1n)).code).toBe(PAY_CODE.none);
    expect((await none.invoice(invoiceId(1), 1n, 1n)).code).toBe(PAY_CODE.none);
  });

  test("a wallet that fails is the operator's to know; the peer hears that it failed", async () => {
    const { parts, wallet, quote, invoice } = sellerDesk();
    wallet.answers = { quote: { error: "locked" } };
    expect((await quote(1n)).code).toBe(PAY_CODE.failed);
    wallet.answers = { invoice: { error: "locked" } };
    await quote(1n);
    expect((await invoice(invoiceId(1), 1n, 1n)).code).toBe(PAY_CODE.failed);
    expect([parts.log, parts.account.state.invoices]).toEqual([
      ["payment_failed", "payment_failed"],
      [],
    ]);
  });

  test("a peer may leave four unpaid, and one of another's name is not made", async () => {
    const { parts, quote, invoice } = sellerDesk("manual");
    for (let i = 1; i <= 5; i++) {
      await parts.world.advanceSettled(10_000);
      await quote(1_000n);
      const { code } = await invoice(invoiceId(i), 1_000n, 1n);
      expect([i, code]).toEqual([i, i <= 4 ? PAY_CODE.ok : PAY_CODE.busy]);
    }
    const stranger = parts.keeper.ledger.open(new Uint8Array(32).fill(7) as never, 0 as never);
    if (stranger === undefined) throw new Error("no room");
    stranger.state.invoices = [invoiceOf(9)];
    parts.account.state.invoices = [];
    await quote(1_000n);
    expect((await invoice(invoiceId(9), 1_000n, 1n)).code).toBe(PAY_CODE.refused);
  });

  test("who has no session, or asks without end, gets no answer", async () => {
    const { desk, parts, line, sent, settled } = sellerDesk();
    const asked = { type: "PAY_QUOTE", requestId: 1, cb: 1n } as const;
    line.isEstablished = false;
    expect(desk.handleQuote(PEER, asked, parts.now)).toBe(false);
    line.isEstablished = true;
    const answered = Array.from({ length: 30 }, () => desk.handleQuote(PEER, asked, parts.now));
    await settled();
    expect(answered.filter((one) => one).length).toBe(10);
    expect(sent.length).toBe(10);
  });

  test("when it is paid its note goes out, kept first, until the payer confirms it", async () => {
    const { parts, desk, wallet, turn, ack, notes, stateNow, settled } = await withInvoiceMade();
    desk.handleConnected(PEER, BUYER.publicKey);
    await settled();
    wallet.paid.add(`hash-${"01".repeat(16)}`);
    await turn(4_000);
    expect([notes(), stateNow()]).toEqual([1, "credited"]);
    expect([...parts.file.rows.values()][0]?.ourNote?.seq).toBe(1n);
    desk.handleClosed(PEER, BUYER.publicKey);
    desk.handleConnected(PEER, BUYER.publicKey);
    await settled();
    expect(notes()).toBe(2);
    expect(ack(RECEIPT_CODE.taken)).toBe(true);
    expect(ack(RECEIPT_CODE.taken)).toBe(false); // nobody asked this
    expect(stateNow()).toBe("held");
    desk.handleConnected(PEER, BUYER.publicKey);
    await settled();
    expect(notes()).toBe(2);
  });

  test("a payer that asks after all is told, and sent the note again", async () => {
    const { settlement, invoice, ack, notes, settled } = await withInvoiceMade("manual");
    const done = settlement.settle(invoiceId(1).toHex(), "");
    await settled();
    await done;
    expect(notes()).toBe(0); // it is not there
    expect(await invoice(invoiceId(1), 2_500n, 3n)).toMatchObject({
      state: INVOICE_STATE.credited,
    });
    expect(notes()).toBe(1);
    ack(RECEIPT_CODE.taken);
    await invoice(invoiceId(1), 2_500n, 3n);
    expect(notes()).toBe(2);
  });

  test("notes go one after the other; a refused one waits for the next connection", async () => {
    const { parts, desk, put, turn, ack, notes, settled } = await withInvoiceMade();
    for (const number of [2, 3]) {
      put(invoiceOf(number, { state: "paid", method: "manual" }));
      parts.keeper.touch(parts.account);
    }
    add(parts.account.state.sold, 1n, 1n);
    desk.handleConnected(PEER, BUYER.publicKey);
    const seqOf = () => parts.account.state.ourNote?.seq;
    await turn();
    expect([seqOf(), notes()]).toEqual([2n, 2]); // the first, sent when each was credited
    ack(RECEIPT_CODE.taken);
    await settled();
    expect(notes()).toBe(3);
    ack(RECEIPT_CODE.refused);
    await settled();
    expect([notes(), parts.log.at(-1)]).toEqual([3, "credit_note_refused"]);
    desk.handleConnected(PEER, BUYER.publicKey);
    await settled();
    expect(notes()).toBe(4);
  });

  test("questions of all peers together reach the driver a few times a second", async () => {
    const { desk, parts, wallet, settled, sent } = sellerDesk();
    for (let peer = 0; peer < 30; peer++) {
      parts.peerKey = keyOf(100 + peer);
      parts.peerIp = `198.51.${peer}.1`;
      desk.handleQuote(PEER, { type: "PAY_QUOTE", requestId: peer, cb: 1n }, parts.now);
      await settled();
    }
    expect([wallet.asked.length, sent.length]).toEqual([20, 30]);
    expect(sent.at(-1)).toMatchObject({ code: PAY_CODE.busy });
  });

  test("many keys of one network leave the driver to the others", async () => {
    const { parts, quote, invoice, wallet } = sellerDesk();
    for (let second = 0; second < 20; second++) {
      for (let key = 0; key < 4; key++) {
        parts.peerKey = keyOf(100 + key);
        parts.peerIp = `198.51.100.${key + 1}`;
        const { code } = await quote(1_000n);
        // What is quoted already asks for its invoice, again and again.
        if (code === PAY_CODE.busy) await invoice(invoiceId(9), 1_000n, 1n);
      }
      await parts.world.advanceSettled(1_000);
    }
    expect(wallet.asked.length).toBeLessThanOrEqual(6 + 4);
    parts.peerKey = BUYER;
    parts.peerIp = "203.0.113.1";
    expect((await quote(2_500n)).code).toBe(PAY_CODE.ok);
    expect((await invoice(invoiceId(1), 2_500n, 3n)).code).toBe(PAY_CODE.ok);
  });

  test("one network holds a sixteenth of the open invoices at most", async () => {
    const { parts, quote, invoice, settlement } = sellerDesk("manual");
    const held = "198.51.100.1";
    for (let i = 0; i < PREFIX_WATCHED_MAX; i++) {
      const id = new Uint8Array(16).fill(0xee);
      new DataView(id.buffer).setUint32(0, i);
      settlement.watch(keyOf(7).publicKey, invoiceOf(1, { id }), prefixOf(held));
    }
    parts.peerIp = "198.51.100.200";
    await quote(1_000n);
    expect((await invoice(invoiceId(1), 1_000n, 1n)).code).toBe(PAY_CODE.busy);
    parts.peerIp = "203.0.113.1";
    expect((await invoice(invoiceId(1), 1_000n, 1n)).code).toBe(PAY_CODE.ok);
  });

  test("whatever fails on the way to an answer is logged, and ends nothing", async () => {
    const { parts, desk, transport, line, quote, invoice, settled } = await withInvoiceMade();
    parts.account.state.invoices = [];
    const fail = (): never => {
      throw new Error("broken");
    };
    Object.defineProperty(line, "mayBuy", { get: fail });
    expect((await quote(1n)).code).toBe(PAY_CODE.failed);
    Object.defineProperty(line, "mayBuy", { value: true });
    await quote(1n);
    transport.sendMessage = fail; // neither of these can be answered
    await quote(1n);
    await invoice(invoiceId(2), 1n, 1n);
    parts.account.state.invoices = [invoiceOf(3, { state: "paid" })];
    new PaymentBook(SELLER, NETWORK_ID).credit(parts.account, invoiceId(3), unixAt(0));
    desk.handleConnected(PEER, BUYER.publicKey);
    await settled();
    expect(parts.log).toEqual(Array.from({ length: 4 }, () => "payment_failed"));
  });

  test("law: whatever a peer says, nothing throws and nothing is credited", async () => {
    const { desk, parts, settled, quote, turn } = sellerDesk();
    await quote(2_500n);
    const kinds = definitions.filter(({ type }) => PAYMENT_TYPES.has(type));
    const said = fc.sample(fc.oneof(...kinds.map(anyMessageOf)), 300);
    for (const message of said) {
      await parts.world.advanceSettled(400);
      if (message.type === "PAY_QUOTE") desk.handleQuote(PEER, message, parts.now);
      if (message.type === "INVOICE") desk.handleInvoice(PEER, message, parts.now);
      if (message.type === "CREDIT_NOTE_ACK") desk.handleNoteAck(PEER, message);
    }
    await settled();
    await turn(5_000);
    expect([parts.account.state.paidCb, parts.account.state.ourNote]).toEqual([0n, undefined]);
  });
});

const PAYMENT_TYPES = new Set(["PAY_QUOTE", "INVOICE", "CREDIT_NOTE_ACK"]);
