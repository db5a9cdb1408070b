import { type PublicKey, SkerryError, toHex } from "../../src/lib/mod.ts";
import type { InvoiceEntry, Payments, PayOptions } from "../../src/node/contract/payments_api.ts";
import { FakeValues } from "./fake_values.ts";

/** Payments of a fake node: every peer makes the same invoice, and it is paid when a test says
 * so. */
export class FakePayments extends FakeValues implements Payments {
  entries: InvoiceEntry[] = [];
  readonly settled: { readonly invoice: string; readonly proof: string }[] = [];
  payFault: SkerryError | undefined;

  pay(peer: PublicKey, { cb = 1n }: PayOptions = {}): Promise<InvoiceEntry> {
    if (this.payFault !== undefined) return Promise.reject(this.payFault);
    const entry: InvoiceEntry = {
      ...{ invoice: "ab".repeat(16), peer: toHex(peer), direction: "out", state: "open" },
      ...{ cb: String(cb), amount: "5", unit: "sat", method: "manual", payTo: "the bank" },
      createdMs: 1_000,
      expiresMs: 2_000,
    };
    this.entries = [entry];
    return Promise.resolve(entry);
  }

  invoices(): readonly InvoiceEntry[] {
    return this.entries;
  }

  followInvoice(name: string): InvoiceEntry | undefined {
    return this.entries.find(({ invoice, direction }) => invoice === name && direction === "out");
  }

  settleInvoice(name: string, proof: string): Promise<InvoiceEntry> {
    const entry = this.entries.find(({ invoice }) => invoice === name);
    if (entry === undefined) {
      return Promise.reject(new SkerryError("INVALID_ID", `Cannot settle the invoice ${name}`));
    }
    this.settled.push({ invoice: name, proof });
    return Promise.resolve({ ...entry, state: "credited", proof });
  }
}
