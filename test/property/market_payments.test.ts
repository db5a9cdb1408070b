import fc from "fast-check";
import { toHex } from "../../src/lib/mod.ts";
import {
  Account,
  type AccountState,
  findInvoice,
  type Invoice,
  type InvoiceState,
  withInvoice,
} from "../../src/market/mod.ts";
import { expect, test } from "../support/harness.ts";
import { unixAt } from "../support/market_parts.ts";
import { BUYER, half, invoiceId, invoiceOf, SELLER } from "../support/payment_parts.ts";

/** One node: its account with the other, in memory and on disk. */
class Side {
  readonly book;
  account: Account;
  #onDisk: AccountState;

  constructor(own: typeof BUYER, other: typeof BUYER) {
    const { book, account } = half(own, other);
    this.book = book;
    this.account = account;
    this.#onDisk = structuredClone(account.state);
  }

  save(): void {
    this.#onDisk = structuredClone(this.account.state);
  }

  /** Killed and started again. */
  die(): void {
    this.account = new Account(structuredClone(this.#onDisk));
  }

  get kept(): AccountState {
    return this.#onDisk;
  }

  put(invoice: Invoice): void {
    this.account.state.invoices = withInvoice(this.account.state.invoices, invoice);
  }

  stateOf(number: number, isOurs: boolean): InvoiceState | undefined {
    return findInvoice(this.account.state.invoices, invoiceId(number), isOurs)?.state;
  }
}

const CB = (number: number): bigint => 1_000n * BigInt(number + 1);
const INVOICES = 5;

/** Each step of a payment, and between every two of them room for a death. */
class World {
  readonly seller = new Side(SELLER, BUYER);
  readonly buyer = new Side(BUYER, SELLER);
  /** What has really been paid: money does not die with a node. */
  readonly money = new Set<number>();
  #nowMs = 0;

  /** Everything that could be done next for one invoice. A step ends before or after its flush: a
   * death between the two loses what it did. */
  steps(number: number): (() => void)[] {
    const { seller, buyer, money } = this;
    const id = invoiceId(number);
    const ours = findInvoice(seller.account.state.invoices, id, true);
    const theirs = findInvoice(buyer.account.state.invoices, id, false);
    const all: (() => void)[] = [];
    const common = { cb: CB(number), proof: "" };
    if (theirs === undefined) {
      all.push(() => buyer.put(invoiceOf(number, { ...common, isOurs: false, state: "asked" })));
    }
    const isAsked = findInvoice(buyer.kept.invoices, id, false) !== undefined;
    if (isAsked && ours === undefined) all.push(() => seller.put(invoiceOf(number, common)));
    const kept = findInvoice(seller.kept.invoices, id, true);
    if (kept !== undefined && theirs?.state === "asked") {
      all.push(() => buyer.put({ ...theirs, state: "open" }));
    }
    if (findInvoice(buyer.kept.invoices, id, false)?.state === "open" && !money.has(number)) {
      all.push(() => void money.add(number));
    }
    if (ours?.state === "open" && money.has(number)) {
      all.push(() => seller.put({ ...ours, state: "paid", proof: "preimage" }));
    }
    if (ours?.state === "credited") all.push(() => this.deliver(true), () => this.deliver(false));
    // Whatever its state: asking for it too early, or again, is the same as not asking.
    all.push(() => void seller.book.credit(seller.account, id, unixAt(this.#nowMs++)));
    return all;
  }

  /** The note goes over, flushed before; the answer may be lost. */
  deliver(isAnswered: boolean): void {
    this.seller.save();
    const note = this.seller.book.unconfirmed(this.seller.account);
    if (note === undefined) return;
    const result = this.buyer.book.take(this.buyer.account, note.bytes);
    expect(result.verdict).toBe("taken");
    this.buyer.save();
    if (isAnswered) this.seller.book.confirm(this.seller.account, note.invoice);
  }

  check(): void {
    const { paidCb } = this.seller.kept;
    const { spentCb } = this.buyer.kept;
    const money = [...this.money].reduce((sum, number) => sum + CB(number), 0n);
    expect(paidCb <= money).toBe(true); // nothing is credited that nobody paid
    expect(spentCb <= paidCb).toBe(true); // and nothing counted that is not credited
    // The two views of one trade differ by notes that are on their way, and by nothing else.
    const confirmed = new Set(
      this.buyer.kept.invoices.filter(({ state }) => state === "credited")
        .map(({ id }) => toHex(id)),
    );
    const underWay = this.seller.kept.invoices
      .filter(({ note, id }) => note !== undefined && !confirmed.has(toHex(id)))
      .reduce((sum, { cb }) => sum + cb, 0n);
    expect(paidCb - spentCb).toBe(underWay);
  }
}

const anyDeed = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.nat(INVOICES - 1), fc.nat(9), fc.boolean()) },
  { weight: 2, arbitrary: fc.constantFrom("buyer dies" as const, "seller dies" as const) },
);

test("law: whoever dies between any two steps, what is paid is credited once and no more", () => {
  let deaths = 0;
  fc.assert(
    fc.property(fc.array(anyDeed, { minLength: 30, maxLength: 120 }), (deeds) => {
      const world = new World();
      for (const deed of deeds) {
        if (deed === "buyer dies") world.buyer.die();
        else if (deed === "seller dies") world.seller.die();
        else {
          const [number, which, isFlushed] = deed;
          const steps = world.steps(number);
          steps[which % Math.max(steps.length, 1)]?.();
          if (isFlushed) { for (const side of [world.buyer, world.seller]) side.save(); }
        }
        if (typeof deed === "string") deaths++;
        world.check();
      }
      for (let round = 0; round < 12; round++) {
        for (let number = 0; number < INVOICES; number++) {
          world.steps(number)[0]?.();
          for (const side of [world.buyer, world.seller]) side.save();
          world.check();
        }
      }
      const all = Array.from({ length: INVOICES }, (_, number) => CB(number));
      const sum = all.reduce((total, cb) => total + cb, 0n);
      expect([world.money.size, world.seller.kept.paidCb, world.buyer.kept.spentCb]).toEqual([
        INVOICES,
        sum,
        sum,
      ]);
      for (let number = 0; number < INVOICES; number++) {
        expect([world.seller.stateOf(number, true), world.buyer.stateOf(number, false)]).toEqual([
          "held",
          "credited",
        ]);
      }
    }),
    { numRuns: 60 },
  );
  expect(deaths).toBeGreaterThan(300);
});
