import { type ChunkId, SkerryError, toHex } from "../lib/mod.ts";
import type { Logger } from "../ports/mod.ts";

/** Whether the disk has refused what the store needed. A node that cannot keep what it fetches goes
 * on serving; its status and /readyz say so. */
export class DiskHealth {
  #hasFailed = false;
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Once true, true until the node starts anew. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** What a store operation died of; other causes than the disk's count for nothing here. */
  note(error: unknown): void {
    this.#hasFailed ||= error instanceof SkerryError && error.code === "DISK_FAILED";
  }

  /** What was fetched and proven could not be kept: its reader has it all the same. */
  noteUnkept(id: ChunkId, error: unknown): void {
    this.note(error);
    this.#logger.log("error", "keep_failed", { id: toHex(id), reason: String(error) });
  }
}
