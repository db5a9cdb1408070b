import {
  LEDGER_COUNTS,
  type LedgerCount,
  type LedgerRow,
  type Sqlite,
  type SqliteRow,
  type SqliteStatement,
} from "../ports/mod.ts";
import { InvoiceTable } from "./invoice_table.ts";
import { SignedTable } from "./signed_table.ts";
import { u64Bytes, u64Of } from "./u64_column.ts";

const COUNT_BYTES = 8;

/** The accounts of one node's key, and the receipts, credit notes and payments on which they
 * rest. */
export class LedgerTable {
  readonly #db: Sqlite;
  readonly #owner: Uint8Array;
  readonly #accounts: SqliteStatement;
  readonly #saveAccount: SqliteStatement;
  readonly #forgetAccount: SqliteStatement;
  readonly #receipts: SignedTable;
  readonly #notes: SignedTable;
  readonly #invoices: InvoiceTable;

  /** @param db opened as LEDGER_DATABASE. @param owner 32 bytes: whose accounts they are. */
  constructor(db: Sqlite, owner: Uint8Array) {
    this.#db = db;
    this.#owner = owner;
    this.#accounts = db.prepare("SELECT * FROM account WHERE owner = ?");
    this.#saveAccount = db.prepare("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#forgetAccount = db.prepare("DELETE FROM account WHERE owner = ? AND peer = ?");
    this.#receipts = new SignedTable(db, "receipt", owner);
    this.#notes = new SignedTable(db, "credit_note", owner);
    this.#invoices = new InvoiceTable(db, owner);
  }

  load(): LedgerRow[] {
    const receipts = this.#receipts.load();
    const notes = this.#notes.load();
    const invoices = this.#invoices.load();
    return this.#accounts.all(this.#owner).map((row) => ({
      publicKey: row["peer"] as Uint8Array,
      epoch: Number(row["epoch"]),
      usedMs: Number(row["used_ms"]),
      faultsMs: faultsOf(row["faults"] as Uint8Array),
      counts: countsOf(row["counts"] as Uint8Array),
      isOursHeld: row["is_ours_held"] === 1,
      ours: receipts.ours.get(keyOf(row)),
      theirs: receipts.theirs.get(keyOf(row)) ?? [],
      ourNote: notes.ours.get(keyOf(row)),
      theirNotes: notes.theirs.get(keyOf(row)) ?? [],
      invoices: invoices.get(keyOf(row)) ?? [],
    }));
  }

  /** All durable when it returns, or none. */
  save(rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]): void {
    this.#db.transaction(() => {
      for (const row of rows) this.#saveRow(row);
      for (const peer of forgotten) {
        this.#forgetAccount.run(this.#owner, peer);
        for (const table of [this.#receipts, this.#notes, this.#invoices]) table.forget(peer);
      }
    });
  }

  #saveRow(row: LedgerRow): void {
    const { publicKey, epoch, usedMs, faultsMs, counts, isOursHeld } = row;
    const values = [epoch, usedMs, faultBytes(faultsMs), countBytes(counts), isOursHeld ? 1 : 0];
    this.#saveAccount.run(this.#owner, publicKey, ...values);
    this.#receipts.save(publicKey, row.ours, row.theirs);
    this.#notes.save(publicKey, row.ourNote, row.theirNotes);
    this.#invoices.replace(publicKey, row.invoices);
  }

  close(): void {
    this.#db.close();
  }
}

const keyOf = (row: SqliteRow): string => (row["peer"] as Uint8Array).toHex();

function countBytes(counts: LedgerRow["counts"]): Uint8Array {
  const bytes = new Uint8Array(LEDGER_COUNTS.length * COUNT_BYTES);
  LEDGER_COUNTS.forEach((name, i) => bytes.set(u64Bytes(counts[name]), i * COUNT_BYTES));
  return bytes;
}

/** Counts that a former version did not keep are 0. */
function countsOf(bytes: Uint8Array): Record<LedgerCount, bigint> {
  const entries = LEDGER_COUNTS.map((name, i) => [name, u64Of(bytes, i * COUNT_BYTES)] as const);
  return Object.fromEntries(entries) as Record<LedgerCount, bigint>;
}

function faultBytes(faultsMs: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(faultsMs.length * COUNT_BYTES);
  faultsMs.forEach((ms, i) => bytes.set(u64Bytes(BigInt(ms)), i * COUNT_BYTES));
  return bytes;
}

function faultsOf(bytes: Uint8Array): number[] {
  const count = Math.floor(bytes.length / COUNT_BYTES);
  return Array.from({ length: count }, (_, i) => Number(u64Of(bytes, i * COUNT_BYTES)));
}
