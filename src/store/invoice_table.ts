import type { LedgerInvoice, Sqlite, SqliteRow, SqliteStatement } from "../ports/mod.ts";
import { u64Bytes, u64Of } from "./u64_column.ts";

/** Payments between one node's key and its peers. */
export class InvoiceTable {
  readonly #owner: Uint8Array;
  readonly #all: SqliteStatement;
  readonly #save: SqliteStatement;
  readonly #forget: SqliteStatement;

  constructor(db: Sqlite, owner: Uint8Array) {
    this.#owner = owner;
    this.#all = db.prepare("SELECT * FROM invoice WHERE owner = ? ORDER BY created_ms, id");
    const marks = Array(15).fill("?").join(", ");
    this.#save = db.prepare(`INSERT INTO invoice VALUES (${marks})`);
    this.#forget = db.prepare("DELETE FROM invoice WHERE owner = ? AND peer = ?");
  }

  /** By the peer's key in hex, the oldest first. */
  load(): Map<string, LedgerInvoice[]> {
    const found = new Map<string, LedgerInvoice[]>();
    for (const row of this.#all.all(this.#owner)) {
      const peer = (row["peer"] as Uint8Array).toHex();
      found.set(peer, [...found.get(peer) ?? [], invoiceOf(row)]);
    }
    return found;
  }

  /** These are all that there are with this peer. Within the caller's transaction. */
  replace(peer: Uint8Array, invoices: readonly LedgerInvoice[]): void {
    this.forget(peer);
    for (const one of invoices) {
      const sums = [u64Bytes(one.cb), u64Bytes(one.amount)];
      const texts = [one.unit, one.method, one.payTo, one.reference, one.proof];
      const times = [one.createdMs, one.expiresMs];
      const { id, isOurs, state, note } = one;
      const values = [id, state, ...sums, ...texts, ...times, note ?? null];
      this.#save.run(this.#owner, peer, isOurs ? 1 : 0, ...values);
    }
  }

  /** Within the caller's transaction. */
  forget(peer: Uint8Array): void {
    this.#forget.run(this.#owner, peer);
  }
}

function invoiceOf(row: SqliteRow): LedgerInvoice {
  const text = (column: string): string => String(row[column]);
  return {
    id: row["id"] as Uint8Array,
    isOurs: row["is_ours"] === 1,
    state: text("state"),
    cb: u64Of(row["cb"] as Uint8Array, 0),
    amount: u64Of(row["amount"] as Uint8Array, 0),
    unit: text("unit"),
    method: text("method"),
    payTo: text("pay_to"),
    reference: text("reference"),
    proof: text("proof"),
    createdMs: Number(row["created_ms"]),
    expiresMs: Number(row["expires_ms"]),
    note: (row["note"] as Uint8Array | null) ?? undefined,
  };
}
