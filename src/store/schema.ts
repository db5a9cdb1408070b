import { HOSTING_SCHEMA } from "./hosting_table.ts";
import { PLACEMENT_SCHEMA } from "./placement_table.ts";
import { PUBLICATION_SCHEMA } from "./publication_table.ts";

/** The node's databases: their marks, settings and tables (protocol.md §9j). Migrations go forward
 * only: a step that has been released is never edited, a change is a new step at the end. */
export interface DatabaseKind {
  readonly name: string;
  /** "sk1" and a letter of its own, so that `file` and a second program can tell whose it is. */
  readonly applicationId: number;
  /** NORMAL: a power cut may lose the last transactions, never damage. FULL: none is lost. */
  readonly synchronous: "NORMAL" | "FULL";
  /** Pages in the write-ahead log after which a commit flushes it; 0: never, someone else does. */
  readonly checkpointPages: number;
  /** Locks every other process and connection out. */
  readonly isExclusive: boolean;
  /** Pages of deleted rows can be given back to the file system. */
  readonly givesPagesBack: boolean;
  /** Step n leads from version n to n + 1. */
  readonly migrations: readonly string[];
}

/** One row; `CHECK` keeps it one. */
const META = `
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  network_id BLOB NOT NULL CHECK (length(network_id) = 4),
  public_key BLOB NOT NULL CHECK (length(public_key) = 32),
  created_ms INTEGER NOT NULL,
  boots INTEGER NOT NULL DEFAULT 0,
  log_restarts INTEGER NOT NULL DEFAULT 0
) STRICT;
`;

/** Which chunks are here and where, known peers, and totals. Written by the event loop, which must
 * never wait for an fsync: the worker flushes its log (BlobFiles.checkpointIndex). */
export const INDEX_DATABASE: DatabaseKind = {
  name: "index",
  applicationId: 0x736b3169, // "sk1i"
  synchronous: "NORMAL",
  checkpointPages: 0,
  isExclusive: false,
  givesPagesBack: false,
  migrations: [
    META + `
-- An object of 1 MiB or less. segment and slot are NULL for a small object (small.db).
-- state: 1 writing, 2 present, 3 leaving. format: 1 = stored as it is, id = SHA-1 of the bytes.
-- boot: the start (meta.boots) in which its bytes were last proven. alias: SHA-256[0..20).
CREATE TABLE chunk (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 20),
  segment INTEGER,
  slot INTEGER,
  length INTEGER NOT NULL,
  state INTEGER NOT NULL,
  format INTEGER NOT NULL,
  boot INTEGER NOT NULL,
  pinned INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  alias BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX chunk_by_use ON chunk (pinned, used_ms);
CREATE INDEX chunk_by_alias ON chunk (alias) WHERE alias IS NOT NULL;

-- Nodes to ask after a restart. Nonces are 8 bytes, big-endian: SQLite's integers are signed.
CREATE TABLE contact (
  public_key BLOB NOT NULL PRIMARY KEY CHECK (length(public_key) = 32),
  node_id BLOB NOT NULL CHECK (length(node_id) = 20),
  id_nonce BLOB NOT NULL CHECK (length(id_nonce) = 8),
  ip TEXT NOT NULL,
  port INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_by_seen ON contact (seen_ms);

-- Work claims that were checked: a puzzle costs milliseconds, its answer never changes. rank_nonce
-- is NULL and rank 0 while no rank was proven.
CREATE TABLE proven_work (
  public_key BLOB NOT NULL PRIMARY KEY CHECK (length(public_key) = 32),
  node_id BLOB NOT NULL CHECK (length(node_id) = 20),
  id_nonce BLOB NOT NULL CHECK (length(id_nonce) = 8),
  rank_nonce BLOB,
  rank INTEGER NOT NULL,
  proven_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proven_work_by_age ON proven_work (proven_ms);

CREATE TABLE ban (
  public_key BLOB NOT NULL PRIMARY KEY CHECK (length(public_key) = 32),
  until_ms INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Totals over the life of the data directory.
CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`,
    `
-- Signed values of this node's owner, put into the network again and again.
CREATE TABLE own_value (
  key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 20),
  bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`,
    `
-- Who provides what, as others told this node: a few thousand keys a part (dht/provider_part.ts).
CREATE TABLE provider_part (part INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
`,
    HOSTING_SCHEMA + PLACEMENT_SCHEMA,
    `
-- What the uses of an object were worth (market/keep_score.ts); -1: one read that nobody paid.
-- Whoever has the least goes first, of equals who was used least recently.
ALTER TABLE chunk ADD COLUMN score REAL NOT NULL DEFAULT -1;
CREATE INDEX chunk_by_score ON chunk (pinned, score, used_ms);
`,
    `
-- 1: it came by its own id, so that no manifest of its file need be here to be found by.
ALTER TABLE chunk ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;
`,
    PUBLICATION_SCHEMA,
  ],
};

