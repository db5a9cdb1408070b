import { LEDGER_EPOCHS_MAX, type LedgerReceipt, type Sqlite } from "../ports/mod.ts";
import type { SqliteRow, SqliteStatement } from "../ports/mod.ts";
import { u64Bytes, u64Of } from "./u64_column.ts";

/** What one node's key and its peers have signed to one another: the last of each epoch. */
export class SignedTable {
  readonly #owner: Uint8Array;
  readonly #all: SqliteStatement;
  readonly #save: SqliteStatement;
  readonly #trim: SqliteStatement;
  readonly #forget: SqliteStatement;

  constructor(db: Sqlite, table: "receipt" | "credit_note", owner: Uint8Array) {
    this.#owner = owner;
    this.#all = db.prepare(`SELECT * FROM ${table} WHERE owner = ? ORDER BY epoch DESC`);
    this.#save = db.prepare(
      `INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?) ` +
        "ON CONFLICT DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes " +
        `WHERE excluded.seq >= ${table}.seq`,
    );
    this.#trim = db.prepare(
      `DELETE FROM ${table} WHERE owner = ?1 AND peer = ?2 AND is_ours = ?3 AND epoch NOT IN (` +
        `SELECT epoch FROM ${table} WHERE owner = ?1 AND peer = ?2 AND is_ours = ?3 ` +
        `ORDER BY epoch DESC LIMIT ${LEDGER_EPOCHS_MAX})`,
    );
    this.#forget = db.prepare(`DELETE FROM ${table} WHERE owner = ? AND peer = ?`);
  }

  /** By the peer's key in hex: the last of ours, and the last of each of its epochs, newest
   * first. */
  load() {
    const ours = new Map<string, LedgerReceipt>();
    const theirs = new Map<string, LedgerReceipt[]>();
    for (const row of this.#all.all(this.#owner)) {
      const peer = (row["peer"] as Uint8Array).toHex();
      const signed = signedOf(row);
      if (row["is_ours"] === 1) {
        if (!ours.has(peer)) ours.set(peer, signed);
      } else theirs.set(peer, [...theirs.get(peer) ?? [], signed]);
    }
    return { ours, theirs };
  }

  /** Within the caller's transaction. */
  save(
    peer: Uint8Array,
    ours: LedgerReceipt | undefined,
    theirs: readonly LedgerReceipt[],
  ): void {
    const receipts = [...theirs.map((receipt) => ({ receipt, isOurs: 0 }))];
    if (ours !== undefined) receipts.push({ receipt: ours, isOurs: 1 });
    for (const { receipt: { epoch, seq, bytes }, isOurs } of receipts) {
      this.#save.run(this.#owner, peer, isOurs, epoch, u64Bytes(seq), bytes);
      this.#trim.run(this.#owner, peer, isOurs);
    }
  }

  /** Within the caller's transaction. */
  forget(peer: Uint8Array): void {
    this.#forget.run(this.#owner, peer);
  }
}

function signedOf(row: SqliteRow): LedgerReceipt {
  const bytes = row["bytes"] as Uint8Array;
  return { epoch: Number(row["epoch"]), seq: u64Of(row["seq"] as Uint8Array, 0), bytes };
}
