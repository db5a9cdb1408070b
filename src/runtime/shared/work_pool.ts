import { clearTimeout, setTimeout } from "node:timers";
import { evaluatePuzzle, isMemoryHard, leadingZeroBits } from "../../identity/mod.ts";
import { assert, SkerryError } from "../../lib/mod.ts";
import type { MiningJob, MiningProgress, WorkPool } from "../../ports/mod.ts";
import { MiningTally } from "./mining_tally.ts";
import type { FromWorker, Solution, ToWorker } from "./work_messages.ts";

export interface WorkPoolOptions {
  /** URL of work_worker.ts, as the roof sees it: src/workers.ts. */
  readonly workerUrl: string;
  /** Worker threads, a positive integer. They start when first needed. */
  readonly threads: number;
  /** Threads without work end after this long: each holds ~10 MB. */
  readonly idleMs?: number;
}

const IDLE_MS = 10_000;
const PROGRESS_MS = 1000;
/** A SHA-256 search for this many bits takes ~0.1 ms: less than starting a thread. */
const INLINE_BITS_MAX = 8;

interface Job {
  readonly id: number;
  readonly tally: MiningTally;
  readonly onProgress: (progress: MiningProgress) => void;
  readonly settle: (solution: Solution | undefined, error?: Error) => void;
  lastReportAt: number;
}

interface Task {
  readonly thread: Thread;
  readonly resolve: (output: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Evaluations it has been given and not answered. */
  pending: number;
}

/** Web Workers as a WorkPool, in Bun and Deno alike. */
export function createWorkPool(options: WorkPoolOptions): WorkPool {
  return new WorkerPool(options);
}

class WorkerPool implements WorkPool {
  readonly #options: WorkPoolOptions;
  readonly #threads: Thread[] = [];
  readonly #jobs = new Map<number, Job>(); // BOUNDED by the callers: one search at a time each
  readonly #tasks = new Map<number, Task>(); // BOUNDED by the callers: ≤ 256 claims in the queue
  #lastId = 0;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: WorkPoolOptions) {
    assert(
      Number.isInteger(options.threads) && options.threads > 0,
      `${options.threads} worker threads`,
    );
    this.#options = options;
  }

  async mine(
    job: MiningJob,
    onProgress: (progress: MiningProgress) => void,
    signal?: AbortSignal,
  ): Promise<Solution> {
    if (signal?.aborted === true) throw cancelled();
    const isAtOnce = !isMemoryHard(job.puzzle) && job.targetBits <= INLINE_BITS_MAX;
    if (isAtOnce && job.share === undefined) {
      return mineInline(job, onProgress);
    }
    return await this.#mineInWorkers(job, onProgress, signal);
  }

