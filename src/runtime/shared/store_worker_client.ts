import { SkerryError } from "../../lib/mod.ts";
import type {
  StoreWorkerCallName,
  StoreWorkerCalls,
  StoreWorkerReply,
} from "./store_worker_messages.ts";

interface Pending {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** The event loop's end of the store worker. */
export class StoreWorkerClient {
  readonly #worker: Worker;
  // BOUNDED by ChunkStore's limits on calls in flight.
  readonly #pending = new Map<number, Pending>();
  #lastCall = 0;
  #failure: SkerryError | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent) => this.#settle(event.data as StoreWorkerReply);
    worker.onerror = (event: ErrorEvent) => {
      event.preventDefault(); // reported by the calls that it fails
      this.#fail(event.message);
    };
    worker.onmessageerror = () => this.#fail("a message could not be read");
  }

  /** True once its thread is gone: whatever it is asked is rejected. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  call<Name extends StoreWorkerCallName>(
    name: Name,
    ask: StoreWorkerCalls[Name]["ask"],
  ): Promise<StoreWorkerCalls[Name]["answer"]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const call = ++this.#lastCall;
      this.#pending.set(call, { resolve: resolve as Pending["resolve"], reject });
      this.#worker.postMessage({ call, name, ask });
    });
  }

  /** Ends the thread; what it was asked and has not answered is rejected. */
  terminate(): void {
    this.#fail("it was stopped");
    this.#worker.terminate();
  }

  #settle(reply: StoreWorkerReply): void {
    for (const call of reply.calls) {
      const pending = this.#pending.get(call);
      this.#pending.delete(call);
      if ("code" in reply) pending?.reject(new SkerryError(reply.code, reply.sentence));
      else pending?.resolve(reply.answer);
    }
  }

  #fail(why: string): void {
    this.#failure ??= new SkerryError("DISK_FAILED", `The store's worker thread is gone: ${why}`);
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
