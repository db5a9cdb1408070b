import type { HttpMetrics } from "./http_metrics.ts";
import { type LendAsk, Lending, type Lent } from "./lending.ts";
import type { OnFull } from "./limits.ts";
import type { ReadyAnswers } from "./ready_answers.ts";
import type { RequestLimits } from "./request_limits.ts";

/** What a worker has answered since it told last. */
export interface WorkerReport {
  /** Answers of one route and status that began, and the time of all of them to the first byte. */
  readonly answers: readonly {
    readonly route: string;
    readonly status: number;
    readonly count: number;
    readonly firstByteMs: number;
  }[];
  /** Bytes of bodies that left. */
  readonly sentBytes: number;
}

/** Where processes that answer in the gateway's place ask and tell: the rules stay here. */
export class WorkerDesk {
  readonly #lending: Lending;
  readonly #limits: Pick<RequestLimits, "enterElsewhere" | "watchFull">;
  readonly #metrics: Pick<HttpMetrics, "observe" | "sent">;
  #onForget: () => void = () => {};

  /** @param renew as LongWay. */
  constructor(
    kept: ReadyAnswers,
    limits: Pick<RequestLimits, "enterElsewhere" | "watchFull">,
    metrics: Pick<HttpMetrics, "observe" | "sent">,
    renew: (key: string) => Promise<void>,
  ) {
    this.#lending = new Lending(kept, renew);
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** @param onForget a rule has changed: nothing that was lent is to be used any more.
   * @param onFull as RequestLimits.watchFull. */
  watch(onForget: () => void, onFull: OnFull): void {
    this.#onForget = onForget;
    this.#limits.watchFull(onFull);
  }

  forget(): void {
    this.#onForget();
  }

  lend(ask: LendAsk): Promise<Lent | undefined> {
    return this.#lending.lend(ask, performance.now());
  }

  /** An answer is under way and its client has not taken it at once.
   * @param client as `limitedClient` has it. @returns what is to be called when it is over. */
  begin(client: string | undefined): () => void {
    return this.#limits.enterElsewhere(client);
  }

  note({ answers, sentBytes }: WorkerReport): void {
    for (const { route, status, count, firstByteMs } of answers) {
      this.#metrics.observe(route, status, firstByteMs / count, count);
    }
    this.#metrics.sent(sentBytes);
  }
}