  #mineInWorkers(
    job: MiningJob,
    onProgress: (progress: MiningProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<Solution> {
    const threads = this.#allThreads();
    const id = ++this.#lastId;
    return new Promise<Solution>((resolve, reject) => {
      const abort = (): void => settle(undefined, cancelled());
      const settle = (solution: Solution | undefined, error?: Error): void => {
        signal?.removeEventListener("abort", abort);
        this.#jobs.delete(id);
        for (const { worker } of threads) worker.postMessage({ kind: "stop", job: id });
        onProgress(tally.progress(performance.now()));
        if (solution !== undefined) resolve(solution);
        else reject(error);
        this.#restIfIdle();
      };
      const tally = new MiningTally(job.startNonce, threads.length, performance.now());
      this.#jobs.set(id, { id, tally, onProgress, settle, lastReportAt: performance.now() });
      signal?.addEventListener("abort", abort);
      threads.forEach((thread, index) => {
        const { puzzle, publicKey, targetBits, share = 1 } = job;
        const firstNonce = job.startNonce + BigInt(index);
        const stride = BigInt(threads.length);
        const work = { puzzle, publicKey, firstNonce, stride, targetBits, share };
        post(thread, { kind: "mine", job: id, ...work });
      });
    });
  }

  async evaluate(
    puzzle: MiningJob["puzzle"],
    publicKey: Uint8Array,
    nonce: bigint,
  ): Promise<Uint8Array> {
    if (!isMemoryHard(puzzle)) return evaluatePuzzle(puzzle, publicKey, nonce);
    const thread = this.#freestThread();
    const task = ++this.#lastId;
    thread.pending++;
    return await new Promise<Uint8Array>((resolve, reject) => {
      this.#tasks.set(task, { thread, resolve, reject });
      post(thread, { kind: "evaluate", task, puzzle, publicKey, nonce });
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#stopAll(cancelled());
    return Promise.resolve();
  }

  #allThreads(): readonly Thread[] {
    if (this.#isClosed) throw cancelled();
    clearTimeout(this.#idleTimer);
    while (this.#threads.length < this.#options.threads) this.#startThread();
    return [...this.#threads];
  }

  /** A thread with nothing to do, a new one, or the one with the least to do. */
  #freestThread(): Thread {
    if (this.#isClosed) throw cancelled();
    clearTimeout(this.#idleTimer);
    const least = this.#threads.reduce<Thread | undefined>(
      (best, thread) => best === undefined || thread.pending < best.pending ? thread : best,
      undefined,
    );
    const isFull = this.#threads.length >= this.#options.threads;
    return least !== undefined && (least.pending === 0 || isFull) ? least : this.#startThread();
  }

  #startThread(): Thread {
    const worker = new Worker(this.#options.workerUrl, { type: "module" });
    const thread: Thread = { worker, pending: 0 };
    worker.onmessage = (event: MessageEvent<FromWorker>) => this.#hear(thread, event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#stopAll(new Error(`a worker thread broke: ${event.message}`));
    };
    this.#threads.push(thread);
    return thread;
  }

  #hear(thread: Thread, message: FromWorker): void {
    if (message.kind === "progress") return this.#hearProgress(thread, message);
    const task = this.#tasks.get(message.task);
    if (task === undefined) return;
    this.#tasks.delete(message.task);
    thread.pending--;
    if (message.kind === "output") task.resolve(message.output);
    else task.reject(new RangeError(message.reason));
    this.#restIfIdle();
  }

  #hearProgress(thread: Thread, message: Extract<FromWorker, { kind: "progress" }>): void {
    const job = this.#jobs.get(message.job);
    if (job === undefined) return; // settled; this worker had not heard of it yet
    job.tally.add(this.#threads.indexOf(thread), message);
    if (message.isFound) return job.settle(message.best);
    const now = performance.now();
    if (now - job.lastReportAt < PROGRESS_MS) return;
    job.lastReportAt = now;
    job.onProgress(job.tally.progress(now));
  }

  #restIfIdle(): void {
    if (this.#jobs.size > 0 || this.#tasks.size > 0 || this.#threads.length === 0) return;
    clearTimeout(this.#idleTimer);
    const idleMs = this.#options.idleMs ?? IDLE_MS;
    this.#idleTimer = setTimeout(() => this.#endThreads(), idleMs).unref();
  }

  #stopAll(error: Error): void {
    const jobs = [...this.#jobs.values()];
    const tasks = [...this.#tasks.values()];
    this.#tasks.clear();
    for (const task of tasks) task.reject(error);
    for (const job of jobs) job.settle(undefined, error);
    this.#endThreads();
  }

  #endThreads(): void {
    clearTimeout(this.#idleTimer);
    for (const { worker } of this.#threads.splice(0)) worker.terminate();
  }
}

function post(thread: Thread, message: ToWorker): void {
  thread.worker.postMessage(message);
}

function cancelled(): SkerryError {
  return new SkerryError("CANCELLED", "The search was called off");
}

function mineInline(
  { puzzle, publicKey, startNonce, targetBits }: MiningJob,
  onProgress: (progress: MiningProgress) => void,
): Solution {
  const startedAt = performance.now();
  for (let nonce = startNonce;; nonce++) {
    const bits = leadingZeroBits(evaluatePuzzle(puzzle, publicKey, nonce));
    if (bits < targetBits) continue;
    const tally = new MiningTally(startNonce, 1, startedAt);
    const tries = Number(nonce - startNonce) + 1;
    tally.add(0, { tries, nextNonce: nonce + 1n, best: { nonce, bits } });
    onProgress(tally.progress(performance.now()));
    return { nonce, bits };
  }
}
