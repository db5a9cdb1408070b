import { Account, type Invoice, withInvoice } from "../../../src/market/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { keyOf, unixAt } from "../../support/market_parts.ts";
import { BUYER, half, invoiceId, invoiceOf, noteOf, SELLER } from "../../support/payment_parts.ts";

function setUp() {
  const seller = half(SELLER, BUYER);
  const buyer = half(BUYER, SELLER);
  const put = ({ account }: typeof seller, invoice: Invoice) => {
    account.state.invoices = withInvoice(account.state.invoices, invoice);
  };
  /** Both have the invoice, and the money is there. */
  const paid = (number: number, cb = 1_000n) => {
    put(seller, invoiceOf(number, { state: "paid", cb }));
    put(buyer, invoiceOf(number, { isOurs: false, cb }));
  };
  const credit = (number: number) =>
    seller.book.credit(seller.account, invoiceId(number), unixAt(number));
  /** The seller's next note, at the buyer. */
  const deliver = () => buyer.book.take(buyer.account, noteOf(seller));
  /** The same, and what the buyer answers at the seller. */
  const settle = (number: number) => {
    const result = deliver();
    if (result.verdict === "taken") seller.book.confirm(seller.account, invoiceId(number));
    return result.verdict;
  };
  const backup = (of: typeof seller) => structuredClone(of.account.state);
  return { seller, buyer, put, paid, credit, deliver, settle, backup };
}

