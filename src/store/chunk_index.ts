import { BoundedMap, type ChunkId, equalBytes, toHex, type UnixMs } from "../lib/mod.ts";
import type { SlotAddress, Sqlite, SqliteRow, SqliteStatement } from "../ports/mod.ts";

/** writing: a small object on its way into small.db. present: its bytes are durable. leaving: a
 * small object on its way out. Chunks in slots are present or have no row: a slot without one is
 * free, whatever it holds. */
export type ChunkState = "writing" | "present" | "leaving";

const STATE_NUMBER = { writing: 1, present: 2, leaving: 3 } as const;
const STATE_NAME: readonly (ChunkState | undefined)[] = [
  undefined,
  "writing",
  "present",
  "leaving",
];

/** Bits of the column `pinned`: for whom an object is kept. */
const PIN = { own: 1, hosted: 2 } as const;

/** The bytes lie as they are, and their SHA-1 is the id. */
export const FORMAT_PLAIN = 1;

export interface ChunkRow {
  readonly id: ChunkId;
  /** Undefined for a small object, whose bytes are in small.db under the id. */
  readonly at: SlotAddress | undefined;
  readonly length: number;
  readonly state: ChunkState;
  /** The start of the node in which its bytes were last proven. */
  readonly boot: number;
  /** Published here. */
  readonly isPinned: boolean;
  /** Kept for others, who pay for it. */
  readonly isHosted: boolean;
  readonly usedMs: UnixMs;
  /** SHA-256[0..20) of a manifest object, by which it can be found too. */
  readonly alias: ChunkId | undefined;
  /** It came by its own id, not as part of a file. Default: false. */
  readonly isAlone?: boolean;
}

/** The names that an object is found by, its SHA-1 first. */
export function namesOf({ id, alias }: Pick<ChunkRow, "alias" | "id">): ChunkId[] {
  return alias === undefined ? [id] : [id, alias];
}

/** Every value that the column can have. */
export const PINNED = [0, PIN.own, PIN.hosted, PIN.own | PIN.hosted] as const;

/** For whom an object is kept, by that column. */
export function pinsOf(pinned: number): { readonly isPinned: boolean; readonly isHosted: boolean } {
  return { isPinned: (pinned & PIN.own) !== 0, isHosted: (pinned & PIN.hosted) !== 0 };
}

const COLUMNS = "id, segment, slot, length, state, boot, pinned, used_ms, alias, alone";
export const PRESENT = STATE_NUMBER.present;

/** Ids whose row, or that they have none, is remembered: each FETCH of a chunk asks for its row
 * five times, and is followed by more. Half a KiB each. */
const FOUND_MAX = 1_024;

/** Which objects this node holds, and where. Rows of about a hundred bytes, never the bytes
 * themselves. Writes belong into a transaction of the caller's. */
