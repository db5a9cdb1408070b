import { SkerryError, toSkerryError } from "../../lib/mod.ts";
import type { LedgerPlace, LedgerRow, Sqlite } from "../../ports/mod.ts";
import type { PunchHoles } from "./punch_holes.ts";
import type {
  StoreWorkerCallName,
  StoreWorkerCalls,
  StoreWorkerReply,
  StoreWorkerRequest,
} from "./store_worker_messages.ts";

/** What the worker is built from: its door hands in the runtime's adapters and store/'s tables. */
export interface StoreWorkerParts {
  openSmallObjects(ask: StoreWorkerCalls["open"]["ask"]): SmallObjectTable;
  openLedger(place: LedgerPlace): LedgerAccounts;
  /** A second connection to the index database, which the event loop has open too. */
  openIndex(path: string): Sqlite;
  readonly punchHoles: PunchHoles;
}

export interface SmallObjectTable {
  put(objects: readonly { readonly key: Uint8Array; readonly bytes: Uint8Array }[]): void;
  get(key: Uint8Array): Uint8Array | undefined;
  delete(keys: readonly Uint8Array[]): void;
  giveBackPages(): boolean;
  close(): void;
}

export interface LedgerAccounts {
  load(): readonly LedgerRow[];
  save(rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]): void;
  close(): void;
}

/** The worker's own end: `self` of a worker. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
}

/** Bytes of small objects per transaction: bounds the log that one transaction leaves behind. */
const PUT_BATCH_BYTES_MAX = 2 ** 19;
const LOG_PAGE_BYTES = 4096;

type Put = StoreWorkerRequest & { readonly name: "put" };

/** Answers the event loop's questions in the order they came, except that puts which wait together
 * become one transaction, and so share one fsync. */
export function serveStoreWorker(scope: WorkerScope, parts: StoreWorkerParts): void {
  const worker = new StoreWorker(parts, (reply) => scope.postMessage(reply));
  // BOUNDED by the event loop's calls in flight (ChunkStore's limits).
  let waiting: StoreWorkerRequest[] = [];
  let isDue = false;
  const drain = (): void => {
    isDue = false;
    const requests = waiting;
    waiting = [];
    worker.handle(requests);
    if (worker.giveBackPages()) schedule();
  };
  const schedule = (): void => {
    if (isDue) return;
    isDue = true;
    setTimeout(drain, 0); // a turn later, so that messages which arrived together are seen together
  };
  scope.onmessage = (event) => {
    waiting.push(event.data as StoreWorkerRequest);
    schedule();
  };
}

class StoreWorker {
  readonly #parts: StoreWorkerParts;
  readonly #reply: (reply: StoreWorkerReply) => void;
  #small: SmallObjectTable | undefined;
  #indexPath = "";
  #index: Sqlite | undefined;
  #ledger: LedgerAccounts | undefined;
  #pagesAreFree = false;

  constructor(parts: StoreWorkerParts, reply: (reply: StoreWorkerReply) => void) {
    this.#parts = parts;
    this.#reply = reply;
  }

  handle(requests: readonly StoreWorkerRequest[]): void {
    let batch: Put[] = [];
    let batchBytes = 0;
    const flush = (): void => {
      if (batch.length > 0) this.#putAll(batch);
      batch = [];
      batchBytes = 0;
    };
    for (const request of requests) {
      if (request.name !== "put") {
        flush();
        this.#answer(request);
        continue;
      }
      batch.push(request);
      batchBytes += request.ask.bytes.length;
      if (batchBytes >= PUT_BATCH_BYTES_MAX) flush();
    }
    flush();
  }

  /** One step of shrinking small.db. @returns true if another one is due. */
  giveBackPages(): boolean {
    if (!this.#pagesAreFree || this.#small === undefined) return false;
    try {
      this.#pagesAreFree = this.#small.giveBackPages();
    } catch {
      this.#pagesAreFree = false; // the next call that matters will say what is wrong
    }
    return this.#pagesAreFree;
  }

  #putAll(batch: readonly Put[]): void {
    const calls = batch.map(({ call }) => call);
    try {
      this.#table().put(batch.map((request) => request.ask));
      this.#reply({ calls, answer: undefined });
    } catch (error) {
      this.#fail(calls, error);
    }
  }

  #answer(request: Exclude<StoreWorkerRequest, Put>): void {
    const calls = [request.call];
    try {
      this.#reply({ calls, answer: this.#do(request) });
    } catch (error) {
      this.#fail(calls, error);
    }
  }

  #do(
    request: Exclude<StoreWorkerRequest, Put>,
  ): StoreWorkerCalls[StoreWorkerCallName]["answer"] {
    switch (request.name) {
      case "open":
        this.#small = this.#parts.openSmallObjects(request.ask);
        this.#indexPath = request.ask.indexPath;
        return undefined;
      case "get":
        return this.#table().get(request.ask.key);
      case "delete":
        this.#table().delete(request.ask.keys);
        this.#pagesAreFree = true;
        return undefined;
      case "checkpoint":
        return this.#checkpoint();
      case "punch":
        return request.ask.files.map(({ path, ranges }) => this.#parts.punchHoles(path, ranges))
          .every((punched) => punched);
      case "openLedger":
        this.#ledger = this.#parts.openLedger(request.ask);
        return undefined;
      case "loadLedger":
        return this.#accounts().load();
      case "saveLedger":
        this.#accounts().save(request.ask.rows, request.ask.forgotten);
        return undefined;
      case "close":
        this.#ledger?.close();
        this.#small?.close();
        this.#index?.close();
        return undefined;
    }
  }

  #checkpoint(): number {
    this.#index ??= this.#parts.openIndex(this.#indexPath);
    // PASSIVE takes no lock that a reader or writer would wait for. It syncs the log first, so all
    // that was committed before is durable even where a newer frame keeps it from finishing.
    const row = this.#index.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
    const logPages = Number(row?.["log"] ?? 0);
    const isWhole = Number(row?.["checkpointed"] ?? 0) === logPages;
    // Whoever writes first into a log that starts over syncs its new header: that shall be us, not
    // the event loop.
    if (isWhole && logPages > 0) {
      this.#index.exec("UPDATE meta SET log_restarts = log_restarts + 1");
    }
    return logPages * LOG_PAGE_BYTES;
  }

  #table(): SmallObjectTable {
    if (this.#small === undefined) throw new SkerryError("DISK_FAILED", "small.db is not open");
    return this.#small;
  }

  #accounts(): LedgerAccounts {
    if (this.#ledger === undefined) throw new SkerryError("DISK_FAILED", "ledger.db is not open");
    return this.#ledger;
  }

  #fail(calls: readonly number[], error: unknown): void {
    const { code, message } = toSkerryError(error, "DISK_FAILED", "The store's worker failed");
    this.#reply({ calls, code, sentence: message });
  }
}
