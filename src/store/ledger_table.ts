import {
  LEDGER_COUNTS,
  LEDGER_EPOCHS_MAX,
  type LedgerCount,
  type LedgerReceipt,
  type LedgerRow,
  type Sqlite,
  type SqliteRow,
  type SqliteStatement,
} from "../ports/mod.ts";

const COUNT_BYTES = 8;

/** The accounts of one node's key, and the receipts on which they rest. */
export class LedgerTable {
  readonly #db: Sqlite;
  readonly #owner: Uint8Array;
  readonly #accounts: SqliteStatement;
  readonly #receipts: SqliteStatement;
  readonly #saveAccount: SqliteStatement;
  readonly #saveReceipt: SqliteStatement;
  readonly #trimReceipts: SqliteStatement;
  readonly #forgetAccount: SqliteStatement;
  readonly #forgetReceipts: SqliteStatement;

  /** @param db opened as LEDGER_DATABASE. @param owner 32 bytes: whose accounts they are. */
  constructor(db: Sqlite, owner: Uint8Array) {
    this.#db = db;
    this.#owner = owner;
    this.#accounts = db.prepare("SELECT * FROM account WHERE owner = ?");
    this.#receipts = db.prepare("SELECT * FROM receipt WHERE owner = ? ORDER BY epoch DESC");
    this.#saveAccount = db.prepare("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#saveReceipt = db.prepare(
      "INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?) " +
        "ON CONFLICT DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes " +
        "WHERE excluded.seq >= receipt.seq",
    );
    this.#trimReceipts = db.prepare(
      "DELETE FROM receipt WHERE owner = ?1 AND peer = ?2 AND is_ours = ?3 AND epoch NOT IN (" +
        "SELECT epoch FROM receipt WHERE owner = ?1 AND peer = ?2 AND is_ours = ?3 " +
        `ORDER BY epoch DESC LIMIT ${LEDGER_EPOCHS_MAX})`,
    );
    this.#forgetAccount = db.prepare("DELETE FROM account WHERE owner = ? AND peer = ?");
    this.#forgetReceipts = db.prepare("DELETE FROM receipt WHERE owner = ? AND peer = ?");
  }

  load(): LedgerRow[] {
    const ours = new Map<string, LedgerReceipt>();
    const theirs = new Map<string, LedgerReceipt[]>();
    for (const row of this.#receipts.all(this.#owner)) {
      const peer = keyOf(row);
      const receipt = receiptOf(row);
      if (row["is_ours"] === 1) {
        if (!ours.has(peer)) ours.set(peer, receipt);
      } else theirs.set(peer, [...theirs.get(peer) ?? [], receipt]);
    }
    return this.#accounts.all(this.#owner).map((row) => ({
      publicKey: row["peer"] as Uint8Array,
      epoch: Number(row["epoch"]),
      usedMs: Number(row["used_ms"]),
      faultsMs: faultsOf(row["faults"] as Uint8Array),
      counts: countsOf(row["counts"] as Uint8Array),
      isOursHeld: row["is_ours_held"] === 1,
      ours: ours.get(keyOf(row)),
      theirs: theirs.get(keyOf(row)) ?? [],
    }));
  }

  /** All durable when it returns, or none. */
  save(rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]): void {
    this.#db.transaction(() => {
      for (const row of rows) this.#saveRow(row);
      for (const peer of forgotten) {
        this.#forgetAccount.run(this.#owner, peer);
        this.#forgetReceipts.run(this.#owner, peer);
      }
    });
  }

  #saveRow({ publicKey, epoch, usedMs, faultsMs, counts, isOursHeld, ours, theirs }: LedgerRow) {
    const values = [epoch, usedMs, faultBytes(faultsMs), countBytes(counts), isOursHeld ? 1 : 0];
    this.#saveAccount.run(this.#owner, publicKey, ...values);
    const receipts = [...theirs.map((receipt) => ({ receipt, isOurs: 0 }))];
    if (ours !== undefined) receipts.push({ receipt: ours, isOurs: 1 });
    for (const { receipt, isOurs } of receipts) {
      const { epoch, seq, bytes } = receipt;
      this.#saveReceipt.run(this.#owner, publicKey, isOurs, epoch, u64Bytes(seq), bytes);
      this.#trimReceipts.run(this.#owner, publicKey, isOurs);
    }
  }

  close(): void {
    this.#db.close();
  }
}

const keyOf = (row: SqliteRow): string => (row["peer"] as Uint8Array).toHex();

function receiptOf(row: SqliteRow): LedgerReceipt {
  const bytes = row["bytes"] as Uint8Array;
  return { epoch: Number(row["epoch"]), seq: u64Of(row["seq"] as Uint8Array, 0), bytes };
}

function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(COUNT_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

function u64Of(bytes: Uint8Array, at: number): bigint {
  const isThere = at + COUNT_BYTES <= bytes.length;
  return isThere ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at) : 0n;
}

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
