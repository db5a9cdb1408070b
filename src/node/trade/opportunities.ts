import { after, type ChunkId, type Instant } from "../../lib/mod.ts";
import { SERVING_TICK_MS, type ServingTerms, Spending } from "../../market/mod.ts";
import type { ReadOptions } from "../contract/api.ts";
import type { LoopPart } from "../loop/driver.ts";
import type { Appraisal, Venture } from "./appraisal.ts";

/** A chunk that takes longer is not worth it: 1 MiB at 17 KiB/s. */
const FETCH_MS = 60_000;

export interface OpportunityDoors {
  readonly appraisal: Pick<Appraisal, "found" | "notFound" | "seek">;
  /** What is worth fetching, as the control loop has it. */
  readonly kept: () => ServingTerms;
  /** Somebody here waits for something: then nothing is fetched for others. */
  readonly isBusy: () => boolean;
  /** Fetches, proves and keeps a chunk, on the money of the purchase. */
  readonly fetch: (
    id: ChunkId,
    options: Required<Pick<ReadOptions, "purchase" | "signal" | "timeoutMs">>,
  ) => Promise<unknown>;
  readonly now: () => Instant;
}

/** Fetches what others have paid to ask for in vain, to sell it: one chunk at a time, the most
 * wanted first, at most one in five seconds, and none while anybody here is waiting. */
export class Opportunities implements LoopPart {
  readonly #doors: OpportunityDoors;
  readonly #stop = new AbortController();
  #dueAt: Instant;
  #isFetching = false;
  fetched = 0;
  failed = 0;

  constructor(doors: OpportunityDoors) {
    this.#doors = doors;
    this.#dueAt = after(doors.now(), SERVING_TICK_MS);
  }

  turn(now: Instant): void {
    if (now < this.#dueAt) return;
    this.#dueAt = after(now, SERVING_TICK_MS);
    const { appraisal, kept, isBusy } = this.#doors;
    if (this.#isFetching || this.#stop.signal.aborted || isBusy()) return;
    const venture = appraisal.seek(kept(), now);
    if (venture !== undefined) void this.#fetch(venture);
  }

  nextTimeout(): Instant {
    return this.#dueAt;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #fetch({ id, budgetCb }: Venture): Promise<void> {
    const { appraisal, fetch } = this.#doors;
    const spending = new Spending(budgetCb);
    const purchase = { spending, deadlineAt: undefined };
    this.#isFetching = true;
    try {
      await fetch(id, { signal: this.#stop.signal, timeoutMs: FETCH_MS, purchase });
      this.fetched++;
      appraisal.found(id, paidOf(spending));
    } catch { // nobody has it, or not for us
      this.failed++;
      appraisal.notFound(id, paidOf(spending));
    } finally {
      this.#isFetching = false;
    }
  }
}

/** What is under way when a fetch ends may still come, and is then owed. */
function paidOf({ spentCb, reservedCb }: Spending): number {
  return spentCb + reservedCb;
}