/** Objects of 64 KiB or less, bytes and all. Owned by the store worker, which may wait for an
 * fsync: a put is durable when it is answered. Its lock keeps a second process from the directory,
 * as two would hand out the same slots. */
export const SMALL_DATABASE: DatabaseKind = {
  name: "small-object",
  applicationId: 0x736b3173, // "sk1s"
  synchronous: "FULL",
  checkpointPages: 128, // 512 KiB: the log is part of the disk use, so it stays below one chunk
  isExclusive: true,
  givesPagesBack: true,
  migrations: [
    META + `
CREATE TABLE object (key BLOB NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
`,
  ],
};

/** Who owes whom, and the receipts that prove it. Owned by a worker of its own, which may wait for
 * an fsync: what a peer was told is kept survives a power cut. */
export const LEDGER_DATABASE: DatabaseKind = {
  name: "ledger",
  applicationId: 0x736b316c, // "sk1l"
  synchronous: "FULL",
  checkpointPages: 128, // the log stays small beside the accounts
  isExclusive: true,
  givesPagesBack: false,
  migrations: [
    META + `
-- owner: the key whose accounts they are, so that a data directory whose identity was replaced
-- keeps those of the former one. faults, counts: u64 each, big-endian (SQLite's integers are
-- signed); which count is which: ports/ledger_file.ts.
CREATE TABLE account (
  owner BLOB NOT NULL CHECK (length(owner) = 32),
  peer BLOB NOT NULL CHECK (length(peer) = 32),
  epoch INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  faults BLOB NOT NULL,
  counts BLOB NOT NULL,
  is_ours_held INTEGER NOT NULL,
  PRIMARY KEY (owner, peer)
) STRICT, WITHOUT ROWID;

-- The last one of each epoch says all that those before it said.
CREATE TABLE receipt (
  owner BLOB NOT NULL,
  peer BLOB NOT NULL,
  is_ours INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  seq BLOB NOT NULL CHECK (length(seq) = 8),
  bytes BLOB NOT NULL,
  PRIMARY KEY (owner, peer, is_ours, epoch)
) STRICT, WITHOUT ROWID;
`,
    `
-- As receipt: the last one of each epoch says all that those before it said.
CREATE TABLE credit_note (
  owner BLOB NOT NULL,
  peer BLOB NOT NULL,
  is_ours INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  seq BLOB NOT NULL CHECK (length(seq) = 8),
  bytes BLOB NOT NULL,
  PRIMARY KEY (owner, peer, is_ours, epoch)
) STRICT, WITHOUT ROWID;

-- Payments, the last ones of each peer. cb, amount: u64, big-endian. note: the credit note for it.
CREATE TABLE invoice (
  owner BLOB NOT NULL,
  peer BLOB NOT NULL,
  is_ours INTEGER NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  state TEXT NOT NULL,
  cb BLOB NOT NULL CHECK (length(cb) = 8),
  amount BLOB NOT NULL CHECK (length(amount) = 8),
  unit TEXT NOT NULL,
  method TEXT NOT NULL,
  pay_to TEXT NOT NULL,
  reference TEXT NOT NULL,
  proof TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  note BLOB,
  PRIMARY KEY (owner, peer, is_ours, id)
) STRICT, WITHOUT ROWID;
`,
  ],
};
