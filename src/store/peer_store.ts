import type { Address, NodeId, PublicKey, UnixMs } from "../lib/mod.ts";
import type { Sqlite, SqliteRow, SqliteStatement } from "../ports/mod.ts";

/** A node to ask after a restart. */
export interface StoredContact {
  readonly publicKey: PublicKey;
  readonly nodeId: NodeId;
  readonly idNonce: bigint;
  readonly address: Address;
  readonly seenMs: UnixMs;
}

/** A work claim that was checked: its puzzles need not be computed again, ever. */
export interface ProvenWork {
  readonly publicKey: PublicKey;
  readonly nodeId: NodeId;
  readonly idNonce: bigint;
  /** Undefined while no rank was proven. */
  readonly rankNonce: bigint | undefined;
  /** 0 … 63. */
  readonly rank: number;
}

export interface Ban {
  readonly publicKey: PublicKey;
  readonly untilMs: UnixMs;
  readonly reason: string;
}

/** A routing table and its replacements fit many times over; a restart asks 64 of them. */
export const CONTACTS_MAX = 2048;
/** And up to 256 more until they are trimmed. About 10 MB; enough for all nodes that a busy one
 * meets in months. */
export const PROVEN_WORK_MAX = 65_536;
/** Finding the oldest reads the whole table, so it is done once in so many saves. */
const SAVES_PER_TRIM = 256;
/** Each ban is an identity's work lost by its owner, so a flood of them is dear. */
export const BANS_MAX = 8192;

/** The peers that this node remembers: contacts, proven work and bans. Every table is bounded: the
 * least recent gives way. Writes belong into a transaction of the caller's (ChunkStore.writeRows).
 */
export class PeerStore {
  readonly #saveContact: SqliteStatement;
  readonly #trimContacts: SqliteStatement;
  readonly #contacts: SqliteStatement;
  readonly #forgetContact: SqliteStatement;
  readonly #saveWork: SqliteStatement;
  readonly #trimWork: SqliteStatement;
  readonly #work: SqliteStatement;
  readonly #saveBan: SqliteStatement;
  readonly #trimBans: SqliteStatement;
  readonly #bans: SqliteStatement;
  readonly #liftBan: SqliteStatement;
  #savesToTrim = 0;

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    this.#saveContact = db.prepare("INSERT OR REPLACE INTO contact VALUES (?, ?, ?, ?, ?, ?)");
    this.#trimContacts = trim(db, "contact", "seen_ms DESC", CONTACTS_MAX);
    this.#contacts = db.prepare("SELECT * FROM contact ORDER BY seen_ms DESC LIMIT ?");
    this.#forgetContact = db.prepare("DELETE FROM contact WHERE public_key = ?");
    this.#saveWork = db.prepare("INSERT OR REPLACE INTO proven_work VALUES (?, ?, ?, ?, ?, ?)");
    this.#trimWork = trim(db, "proven_work", "proven_ms DESC", PROVEN_WORK_MAX);
    this.#work = db.prepare("SELECT * FROM proven_work WHERE public_key = ?");
    this.#saveBan = db.prepare("INSERT OR REPLACE INTO ban VALUES (?, ?, ?)");
    this.#trimBans = trim(db, "ban", "until_ms DESC", BANS_MAX);
    this.#bans = db.prepare("SELECT * FROM ban WHERE until_ms > ? ORDER BY until_ms DESC LIMIT ?");
    this.#liftBan = db.prepare("DELETE FROM ban WHERE public_key = ?");
  }

  /** Adds or renews contacts. */
  saveContacts(contacts: readonly StoredContact[]): void {
    for (const { publicKey, nodeId, idNonce, address, seenMs } of contacts) {
      const { ip, port } = address;
      this.#saveContact.run(publicKey, nodeId, nonceBytes(idNonce), ip, port, seenMs);
    }
    this.#trimContacts.run();
  }

  /** Most recently seen first. */
  contacts(limit: number): StoredContact[] {
    return this.#contacts.all(limit).map((row) => ({
      publicKey: row["public_key"] as PublicKey,
      nodeId: row["node_id"] as NodeId,
      idNonce: nonceOf(row, "id_nonce"),
      address: { ip: String(row["ip"]), port: Number(row["port"]) },
      seenMs: Number(row["seen_ms"]) as UnixMs,
    }));
  }

  forgetContact(publicKey: PublicKey): void {
    this.#forgetContact.run(publicKey);
  }

  saveProvenWork(work: ProvenWork, nowMs: UnixMs): void {
    const { publicKey, nodeId, idNonce, rankNonce, rank } = work;
    const rankBytes = rankNonce === undefined ? null : nonceBytes(rankNonce);
    this.#saveWork.run(publicKey, nodeId, nonceBytes(idNonce), rankBytes, rank, nowMs);
    if (this.#savesToTrim-- > 0) return;
    this.#savesToTrim = SAVES_PER_TRIM;
    this.#trimWork.run();
  }

  provenWork(publicKey: PublicKey): ProvenWork | undefined {
    const row = this.#work.get(publicKey);
    if (row === undefined) return undefined;
    return {
      publicKey,
      nodeId: row["node_id"] as NodeId,
      idNonce: nonceOf(row, "id_nonce"),
      rankNonce: row["rank_nonce"] === null ? undefined : nonceOf(row, "rank_nonce"),
      rank: Number(row["rank"]),
    };
  }

  /** Bans a key, or changes its ban. */
  ban({ publicKey, untilMs, reason }: Ban): void {
    this.#saveBan.run(publicKey, untilMs, reason);
    this.#trimBans.run();
  }

  liftBan(publicKey: PublicKey): void {
    this.#liftBan.run(publicKey);
  }

  /** Those in force at `nowMs`, the longest first. */
  bans(nowMs: UnixMs): Ban[] {
    return this.#bans.all(nowMs, BANS_MAX).map((row) => ({
      publicKey: row["public_key"] as PublicKey,
      untilMs: Number(row["until_ms"]) as UnixMs,
      reason: String(row["reason"]),
    }));
  }
}

/** Deletes the rows behind the first `rowsMax` in that order. */
function trim(db: Sqlite, table: string, order: string, rowsMax: number): SqliteStatement {
  const behind = `SELECT public_key FROM ${table} ORDER BY ${order} LIMIT -1 OFFSET ${rowsMax}`;
  return db.prepare(`DELETE FROM ${table} WHERE public_key IN (${behind})`);
}

function nonceBytes(nonce: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, nonce);
  return bytes;
}

function nonceOf(row: SqliteRow, column: string): bigint {
  const bytes = row[column] as Uint8Array;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(0);
}
