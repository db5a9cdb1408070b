import {
  type Address,
  asChunkId,
  asPublicKey,
  type ChunkId,
  type PublicKey,
  type UnixMs,
  viewOf,
} from "../lib/mod.ts";
import type { Sqlite, SqliteRow, SqliteStatement } from "../ports/mod.ts";

/** Content that others are paid to keep, as its publisher ordered it. */
export interface PlacementOrderRow {
  /** SHA-1 of its manifest. */
  readonly meta: ChunkId;
  /** How many hosts are to hold each of its objects. */
  readonly hosts: number;
  readonly weeks: number;
  /** Credit bytes: what may be spent in all, and what has been. */
  readonly budgetCb: bigint;
  readonly spentCb: bigint;
  readonly createdMs: UnixMs;
}

/** One of its objects: the manifest, a page of it, a chunk. */
export interface PlacedObjectRow {
  readonly id: ChunkId;
  readonly bytes: number;
}

/** A host that is paid to keep one of them. */
export interface PlacementRow extends PlacedHost {
  readonly id: ChunkId;
}

export interface PlacedHost {
  readonly publicKey: PublicKey;
  readonly address: Address;
  readonly priceCb: bigint;
  readonly untilMs: UnixMs;
  /** When it last showed a slice of this object; undefined: not yet. */
  readonly provenMs: UnixMs | undefined;
}

export const PLACEMENT_SCHEMA = `
-- What others are paid to keep for this node. Amounts: u64, big-endian (SQLite's are signed).
CREATE TABLE placement_order (
  meta BLOB NOT NULL PRIMARY KEY CHECK (length(meta) = 20),
  hosts INTEGER NOT NULL,
  weeks INTEGER NOT NULL,
  budget BLOB NOT NULL CHECK (length(budget) = 8),
  spent BLOB NOT NULL CHECK (length(spent) = 8),
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE placed_object (
  meta BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 20),
  bytes INTEGER NOT NULL,
  PRIMARY KEY (meta, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE placement (
  meta BLOB NOT NULL,
  id BLOB NOT NULL,
  host BLOB NOT NULL CHECK (length(host) = 32),
  ip TEXT NOT NULL,
  port INTEGER NOT NULL,
  price BLOB NOT NULL CHECK (length(price) = 8),
  until_ms INTEGER NOT NULL,
  proven_ms INTEGER,
  PRIMARY KEY (meta, id, host)
) STRICT, WITHOUT ROWID;
`;

/** Where this node's content was placed, from one run to the next. BOUNDED by the caller. Writes
 * belong into a transaction of the caller's (ChunkStore.writeRows). */
export class PlacementTable {
  readonly #saveOrder: SqliteStatement;
  readonly #orders: SqliteStatement;
  readonly #saveObject: SqliteStatement;
  readonly #objects: SqliteStatement;
  readonly #save: SqliteStatement;
  readonly #remove: SqliteStatement;
  readonly #placements: SqliteStatement;
  readonly #removal: readonly SqliteStatement[];

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    this.#saveOrder = db.prepare(
      "INSERT OR REPLACE INTO placement_order VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#orders = db.prepare("SELECT * FROM placement_order ORDER BY created_ms");
    this.#saveObject = db.prepare("INSERT OR REPLACE INTO placed_object VALUES (?, ?, ?)");
    this.#objects = db.prepare("SELECT id, bytes FROM placed_object WHERE meta = ?");
    this.#save = db.prepare("INSERT OR REPLACE INTO placement VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM placement WHERE meta = ? AND id = ? AND host = ?");
    this.#placements = db.prepare("SELECT * FROM placement WHERE meta = ?");
    this.#removal = ["placement", "placed_object", "placement_order"].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE meta = ?`)
    );
  }

  saveOrder({ meta, hosts, weeks, budgetCb, spentCb, createdMs }: PlacementOrderRow): void {
    this.#saveOrder.run(meta, hosts, weeks, u64(budgetCb), u64(spentCb), createdMs);
  }

  orders(): PlacementOrderRow[] {
    return this.#orders.all().map((row) => ({
      meta: asChunkId(row["meta"] as Uint8Array),
      hosts: Number(row["hosts"]),
      weeks: Number(row["weeks"]),
      budgetCb: amountOf(row["budget"]),
      spentCb: amountOf(row["spent"]),
      createdMs: Number(row["created_ms"]) as UnixMs,
    }));
  }

  /** The order with all that hangs on it goes. */
  removeOrder(meta: ChunkId): void {
    for (const removal of this.#removal) removal.run(meta);
  }

  saveObject(meta: ChunkId, { id, bytes }: PlacedObjectRow): void {
    this.#saveObject.run(meta, id, bytes);
  }

  objects(meta: ChunkId): PlacedObjectRow[] {
    return this.#objects.all(meta).map((row) => ({
      id: asChunkId(row["id"] as Uint8Array),
      bytes: Number(row["bytes"]),
    }));
  }

  save(meta: ChunkId, { id, publicKey, address, priceCb, untilMs, provenMs }: PlacementRow): void {
    const { ip, port } = address;
    this.#save.run(meta, id, publicKey, ip, port, u64(priceCb), untilMs, provenMs ?? null);
  }

  remove(meta: ChunkId, id: ChunkId, host: PublicKey): void {
    this.#remove.run(meta, id, host);
  }

  placements(meta: ChunkId): PlacementRow[] {
    return this.#placements.all(meta).map(placementOf);
  }
}

function placementOf(row: SqliteRow): PlacementRow {
  const provenMs = row["proven_ms"];
  return {
    id: asChunkId(row["id"] as Uint8Array),
    publicKey: asPublicKey(row["host"] as Uint8Array),
    address: { ip: String(row["ip"]), port: Number(row["port"]) },
    priceCb: amountOf(row["price"]),
    untilMs: Number(row["until_ms"]) as UnixMs,
    provenMs: provenMs === null ? undefined : Number(provenMs) as UnixMs,
  };
}

function u64(amount: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, amount);
  return bytes;
}

const amountOf = (blob: unknown): bigint => viewOf(blob as Uint8Array).getBigUint64(0);