describe("PaymentBook", () => {
  test("a payment lowers what is owed in both counts, raises the line, and is signed", () => {
    const { seller, buyer, paid, credit, settle } = setUp();
    seller.account.rank = 2;
    const line = seller.account.lineAt(unixAt(0));
    paid(1);
    expect(credit(1)).toBe(true);
    expect(seller.account.balance).toEqual({ bytes: -1_000n, cb: -1_000n });
    expect(seller.account.lineAt(unixAt(0))).toBe(line + 1_000n);
    expect(settle(1)).toBe("taken");
    expect(buyer.account.balance).toEqual({ bytes: 1_000n, cb: 1_000n });
    expect(buyer.account.state.repaidCb).toBe(0n); // paying earns the payer no debtor
    expect(seller.book.unconfirmed(seller.account)).toBeUndefined();
  });

  test("crediting twice, and taking a note twice, are doing it once", () => {
    const { seller, buyer, paid, credit, deliver } = setUp();
    paid(1);
    expect([credit(1), credit(1)]).toEqual([true, false]);
    expect([deliver().verdict, deliver().verdict]).toEqual(["taken", "taken"]);
    expect([seller.account.state.paidCb, buyer.account.state.spentCb]).toEqual([1_000n, 1_000n]);
  });

  test("what is not paid, or is nobody's, is not credited", () => {
    const { seller, put, credit } = setUp();
    for (const state of ["open", "expired", "held"] as const) {
      put(seller, invoiceOf(1, { state }));
      expect(credit(1)).toBe(false);
    }
    expect(credit(9)).toBe(false);
    expect(seller.account.state.ourNote).toBeUndefined();
  });

  test("notes say all that was paid, and wait for one another", () => {
    const { seller, buyer, paid, credit, settle } = setUp();
    for (const number of [1, 2, 3]) {
      paid(number, BigInt(number) * 100n);
      credit(number);
    }
    expect([1, 2, 3].map(settle)).toEqual(["taken", "taken", "taken"]);
    expect(buyer.account.state.theirNote).toMatchObject({ seq: 3n, cb: 300n, totalCb: 600n });
    expect(buyer.account.state.spentCb).toBe(600n);
    expect(seller.account.state.paidCb).toBe(600n);
  });

  test("a note of another server, client, sum or invoice is none", () => {
    const { seller, buyer, put, paid, credit } = setUp();
    paid(1);
    credit(1);
    const bytes = noteOf(seller);
    const verdictOf = (account: Account) => buyer.book.take(account, bytes).verdict;
    const other = half(BUYER, keyOf(9));
    expect(verdictOf(other.account)).toBe("invalid");
    expect(verdictOf(half(BUYER, SELLER).account)).toBe("invalid"); // it asked for none
    put(buyer, invoiceOf(1, { isOurs: false, cb: 999n }));
    expect(verdictOf(buyer.account)).toBe("invalid");
    put(buyer, invoiceOf(1, { isOurs: false }));
    const forged = bytes.slice();
    forged[184] = (forged[184] ?? 0) ^ 1;
    expect(buyer.book.take(buyer.account, forged).verdict).toBe("invalid");
    expect(buyer.account.state.spentCb).toBe(0n);
    expect(verdictOf(buyer.account)).toBe("taken");
  });

  test("a seller put back to an earlier state goes on from the note that the buyer holds", () => {
    const { seller, buyer, paid, credit, settle, deliver, backup } = setUp();
    paid(1);
    credit(1);
    settle(1);
    const old = backup(seller);
    paid(2, 500n);
    credit(2);
    settle(2);
    seller.account = new Account(old);
    paid(3, 70n);
    credit(3);
    const result = deliver();
    if (result.verdict !== "held") throw new Error(result.verdict);
    const { bytes } = result.held;
    expect(seller.book.adopt(seller.account, invoiceId(3), bytes, unixAt(9))).toBe(true);
    expect(settle(3)).toBe("taken");
    expect([seller.account.state.paidCb, buyer.account.state.spentCb]).toEqual([1_570n, 1_570n]);
    expect(seller.account.state.ourNote?.seq).toBe(3n);
  });

  test("what the buyer holds a note for is not credited again by a seller put back", () => {
    const { seller, buyer, paid, credit, settle, deliver, backup } = setUp();
    paid(1);
    const old = backup(seller);
    credit(1);
    settle(1);
    paid(2, 500n);
    credit(2);
    settle(2);
    seller.account = new Account(old);
    seller.book.credit(seller.account, invoiceId(1), unixAt(7));
    const result = deliver();
    if (result.verdict !== "held") throw new Error(result.verdict);
    expect(result.held.seq).toBe(1n);
    const { bytes } = result.held;
    expect(seller.book.adopt(seller.account, invoiceId(1), bytes, unixAt(9))).toBe(true);
    expect(seller.book.unconfirmed(seller.account)).toBeUndefined();
    expect([seller.account.state.paidCb, buyer.account.state.spentCb]).toEqual([1_000n, 1_500n]);
  });

  test("a buyer that holds a later note of ours has what the earlier one says", () => {
    const { seller, buyer, paid, credit } = setUp();
    for (const number of [1, 2]) {
      paid(number);
      credit(number);
    }
    const [first, second] = [1, 2].map((number) =>
      seller.account.state.invoices.find(({ id }) => id[0] === number)?.note?.bytes
    );
    if (first === undefined || second === undefined) throw new Error("no notes");
    expect(buyer.book.take(buyer.account, second).verdict).toBe("taken");
    expect(buyer.account.state.spentCb).toBe(2_000n);
    const result = buyer.book.take(buyer.account, first);
    expect(result.verdict === "held" && result.held.bytes).toEqual(second);
    expect(seller.book.adopt(seller.account, invoiceId(1), second, unixAt(9))).toBe(true);
    expect(seller.account.state.paidCb).toBe(2_000n);
    expect(seller.book.unconfirmed(seller.account)?.invoice).toEqual(invoiceId(2));
  });

  test("nobody is believed about a note that we did not sign, or that says nothing new", () => {
    const { seller, paid, credit } = setUp();
    paid(1);
    credit(1);
    const other = half(keyOf(5), BUYER);
    other.account.state.invoices = [invoiceOf(1, { state: "paid", cb: 10n ** 15n })];
    other.book.credit(other.account, invoiceId(1), unixAt(0));
    const adopt = (bytes: Uint8Array) =>
      seller.book.adopt(seller.account, invoiceId(1), bytes, unixAt(9));
    expect(adopt(noteOf(other))).toBe(false);
    expect(adopt(new Uint8Array(185))).toBe(false);
    expect(seller.book.adopt(seller.account, invoiceId(2), noteOf(seller), unixAt(9))).toBe(false);
    expect(seller.account.state.paidCb).toBe(1_000n);
  });

  test("a seller that lost its ledger counts anew; what was paid before stays paid", () => {
    const { seller, buyer, put, paid, credit, settle, deliver } = setUp();
    paid(1);
    credit(1);
    settle(1);
    for (const laterMs of [60_000, -60_000]) { // its clock may be behind
      seller.account = half(SELLER, BUYER, unixAt(laterMs)).account;
      const number = laterMs > 0 ? 2 : 3;
      paid(number, 10n);
      credit(number);
      const result = deliver();
      if (result.verdict === "held") {
        seller.book.adopt(seller.account, invoiceId(number), result.held.bytes, unixAt(1));
        expect(settle(number)).toBe("taken");
      }
      expect(seller.account.state.paidCb).toBe(10n);
      put(seller, invoiceOf(9));
    }
    expect(buyer.account.state.spentCb).toBe(1_020n);
  });
});