export class ChunkIndex {
  readonly #byId: SqliteStatement;
  readonly #byAlias: SqliteStatement;
  readonly #insert: SqliteStatement;
  readonly #remove: SqliteStatement;
  readonly #setState: SqliteStatement;
  readonly #setPins: SqliteStatement;
  readonly #setAlias: SqliteStatement;
  readonly #touch: SqliteStatement;
  readonly #prove: SqliteStatement;
  readonly #firstToGo: SqliteStatement;
  readonly #newest: SqliteStatement;
  readonly #page: SqliteStatement;
  readonly #presentPage: SqliteStatement;
  readonly #nextBoot: SqliteStatement;
  /** What `find` said, by the hex of an object's own id; undefined: no row has that id or alias.
   * Only here are rows written, so it is true until one of them is. BOUNDED by FOUND_MAX. */
  readonly #found = new BoundedMap<string, ChunkRow | undefined>(FOUND_MAX);

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    const set = (change: string) => db.prepare(`UPDATE chunk SET ${change} WHERE id = ?`);
    this.#byId = db.prepare(`SELECT ${COLUMNS} FROM chunk WHERE id = ?`);
    this.#byAlias = db.prepare(`SELECT ${COLUMNS} FROM chunk WHERE alias = ?`);
    this.#insert = db.prepare(
      `INSERT INTO chunk (${COLUMNS}, format)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${FORMAT_PLAIN})`,
    );
    this.#remove = db.prepare("DELETE FROM chunk WHERE id = ?");
    this.#setState = set("state = ?");
    this.#setPins = set("pinned = pinned & ~? | ?");
    this.#setAlias = set("alias = ?");
    this.#touch = set("used_ms = ?");
    this.#prove = set("boot = ?");
    this.#firstToGo = db.prepare(
      `SELECT ${COLUMNS} FROM chunk WHERE pinned = 0 AND state = ${PRESENT}
       ORDER BY score, used_ms LIMIT ? OFFSET ?`,
    );
    // Ordered walks of the index chunk_by_use, so that no sort of the table is needed.
    const walk = (pinned: number) =>
      `SELECT * FROM (SELECT ${COLUMNS} FROM chunk WHERE pinned = ${pinned} AND
       (used_ms, id) < (?1, ?2) AND state = ${PRESENT} ORDER BY used_ms DESC, id DESC LIMIT ?3)`;
    this.#newest = db.prepare(
      `${PINNED.map(walk).join(" UNION ALL ")} ORDER BY used_ms DESC, id DESC LIMIT ?3`,
    );
    const page = (state: string) =>
      db.prepare(`SELECT ${COLUMNS} FROM chunk WHERE id > ? ${state} ORDER BY id LIMIT ?`);
    this.#page = page("");
    this.#presentPage = page(`AND state = ${PRESENT}`);
    this.#nextBoot = db.prepare("UPDATE meta SET boots = boots + 1 RETURNING boots");
  }

  /** Numbers this start of the node: rows of earlier ones are not proven yet. */
  beginBoot(): number {
    return Number(this.#nextBoot.get()?.["boots"]);
  }

  /** The present object of that id or alias. */
  find(id: ChunkId): ChunkRow | undefined {
    const key = toHex(id);
    const known = this.#found.get(key);
    if (known !== undefined || this.#found.has(key)) return known;
    const row = this.#byId.get(id) ?? this.#byAlias.get(id);
    const found = row !== undefined && row["state"] === PRESENT ? rowOf(row) : undefined;
    // What is found by its alias changes by its own id, of which the alias says nothing.
    if (row === undefined || (found && equalBytes(found.id, id))) this.#found.set(key, found);
    return found;
  }

  /** Call when a transaction has been undone: what was found in it may never have been. */
  forgetFound(): void {
    this.#found.clear();
  }

  #changed(id: ChunkId, alias?: ChunkId): void {
    this.#found.delete(toHex(id));
    if (alias !== undefined) this.#found.delete(toHex(alias));
  }

  insert(row: ChunkRow): void {
    this.#changed(row.id, row.alias);
    this.#insert.run(
      row.id,
      row.at?.segment ?? null,
      row.at?.slot ?? null,
      row.length,
      STATE_NUMBER[row.state],
      row.boot,
      (row.isPinned ? PIN.own : 0) | (row.isHosted ? PIN.hosted : 0),
      row.usedMs,
      row.alias ?? null,
      row.isAlone === true ? 1 : 0,
    );
  }

  remove(id: ChunkId): void {
    this.#changed(id);
    this.#remove.run(id);
  }

  setState(id: ChunkId, state: ChunkState): void {
    this.#changed(id);
    this.#setState.run(STATE_NUMBER[state], id);
  }

  setPinned(id: ChunkId, isPinned: boolean): void {
    this.#changed(id);
    this.#setPins.run(PIN.own, isPinned ? PIN.own : 0, id);
  }

  setHosted(id: ChunkId, isHosted: boolean): void {
    this.#changed(id);
    this.#setPins.run(PIN.hosted, isHosted ? PIN.hosted : 0, id);
  }

  setAlias(id: ChunkId, alias: ChunkId): void {
    this.#changed(id, alias);
    this.#setAlias.run(alias, id);
  }

  setUsed(id: ChunkId, usedMs: UnixMs): void {
    this.#changed(id);
    this.#touch.run(usedMs, id);
  }

  setProven(id: ChunkId, boot: number): void {
    this.#changed(id);
    this.#prove.run(boot, id);
  }

  /** Objects kept for nobody and not leaving, the least worth first (see ChunkScores) and of equals
   * the least recently used, after `offset`. */
  firstToGo(limit: number, offset: number): ChunkRow[] {
    return this.#firstToGo.all(limit, offset).map(rowOf);
  }

  /** Present objects, most recently used first, and of one moment the greatest id first.
   * @param before the last of those that came before them. */
  newest(limit: number, before?: Pick<ChunkRow, "id" | "usedMs">): ChunkRow[] {
    const { usedMs = Number.MAX_SAFE_INTEGER, id = new Uint8Array() } = before ?? {};
    return this.#newest.all(usedMs, id, limit).map(rowOf);
  }

  /** Present objects in id order, at most `limit` after `after` (exclusive). */
  presentPage(after: ChunkId | undefined, limit: number): ChunkRow[] {
    return this.#presentPage.all(after ?? new Uint8Array(), limit).map(rowOf);
  }

  /** Like presentPage, rows of any state. */
  page(after: ChunkId | undefined, limit: number): ChunkRow[] {
    return this.#page.all(after ?? new Uint8Array(), limit).map(rowOf);
  }
}

function rowOf(row: SqliteRow): ChunkRow {
  const segment = row["segment"];
  return {
    id: row["id"] as ChunkId,
    at: segment === null ? undefined : { segment: Number(segment), slot: Number(row["slot"]) },
    length: Number(row["length"]),
    state: STATE_NAME[Number(row["state"])] ?? "leaving", // a value of no meaning: to be dropped
    boot: Number(row["boot"]),
    ...pinsOf(Number(row["pinned"])),
    usedMs: Number(row["used_ms"]) as UnixMs,
    alias: (row["alias"] ?? undefined) as ChunkId | undefined,
    ...(Number(row["alone"]) !== 0 && { isAlone: true }),
  };
}
