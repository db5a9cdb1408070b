import type { LedgerFile, LedgerRow } from "../../src/ports/mod.ts";

/** A disk's ledger, in memory: what was saved outlives the node that saved it. */
export class MemoryLedgerFile implements LedgerFile {
  readonly rows = new Map<string, LedgerRow>();

  load(): Promise<readonly LedgerRow[]> {
    return Promise.resolve([...this.rows.values()]);
  }

  save(rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]): Promise<void> {
    for (const row of rows) this.rows.set(row.publicKey.toHex(), row);
    for (const key of forgotten) this.rows.delete(key.toHex());
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
