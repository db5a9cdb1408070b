import { type ChunkId, SkerryError, toHex, type UnixMs } from "../../lib/mod.ts";
import type { DiskStatus } from "../contract/operator_api.ts";
import type { RepeatedLog } from "../loop/repeated_log.ts";

/** Whether the disk has refused what the store needed. A node that cannot keep what it fetches goes
 * on serving, and its status says so. /readyz does where the disk fails, but not where it is full:
 * content passes through all the same, and who is sent no reader would not notice new room. */
export class DiskHealth {
  #hasFailed = false;
  #unkept = 0;
  #fault: Omit<DiskStatus, "unkept"> | undefined;
  readonly #log: RepeatedLog;
  readonly #unixMs: () => UnixMs;

  constructor(log: RepeatedLog, unixMs: () => UnixMs) {
    this.#log = log;
    this.#unixMs = unixMs;
  }

  /** Objects that could not be kept. */
  get unkept(): number {
    return this.#unkept;
  }

  /** Undefined while nothing was refused. */
  get status(): DiskStatus | undefined {
    return this.#fault && { unkept: this.#unkept, ...this.#fault };
  }

  /** Once true, true until the node starts anew. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The store's own work failed, eviction or a flush: nobody waits for it. */
  noteMaintenance(error: SkerryError): void {
    this.note(error);
    this.#refused(error.message);
    this.#log.error("maintenance_failed", { reason: error.message });
  }

  /** What a store operation died of; other causes than the disk's count for nothing here. */
  note(error: unknown): void {
    this.#hasFailed ||= error instanceof SkerryError && error.code === "DISK_FAILED";
  }

  /** What was fetched and proven could not be kept: its reader has it all the same. */
  noteUnkept(id: ChunkId, error: unknown): void {
    this.note(error);
    this.#unkept++;
    this.#refused(error instanceof Error ? error.message : String(error));
    this.#log.error("keep_failed", { id: toHex(id), reason: String(error) });
  }

  #refused(fault: string): void {
    this.#fault = { faultMs: this.#unixMs(), fault };
  }
}
