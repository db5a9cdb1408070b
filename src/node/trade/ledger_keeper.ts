import { equalBytes, fromHex, type PublicKey, toSkerryError } from "../../lib/mod.ts";
import { type Account, Ledger } from "../../market/mod.ts";
import type { Clock, LedgerFile, LedgerRow, Logger } from "../../ports/mod.ts";
import { rowOf, stateOf } from "./ledger_rows.ts";

/** Accounts of one transaction (protocol.md §6.2: a batch is 64 receipts or a second). */
const BATCH_MAX = 64;
const BATCH_MS = 1_000;
/** What may wait a little does for so long: a holder at full speed takes a dozen receipts a second
 * from each peer, and each would have an fsync of its own. */
const SOON_MS = 250;
/** After a failure the disk is asked again so often. */
const RETRY_MS = 5_000;

/** Keeps the ledger on disk: what changed within a second at the latest, what somebody waits for at
 * once. Changes that come while the disk is busy share the next transaction. */
export class LedgerKeeper {
  readonly ledger = new Ledger();
  readonly #file: LedgerFile;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The pass under way, and the one that will follow it. */
  #saving: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  /** A pass that is to begin soon. */
  #soon: { readonly isKept: Promise<boolean>; readonly begin: () => void } | undefined;
  #isFailing = false;
  #stopTimer: (() => void) | undefined;

  constructor(file: LedgerFile, clock: Clock, logger: Logger) {
    this.#file = file;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Puts back what was kept. @param networkId 4 bytes. @throws {SkerryError} as LedgerFile. */
  async load(networkId: Uint8Array): Promise<void> {
    const rows = await this.#file.load();
    this.ledger.restore(rows.map((row) => stateOf(row, networkId)));
  }

  /** The account has changed: it is written down within a second. */
  touch(account: Account): void {
    this.ledger.touch(account, this.#clock.unixMs());
    this.#schedule(BATCH_MS);
  }

  /** Forgives debts: see Ledger.refresh(). */
  refresh(elapsedMs: number, idleShare: number): void {
    this.ledger.refresh(elapsedMs, idleShare);
    if (this.ledger.hasChanges) this.#schedule(BATCH_MS);
  }

  /** Resolves when all that has changed until now would survive a power cut. What changes later
   * does not delay it.
   * @throws {SkerryError} DISK_FAILED, STORE_FULL … */
  keep(): Promise<void> {
    if (this.#saving === undefined) {
      if (!this.ledger.hasChanges) return Promise.resolve();
      return this.#saving = this.#save().finally(() => this.#saving = undefined);
    }
    // The pass under way may have begun before our change: all who come now wait for the next.
    return this.#following ??= this.#saving.catch(() => {}).then(() => {
      this.#following = undefined;
      return this.keep();
    });
  }

  /** As keep(), for what is sent only if it is kept. @returns false if it cannot be: the log says
   * so, and whoever is told nothing asks again. */
  isKept(): Promise<boolean> {
    return this.keep().then(() => true, () => false);
  }

  /** As isKept(), asked within SOON_MS, once for all who come meanwhile. */
  isKeptSoon(): Promise<boolean> {
    if (this.#soon !== undefined) return this.#soon.isKept;
    let begin = (): void => {};
    const isKept = new Promise<boolean>((resolve) => {
      const stopTimer = this.#clock.schedule(SOON_MS, () => begin());
      begin = () => {
        stopTimer();
        this.#soon = undefined;
        resolve(this.isKept());
      };
    });
    this.#soon = { isKept, begin };
    return isKept;
  }

  /** The row of one peer as it lies on disk, after what is pending has been written. */
  async rowOf(publicKey: PublicKey): Promise<LedgerRow | undefined> {
    await this.keep();
    const rows = await this.#file.load();
    return rows.find((row) => equalBytes(row.publicKey, publicKey));
  }

  async close(): Promise<void> {
    this.#stopTimer?.();
    this.#soon?.begin();
    // What fails now was logged and is tried no more: the rest of the node has to close as well.
    await this.keep().catch(() => {});
    await this.#file.close().catch((error: unknown) => this.#noteFailure(error));
  }

  #schedule(ms: number): void {
    if (this.#stopTimer !== undefined) return;
    this.#stopTimer = this.#clock.schedule(ms, () => {
      this.#stopTimer = undefined;
      this.keep().catch(() => this.#schedule(RETRY_MS));
    });
  }

  /** Writes what has changed until now, batch by batch. */
  async #save(): Promise<void> {
    const batches: ReturnType<Ledger["takeChanges"]>[] = [];
    while (this.ledger.hasChanges) batches.push(this.ledger.takeChanges(BATCH_MAX));
    try {
      for (let next = batches[0]; next !== undefined; next = batches[0]) {
        const keys = next.forgotten.flatMap((key) => fromHex(key) ?? []);
        await this.#file.save(next.accounts.map(({ state }) => rowOf(state)), keys);
        batches.shift();
      }
      this.#isFailing = false;
    } catch (error) {
      for (const { accounts, forgotten } of batches) this.ledger.putBack(accounts, forgotten);
      this.#noteFailure(error);
      throw error;
    }
  }

  #noteFailure(error: unknown): void {
    if (!this.#isFailing) {
      const { code, message } = toSkerryError(error, "DISK_FAILED", "Cannot keep the ledger");
      this.#logger.log("error", "ledger_not_kept", { code, reason: message });
    }
    this.#isFailing = true;
  }
}
