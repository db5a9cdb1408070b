import { type ChunkId, SkerryError, toHex } from "../../lib/mod.ts";
import type { RepeatedLog } from "../loop/repeated_log.ts";

/** Whether the disk has refused what the store needed. A node that cannot keep what it fetches goes
 * on serving; its status and /readyz say so. */
export class DiskHealth {
  #hasFailed = false;
  readonly #log: RepeatedLog;

  constructor(log: RepeatedLog) {
    this.#log = log;
  }

  /** Once true, true until the node starts anew. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The store's own work failed, eviction or a flush: nobody waits for it. */
  noteMaintenance(error: SkerryError): void {
    this.note(error);
    this.#log.error("maintenance_failed", { reason: error.message });
  }

  /** What a store operation died of; other causes than the disk's count for nothing here. */
  note(error: unknown): void {
    this.#hasFailed ||= error instanceof SkerryError && error.code === "DISK_FAILED";
  }

  /** What was fetched and proven could not be kept: its reader has it all the same. */
  noteUnkept(id: ChunkId, error: unknown): void {
    this.note(error);
    this.#log.error("keep_failed", { id: toHex(id), reason: String(error) });
  }
}
