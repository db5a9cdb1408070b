import { toHex } from "../../src/lib/mod.ts";
import type { InvoiceEntry, Node } from "../../src/node/mod.ts";
import type { LedgerFile } from "../../src/ports/mod.ts";
import { FakeWallet } from "../support/fake_wallet.ts";
import { expect, test } from "../support/harness.ts";
import { CLEAN_LINK } from "../support/small_swarm.ts";
import type { VirtualMachine } from "./virtual_node.ts";
import { VirtualSwarm } from "./virtual_swarm.ts";

const CB = 5_000_000n;
const RATE = { cbPerUnit: 1_000_000n, unit: "sat" };

/** A seller whose wallet is a program, and a buyer who wants one payment's worth of credit. */
class Trade {
  readonly wallet = new FakeWallet();
  readonly swarm = new VirtualSwarm({ seed: 7, nodes: 2, link: CLEAN_LINK });
  readonly seller: VirtualMachine;
  readonly buyer: VirtualMachine;
  /** What was really paid, by name of the invoice. */
  readonly money: string[] = [];
  deaths = 0;

  constructor() {
    const [seller, buyer] = this.swarm.machines;
    if (seller === undefined || buyer === undefined) throw new Error("two machines");
    seller.payments = { payRate: RATE, payTo: undefined, payHook: "/hook" };
    seller.runProgram = this.wallet.program;
    [this.seller, this.buyer] = [seller, buyer];
  }

  /** The machine dies at the `at`-th save of its ledger: before it reaches the disk, or after. */
  killAt(machine: VirtualMachine, at: number, isKept: boolean): void {
    const file: LedgerFile = machine.ledgerFile;
    const save = file.save.bind(file);
    let saves = 0;
    file.save = async (...changes) => {
      if (++saves !== at) return await save(...changes);
      if (isKept) await save(...changes);
      this.deaths++;
      machine.crash();
      return await new Promise(() => {}); // nobody is there to be told
    };
  }

  async #alive(machine: VirtualMachine, known: VirtualMachine[]): Promise<Node> {
    if (machine.node !== undefined) return machine.node;
    return await this.swarm.run(machine.start(known));
  }

  /** The buyer's operator: asks, pays what is asked once, and waits. @returns the payment. */
  async pay(): Promise<InvoiceEntry> {
    const { publicKey } = this.seller.identity.keyPair;
    for (let round = 0; round < 100; round++) {
      await this.#alive(this.seller, []);
      const buyer = await this.#alive(this.buyer, [this.seller]);
      await this.swarm.clock.advanceSettled(3_000);
      const entry = buyer.invoices()[0];
      if (entry?.state === "credited" && this.seller.node?.invoices()[0]?.state === "held") {
        return entry;
      }
      if (entry?.state === "open") this.#payOnce(entry);
      if (entry?.state === "open" || entry?.state === "credited") {
        buyer.followInvoice(entry.invoice);
      } else void buyer.pay(publicKey, { cb: CB, timeoutMs: 2_000 }).catch(() => {});
    }
    throw new Error("never credited");
  }

  #payOnce({ invoice, payTo }: InvoiceEntry): void {
    if (this.money.includes(payTo)) return;
    this.money.push(payTo);
    this.wallet.paid.add(`hash-${invoice}`);
  }

  /** What the buyer has paid, by the seller's disk and by the buyer's. */
  async counts(): Promise<readonly [bigint | undefined, bigint | undefined]> {
    const [sold] = await this.seller.ledgerFile.load();
    const [bought] = await this.buyer.ledgerFile.load();
    return [sold?.counts.paidCb, bought?.counts.spentCb];
  }
}

async function savesOf(): Promise<readonly [number, number]> {
  const trade = new Trade();
  const saves = [trade.seller, trade.buyer].map((machine) => {
    const count = { saves: 0 };
    const save = machine.ledgerFile.save.bind(machine.ledgerFile);
    machine.ledgerFile.save = (...changes) => (count.saves++, save(...changes));
    return count;
  });
  await trade.pay();
  return [saves[0]?.saves ?? 0, saves[1]?.saves ?? 0];
}

test("killed at any flush of either side, before or after it: paid and credited once", async () => {
  const [sellers, buyers] = await savesOf();
  expect(sellers).toBeGreaterThanOrEqual(4); // open, paid, credited, held
  expect(buyers).toBeGreaterThanOrEqual(3); // asked, open, credited
  for (const [side, count] of [["seller", sellers], ["buyer", buyers]] as const) {
    for (let at = 1; at <= count; at++) {
      for (const isKept of [false, true]) {
        const trade = new Trade();
        trade.killAt(trade[side], at, isKept);
        const entry = await trade.pay();
        const where = `${side} at flush ${at}, ${isKept ? "after" : "before"} it`;
        expect([where, trade.deaths]).toEqual([where, 1]);
        expect([where, ...trade.money]).toEqual([where, `lnbc-${entry.invoice}`]);
        expect([where, ...await trade.counts()]).toEqual([where, CB, CB]);
        expect(trade.wallet.redeemed).toEqual(new Set([`hash-${entry.invoice}`]));
      }
    }
  }
});

test("a buyer whose sessions are gone finds the seller again and is told", async () => {
  const trade = new Trade();
  const { seller, buyer, swarm } = trade;
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  const { publicKey } = seller.identity.keyPair;
  const payer = buyer.node;
  if (payer === undefined) throw new Error("no node");
  const { invoice } = await swarm.run(payer.pay(publicKey, { cb: CB }));
  seller.crash();
  await swarm.clock.advanceSettled(200_000); // it is forgotten as a session
  await swarm.run(seller.start([]));
  trade.wallet.paid.add(`hash-${invoice}`);
  for (let i = 0; i < 20 && payer.followInvoice(invoice)?.state !== "credited"; i++) {
    await swarm.clock.advanceSettled(5_000);
  }
  expect(payer.followInvoice(invoice)?.state).toBe("credited");
  expect(await trade.counts()).toEqual([CB, CB]);
  const key = toHex(buyer.identity.keyPair.publicKey);
  expect(seller.node?.ledger().find((entry) => entry.publicKey === key)).toMatchObject({
    paidCb: String(CB),
    balanceCb: String(-CB),
  });
});
