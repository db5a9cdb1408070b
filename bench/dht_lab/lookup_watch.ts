import type { LookupOutcome } from "../../src/dht/mod.ts";
import type { Message } from "../../src/wire/mod.ts";
import { indexOf } from "./places.ts";
import { ACK_PACKET_BYTES, initBytes, packetBytes, respBytes } from "./wire_size.ts";

/** What one lookup has cost and brought. */
export interface LabLookup {
  readonly outcome: LookupOutcome;
  /** Start to end, ms. */
  readonly ms: number;
  /** To the first provider, ms and hops; undefined if none was found. */
  readonly foundMs: number | undefined;
  readonly foundRounds: number | undefined;
  readonly providers: number;
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
  #end: { outcome: LookupOutcome; ms: number } | undefined;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
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
    this.#cost.warmBytes += packetBytes(message);
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
    this.#cost.warmBytes += packetBytes(message) + ACK_PACKET_BYTES;
  }

  noteFound(now: number, providers: number): void {
    this.#providers += providers;
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
      cost: this.#cost,
      costToFound: this.#found?.cost ?? this.#cost,
    };
  }
}
