import { stat } from "node:fs/promises";
import { SkerryError } from "../../lib/mod.ts";
import type { LedgerFile, LedgerPlace, LedgerRow, OpenLedgerFile } from "../../ports/mod.ts";
import { explainOwnDisk } from "./disk_errors.ts";
import { StoreWorkerClient } from "./store_worker_client.ts";

/** A disk that refused is left alone for so long: each try costs a thread's start. */
const RETRY_MS = 4_000;

/** Accounts on disk, on either runtime. The worker runs the store worker's program, in a thread of
 * its own: a receipt does not wait behind chunks, and an fsync of a slow card holds up neither.
 * @param startWorker as openBlobFilesWith() has it. */
export const openLedgerFileWith = (startWorker: () => Worker): OpenLedgerFile => (place) =>
  new DiskLedgerFile(place, startWorker);

class DiskLedgerFile implements LedgerFile {
  readonly #place: LedgerPlace;
  readonly #startWorker: () => Worker;
  #worker: Promise<StoreWorkerClient> | undefined;
  /** Why the last start failed, and until when that is the answer. */
  #refusal: { readonly error: unknown; readonly untilMs: number } | undefined;
  #closing: Promise<void> | undefined;

  constructor(place: LedgerPlace, startWorker: () => Worker) {
    this.#place = place;
    this.#startWorker = startWorker;
  }

  async load(): Promise<readonly LedgerRow[]> {
    return await isThere(this.#place.path)
      ? await (await this.#open()).call("loadLedger", undefined)
      : [];
  }

  async save(rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]): Promise<void> {
    await (await this.#open()).call("saveLedger", { rows, forgotten });
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** A thread that could not open the file is not kept, nor one that has died: a later call tries
   * again. */
  async #open(): Promise<StoreWorkerClient> {
    if (this.#closing !== undefined) throw new SkerryError("DRAINING", "The ledger is closed");
    if (this.#refusal !== undefined && performance.now() < this.#refusal.untilMs) {
      throw this.#refusal.error;
    }
    this.#worker ??= this.#start().catch((error: unknown) => {
      this.#worker = undefined;
      this.#refusal = { error, untilMs: performance.now() + RETRY_MS };
      throw error;
    });
    const starting = this.#worker;
    const worker = await starting;
    if (!worker.hasFailed) return worker;
    worker.terminate();
    // Others may have seen it before: what they have begun is for all.
    if (this.#worker === starting) this.#worker = undefined;
    return await this.#open();
  }

  async #start(): Promise<StoreWorkerClient> {
    const worker = new StoreWorkerClient(this.#startWorker());
    try {
      await worker.call("openLedger", this.#place);
      return worker;
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  /** Questions are answered in order, so what was asked before is done. */
  async #close(): Promise<void> {
    const worker = await this.#worker?.catch(() => undefined);
    if (worker === undefined) return;
    try {
      await worker.call("close", undefined);
    } finally {
      worker.terminate();
    }
  }
}

/** A file that cannot be looked at is there, or a node would begin its accounts anew. */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return false;
    throw explainOwnDisk(`read ${path}`, error);
  }
}
