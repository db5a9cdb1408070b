import type { FoundProvider, LookupOutcome } from "../../src/dht/mod.ts";
import type { Message } from "../../src/wire/mod.ts";
import { indexOf } from "./places.ts";
import { answerBytes, initBytes, questionBytes, respBytes } from "./wire_size.ts";

/** What one lookup has cost and brought. */
export interface LabLookup {
  readonly outcome: LookupOutcome;
  /** Start to end, ms. */
  readonly ms: number;
  /** To the first provider, ms and hops; undefined if none was found. */
  readonly foundMs: number | undefined;
  readonly foundRounds: number | undefined;
  readonly providers: number;
  /** Of all providers found: bits that the key has in common with the one who has the fewest, which
   * is what a byte costs there. */
  readonly cheapest: number | undefined;
  readonly cost: LookupCost;
  /** What it had cost when the first provider was known. */
  readonly costToFound: LookupCost;
}

/** UDP payload both ways. */
export interface LookupCost {
  /** If every session has to be opened, by an INIT with a token. */
  readonly coldBytes: number;
  readonly coldDatagrams: number;
  /** If all sessions stand. */
  readonly warmBytes: number;
  readonly questions: number;
}

/** Counts what one lookup costs and brings. Its answers are counted as they come, its questions'
 * answers that come after its end too. */
export class LookupWatch {
  readonly #startedAt: number;
  /** Hops of the nodes that were told of, by index. */
  readonly #depths = new Map<number, number>();
  #depth = 0;
  #cost = { coldBytes: 0, coldDatagrams: 0, warmBytes: 0, questions: 0 };
  #found: { ms: number; rounds: number; cost: LookupCost } | undefined;
  #providers = 0;
  #cheapest: number | undefined;
  #end: { outcome: LookupOutcome; ms: number } | undefined;

  readonly #priceOf: (publicKey: Uint8Array) => number;

  /** @param priceOf what a provider asks for a byte. */
  constructor(startedAt: number, priceOf: (publicKey: Uint8Array) => number) {
    this.#startedAt = startedAt;
    this.#priceOf = priceOf;
  }

  get isDone(): boolean {
    return this.#end !== undefined;
  }

  noteQuestion(to: number, message: Message): void {
    if (message.type !== "GET_PROVIDERS") return;
    if (!this.#depths.has(to)) this.#depths.set(to, 1);
    this.#cost.questions++;
    this.#cost.coldBytes += initBytes(message);
    this.#cost.coldDatagrams++;
    this.#cost.warmBytes += questionBytes(message);
  }

  /** Called before the core sees the answer. */
  noteAnswer(from: number, message: Message): void {
    if (message.type !== "PROVIDERS") return;
    const depth = this.#depths.get(from) ?? 1;
    this.#depth = depth;
    for (const { publicKey } of message.contacts) {
      const told = indexOf(publicKey);
      if (!this.#depths.has(told)) this.#depths.set(told, depth + 1);
    }
    this.#cost.coldBytes += respBytes(message);
    this.#cost.coldDatagrams++;
    this.#cost.warmBytes += answerBytes(message);
  }

  noteFound(now: number, providers: readonly FoundProvider[]): void {
    this.#providers += providers.length;
    const prices = providers.map(({ publicKey }) => this.#priceOf(publicKey));
    this.#cheapest = Math.min(this.#cheapest ?? Infinity, ...prices);
    this.#found ??= { ms: now - this.#startedAt, rounds: this.#depth, cost: { ...this.#cost } };
  }

  finish(outcome: LookupOutcome, now: number): void {
    this.#end ??= { outcome, ms: now - this.#startedAt };
  }

  /** @throws {Error} if the lookup has not ended. */
  result(): LabLookup {
    if (this.#end === undefined) throw new Error("a lookup of the lab has not ended");
    return {
      ...this.#end,
      foundMs: this.#found?.ms,
      foundRounds: this.#found?.rounds,
      providers: this.#providers,
      cheapest: this.#cheapest,
      cost: this.#cost,
      costToFound: this.#found?.cost ?? this.#cost,
    };
  }
}
