import { after, type ChunkId, type Instant } from "../lib/mod.ts";
import { SERVING_TICK_MS, type ServingTerms } from "../market/mod.ts";
import type { Appraisal } from "./appraisal.ts";
import type { LoopPart } from "./driver.ts";

/** A chunk that takes longer is not worth it: 1 MiB at 17 KiB/s. */
const FETCH_MS = 60_000;

export interface OpportunityDoors {
  readonly appraisal: Pick<Appraisal, "found" | "notFound" | "seek">;
  /** What is worth fetching, as the control loop has it. */
  readonly kept: () => ServingTerms;
  /** Somebody here waits for something: then nothing is fetched for others. */
  readonly isBusy: () => boolean;
  /** Fetches, proves and keeps a chunk. @returns its bytes. */
  readonly fetch: (
    id: ChunkId,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ) => Promise<number>;
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
    const id = appraisal.seek(kept(), now);
    if (id !== undefined) void this.#fetch(id);
  }

  nextTimeout(): Instant {
    return this.#dueAt;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #fetch(id: ChunkId): Promise<void> {
    const { appraisal, fetch } = this.#doors;
    this.#isFetching = true;
    try {
      const bytes = await fetch(id, { signal: this.#stop.signal, timeoutMs: FETCH_MS });
      this.fetched++;
      appraisal.found(id, bytes);
    } catch { // nobody has it, or not for us
      this.failed++;
      appraisal.notFound(id);
    } finally {
      this.#isFetching = false;
    }
  }
}
