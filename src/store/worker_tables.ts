import type { UnixMs } from "../lib/mod.ts";
import type { LedgerPlace, OpenSqlite, Sqlite } from "../ports/mod.ts";
import { applySettings, openDatabase } from "./database.ts";
import { LedgerTable } from "./ledger_table.ts";
import { INDEX_DATABASE, LEDGER_DATABASE, SMALL_DATABASE } from "./schema.ts";
import { SmallObjects } from "./small_objects.ts";

export interface SmallObjectsAsk {
  readonly smallPath: string;
  readonly networkId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly nowMs: number;
}

/** What the store worker opens on its own thread, given the runtime's SQLite. */
export function workerTables(open: OpenSqlite) {
  return {
    openSmallObjects({ smallPath, networkId, publicKey, nowMs }: SmallObjectsAsk): SmallObjects {
      const owner = { networkId, publicKey, nowMs: nowMs as UnixMs };
      return new SmallObjects(openDatabase(open, smallPath, SMALL_DATABASE, owner));
    },
    openLedger({ path, networkId, publicKey, nowMs }: LedgerPlace): LedgerTable {
      const owner = { networkId, publicKey, nowMs: nowMs as UnixMs };
      return new LedgerTable(openDatabase(open, path, LEDGER_DATABASE, owner), publicKey);
    },
    /** The event loop's connection has made the tables; this one only flushes the log. */
    openIndex(path: string): Sqlite {
      const db = open(path);
      applySettings(db, INDEX_DATABASE);
      return db;
    },
  };
}
