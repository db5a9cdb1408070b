import { asChunkId, asStrongId, type ChunkId, type StrongId, type UnixMs } from "../lib/mod.ts";
import type { Sqlite, SqliteRow, SqliteStatement } from "../ports/mod.ts";

/** One publication of this node. */
export interface PublicationRow {
  readonly number: number;
  /** SHA-1 and SHA-256 of its manifest. */
  readonly meta: ChunkId;
  readonly link: StrongId;
  /** Of the file or directory; may be empty. */
  readonly name: string;
  /** Of its content, as a reader counts it. */
  readonly size: number;
  readonly createdMs: UnixMs;
}

/** Stands for all that was pinned when there were no records yet. */
export const UNRECORDED = 0;

const STATE = { publishing: 1, published: 2, leaving: 3 } as const;

export const PUBLICATION_SCHEMA = `
-- What is published here. state: 1 under way, 2 published, 3 being taken back; what is found in
-- state 1 or 3 at a start is taken back.
CREATE TABLE publication (
  number INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  meta BLOB CHECK (length(meta) = 20),
  link BLOB CHECK (length(link) = 32),
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX publication_by_meta ON publication (meta);
CREATE INDEX publication_by_link ON publication (link);

-- Which object is part of which: an object is pinned as published content (chunk.pinned) as long
-- as a row names it, and both change in one transaction. Publication 0: all that was pinned before
-- there were records.
CREATE TABLE publication_object (
  id BLOB NOT NULL CHECK (length(id) = 20),
  publication INTEGER NOT NULL,
  PRIMARY KEY (id, publication)
) STRICT, WITHOUT ROWID;
CREATE INDEX publication_object_by_publication ON publication_object (publication);
INSERT INTO publication_object SELECT id, ${UNRECORDED} FROM chunk WHERE pinned IN (1, 3);
`;

/** What this node publishes, and what of the store each publication needs. BOUNDED by the store:
 * each has an object in it. Writes belong into a transaction of the caller's (ChunkStore.writeRows,
 * PutOptions.onPinned, ChunkStore.unpin). */
export class PublicationTable {
  readonly #begin: SqliteStatement;
  readonly #publish: SqliteStatement;
  readonly #leave: SqliteStatement;
  readonly #remove: SqliteStatement;
  readonly #find: SqliteStatement;
  readonly #newest: SqliteStatement;
  readonly #count: SqliteStatement;
  readonly #unfinished: SqliteStatement;
  readonly #addObject: SqliteStatement;
  readonly #removeObject: SqliteStatement;
  readonly #hasObject: SqliteStatement;
  readonly #isListed: SqliteStatement;
  readonly #objects: SqliteStatement;

  /** @param db opened as INDEX_DATABASE. */
  constructor(db: Sqlite) {
    this.#begin = db.prepare(
      `INSERT INTO publication (state, name, size, created_ms)
       VALUES (${STATE.publishing}, ?, 0, ?) RETURNING number`,
    );
    this.#publish = db.prepare(
      `UPDATE publication SET state = ${STATE.published}, meta = ?, link = ?, size = ?
       WHERE number = ?`,
    );
    this.#leave = db.prepare(
      `UPDATE publication SET state = ${STATE.leaving} WHERE number = ?`,
    );
    this.#remove = db.prepare("DELETE FROM publication WHERE number = ?");
    this.#find = db.prepare(
      `SELECT * FROM publication WHERE (meta = ? OR link = ?) AND state >= ${STATE.published}
       ORDER BY state LIMIT 1`,
    );
    this.#newest = db.prepare(
      `SELECT * FROM publication WHERE state = ${STATE.published}
       ORDER BY created_ms DESC, number DESC LIMIT ?`,
    );
    this.#count = db.prepare(
      `SELECT count(*) AS many FROM publication WHERE state = ${STATE.published}`,
    );
    this.#unfinished = db.prepare(
      `SELECT number FROM publication WHERE state != ${STATE.published}`,
    );
    this.#addObject = db.prepare("INSERT OR IGNORE INTO publication_object VALUES (?, ?)");
    this.#removeObject = db.prepare(
      "DELETE FROM publication_object WHERE id = ? AND publication = ?",
    );
    this.#hasObject = db.prepare(
      "SELECT 1 FROM publication_object WHERE id = ? AND publication = ?",
    );
    this.#isListed = db.prepare("SELECT 1 FROM publication_object WHERE id = ? LIMIT 1");
    this.#objects = db.prepare("SELECT id FROM publication_object WHERE publication = ? LIMIT ?");
  }

  /** @returns the number of a publication that is under way. */
  begin(name: string, nowMs: UnixMs): number {
    return Number(this.#begin.get(name, nowMs)?.["number"]);
  }

  /** It is whole: all of its objects are listed. */
  publish({ number, meta, link, size }: Omit<PublicationRow, "name" | "createdMs">): void {
    this.#publish.run(meta, link, size, number);
  }

  /** It is to be taken back: from now on it is no publication any more. */
  leave(number: number): void {
    this.#leave.run(number);
  }

  /** Once none of its objects is listed. */
  remove(number: number): void {
    this.#remove.run(number);
  }

  /** By either id of its manifest; one that is published before one that is being taken back. */
  find(id: Uint8Array): (PublicationRow & { readonly isLeaving: boolean }) | undefined {
    const row = this.#find.get(id, id);
    if (row === undefined) return undefined;
    return { ...publicationOf(row), isLeaving: Number(row["state"]) === STATE.leaving };
  }

  /** Newest first. */
  newest(limit: number): PublicationRow[] {
    return this.#newest.all(limit).map(publicationOf);
  }

  count(): number {
    return Number(this.#count.get()?.["many"]);
  }

  /** Numbers of those that are under way or being taken back. */
  unfinished(): number[] {
    return this.#unfinished.all().map((row) => Number(row["number"]));
  }

  addObject(number: number, id: ChunkId): void {
    this.#addObject.run(id, number);
  }

  /** @returns false if it was not listed. */
  removeObject(number: number, id: ChunkId): boolean {
    return this.#removeObject.run(id, number) > 0;
  }

  hasObject(number: number, id: ChunkId): boolean {
    return this.#hasObject.get(id, number) !== undefined;
  }

  /** Whether any publication needs the object. */
  isListed(id: ChunkId): boolean {
    return this.#isListed.get(id) !== undefined;
  }

  /** Some of its objects, at most `limit`. */
  objects(number: number, limit: number): ChunkId[] {
    return this.#objects.all(number, limit).map((row) => asChunkId(row["id"] as Uint8Array));
  }
}

function publicationOf(row: SqliteRow): PublicationRow {
  return {
    number: Number(row["number"]),
    meta: asChunkId(row["meta"] as Uint8Array),
    link: asStrongId(row["link"] as Uint8Array),
    name: String(row["name"]),
    size: Number(row["size"]),
    createdMs: Number(row["created_ms"]) as UnixMs,
  };
}
