import type { AdminPurchase } from "../admin/mod.ts";
import { formatSize } from "../config/mod.ts";
import { counted, SkerryError } from "../lib/mod.ts";
import type { Clock } from "../ports/mod.ts";
import type { AdminClient } from "./admin_client.ts";
import { formatDuration } from "./duration.ts";

/** What one command paid, for its JSON. */
export interface Paid {
  readonly paidCb: number;
  readonly paidTo: AdminPurchase["holders"];
}

/** What the command line says of it. */
interface GetLimits {
  readonly budgetCb?: number | undefined;
  readonly deadlineMs?: number | undefined;
}

/** Everything that one `skerry get` reads, bought on one budget and by one deadline: the node keeps
 * it together by its name. */
export class GetPurchase {
  readonly #name = crypto.randomUUID();
  readonly #clock: Clock;
  readonly budgetCb: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly #startedAt: number;
  #doneBytes = 0;
  #totalBytes = 0;

  constructor(
    { budgetCb, deadlineMs }: GetLimits,
    clock: Clock,
  ) {
    this.budgetCb = budgetCb;
    this.deadlineMs = deadlineMs;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** How far it is: budget and time are for what is left. */
  note(doneBytes: number, totalBytes: number): void {
    this.#doneBytes = doneBytes;
    this.#totalBytes = totalBytes;
  }

  /** For each request of it. */
  query(): Record<string, string> {
    const { budgetCb, deadlineMs } = this;
    const leftMs = (deadlineMs ?? 0) - (this.#clock.now() - this.#startedAt);
    const leftBytes = this.#totalBytes - this.#doneBytes;
    return {
      purchase: this.#name,
      ...(budgetCb !== undefined && { budget: String(budgetCb) }),
      ...(deadlineMs !== undefined && { deadlineMs: String(Math.max(0, Math.round(leftMs))) }),
      ...(leftBytes > 0 && { leftBytes: String(leftBytes) }),
    };
  }

  /** What it has cost. */
  async report(client: AdminClient, signal: AbortSignal): Promise<Paid> {
    const path = `/v1/purchases/${this.#name}`;
    const { spentCb, holders } = await client.getJson<AdminPurchase>(path, signal);
    return { paidCb: spentCb, paidTo: holders };
  }

  /** Runs `work`, which is called off at the deadline.
   * @throws {SkerryError} FETCH_TIMED_OUT then. */
  async within<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { deadlineMs } = this;
    if (deadlineMs === undefined) return await work(signal);
    const late = new AbortController();
    const stopTimer = this.#clock.schedule(deadlineMs, () => late.abort());
    try {
      return await work(AbortSignal.any([signal, late.signal]));
    } catch (error) {
      if (!late.signal.aborted || signal.aborted) throw error;
      throw this.#tooLate(deadlineMs);
    } finally {
      stopTimer();
    }
  }

  #tooLate(deadlineMs: number): SkerryError {
    const here = `${formatSize(this.#doneBytes)} of ${formatSize(this.#totalBytes)}`;
    const state = this.#totalBytes === 0 ? "before anything came" : `when ${here} were here`;
    const hint = "The same command goes on from there; a later --deadline helps, or a greater " +
      "--budget, for holders that are nearer and dearer";
    const sentence = `The deadline of ${formatDuration(deadlineMs / 1000)} passed ${state}`;
    return new SkerryError("FETCH_TIMED_OUT", `${sentence}. ${hint}`);
  }
}

/** Undefined where the command names neither budget nor deadline. */
export function purchaseOf(
  limits: GetLimits,
  clock: Clock,
): GetPurchase | undefined {
  const { budgetCb, deadlineMs } = limits;
  if (budgetCb === undefined && deadlineMs === undefined) return undefined;
  return new GetPurchase(limits, clock);
}

/** `work` within the deadline of a purchase, if there is one. */
export function within<T>(
  purchase: GetPurchase | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal) => Promise<T> {
  return (signal) => purchase === undefined ? work(signal) : purchase.within(signal, work);
}

/** A line for people; nothing where nobody asked. */
export function paidText(paid: Paid | undefined): string {
  if (paid === undefined) return "";
  const { paidCb, paidTo } = paid;
  const parts = paidTo.map(({ publicKey, bytes, cb, factorMin, factorMax }) => {
    const factor = factorMin === factorMax ? String(factorMin) : `${factorMin} to ${factorMax}`;
    return `  ${publicKey.slice(0, 16)}  ${formatSize(bytes)} at ${factor} cb a byte: ${cb} cb\n`;
  });
  return `paid ${paidCb} cb to ${counted(paidTo.length, "holder")}\n${parts.join("")}`;
}
