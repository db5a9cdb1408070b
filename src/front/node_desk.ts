import type { LendAsk, Lent } from "../gateway/mod.ts";
import type { Clock } from "../ports/mod.ts";
import type { Began, ToNode, ToWorker, WorkerSettings } from "./messages.ts";

/** Answers that are over sooner are none that a client holds up, and need no word. */
const TELL_MS = 20;

/** What a worker has asked the node and been told by it, and whom it may still serve by itself. */
export class NodeDesk {
  readonly #send: (message: ToNode) => void;
  /** Answers that a client may have under way here before its further requests go to the node,
   * which knows them all. */
  readonly #share: number;
  /** BOUNDED by LentAnswers. */
  readonly #asks = new Map<number, (lent: Lent | undefined) => void>();
  /** BOUNDED by the answers that are under way, as the node counts them. */
  readonly #full = new Set<string | undefined>();
  /** Answers under way here, by client; BOUNDED by connections. */
  readonly #underWay = new Map<string, number>();
  /** Not told yet. */
  readonly #began = new Map<number, Began>();
  readonly #left: number[] = [];
  readonly #clock: Pick<Clock, "schedule">;
  #isTelling = false;
  #last = 0;

  constructor(
    send: (message: ToNode) => void,
    { workers, gateway }: Pick<WorkerSettings, "workers" | "gateway">,
    clock: Pick<Clock, "schedule">,
  ) {
    this.#send = send;
    this.#clock = clock;
    this.#share = Math.max(1, Math.floor(gateway.concurrentPerClientMax / workers));
  }

  ask(ask: LendAsk): Promise<Lent | undefined> {
    const number = ++this.#last;
    this.#send({ kind: "ask", ask: number, ...ask });
    return new Promise((resolve) => this.#asks.set(number, resolve));
  }

  take(told: Extract<ToWorker, { readonly kind: "lent" | "full" }>): void {
    if (told.kind === "lent") {
      const resolve = this.#asks.get(told.ask);
      this.#asks.delete(told.ask);
      resolve?.(told.lent);
    } else if (told.isFull) this.#full.add(told.client);
    else this.#full.delete(told.client);
  }

  /** Whether a request of that client may be answered here. */
  mayBegin(client: string | undefined): boolean {
    if (this.#full.has(undefined)) return false;
    if (client === undefined) return true;
    return !this.#full.has(client) && (this.#underWay.get(client) ?? 0) < this.#share;
  }

  /** @returns what is to be called, once, when the answer is over. */
  begin(client: string | undefined): () => void {
    const answer = ++this.#last;
    this.#began.set(answer, { answer, client });
    this.#count(client, 1);
    this.#tellSoon();
    return () => {
      this.#count(client, -1);
      if (this.#began.delete(answer)) return;
      this.#left.push(answer);
      this.#tellSoon();
    };
  }

  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#clock.schedule(TELL_MS, () => {
      this.#isTelling = false;
      if (this.#began.size === 0 && this.#left.length === 0) return;
      const began = [...this.#began.values()];
      this.#began.clear();
      this.#send({ kind: "under_way", began, left: this.#left.splice(0) });
    });
  }

  #count(client: string | undefined, by: number): void {
    if (client === undefined) return;
    const count = (this.#underWay.get(client) ?? 0) + by;
    if (count === 0) this.#underWay.delete(client);
    else this.#underWay.set(client, count);
  }
}
