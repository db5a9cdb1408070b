import type { UnixMs } from "../../../src/lib/mod.ts";
import type { Sqlite } from "../../../src/ports/mod.ts";
import {
  type DatabaseKind,
  type DatabaseOwner,
  INDEX_DATABASE,
  openDatabase,
} from "../../../src/store/mod.ts";
import { openSqlite } from "../../support/sqlite.ts";

export { openSqlite };

export const OWNER: DatabaseOwner = {
  networkId: new Uint8Array([1, 2, 3, 4]),
  publicKey: new Uint8Array(32).fill(7),
  nowMs: 1_700_000_000_000 as UnixMs,
};

/** A fresh database in memory. */
export const memoryDatabase = (kind: DatabaseKind = INDEX_DATABASE): Sqlite =>
  openDatabase(openSqlite, ":memory:", kind, OWNER);
