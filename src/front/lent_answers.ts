import {
  answerKey,
  type KeptAnswer,
  type LendAsk,
  type Lent,
  ReadyAnswers,
} from "../gateway/mod.ts";
import { type Address, BoundedMap, BufferPool } from "../lib/mod.ts";
import type { SlotFiles } from "../ports/mod.ts";
import { LentBody, PIECE_BYTES } from "./lent_body.ts";
import type { WorkerSettings } from "./messages.ts";
import type { PlainHead } from "./plain_head.ts";

/** Questions to the node at once, of one worker. */
const ASKS_MAX = 64;
/** Keys that the node would not lend are not asked for again so soon; but what it had at hand may
 * only have run out between its answer and the question, so not much later either. */
const REFUSED_MAX = 1_024;
const REFUSED_MS = 20;
/** Pieces whose memory is kept for the next: 16 MiB. */
const PIECES_IDLE_MAX = 64;

export interface LentAnswersDoors {
  readonly settings: Pick<WorkerSettings, "gateway" | "hasNamedClients">;
  readonly files: SlotFiles;
  readonly now: () => number;
  /** Asks the node; undefined also where it does not answer. */
  readonly ask: (ask: LendAsk) => Promise<Lent | undefined>;
}

/** The answers that this worker may give by itself: those that the node has at hand, for as long as
 * the node itself would use them. */
export class LentAnswers {
  readonly #doors: LentAnswersDoors;
  readonly #ready: ReadyAnswers;
  readonly #memory = new BufferPool(PIECE_BYTES, PIECES_IDLE_MAX);
  /** BOUNDED by ASKS_MAX. */
  readonly #asking = new Set<string>();
  readonly #refused = new BoundedMap<string, number>(REFUSED_MAX);
  #asks = 0;

  constructor(doors: LentAnswersDoors) {
    this.#doors = doors;
    this.#ready = new ReadyAnswers(doors.settings.gateway);
  }

  /** All that the answer depends on; undefined for a request that only the node answers. */
  keyOf({ method, target, header }: PlainHead, remote: Address): string | undefined {
    const { gateway: { trustedProxies }, hasNamedClients } = this.#doors.settings;
    const clients = hasNamedClients ? [] : undefined;
    return answerKey({ method, target, remote, header }, { trustedProxies, clients });
  }

  find(key: string, range: string | undefined): KeptAnswer | undefined {
    return this.#ready.find(key, range, this.#doors.now());
  }

  /** The node has given an answer that it may have at hand now. @param from where it began. */
  learn(key: string, from: number): void {
    const now = this.#doors.now();
    if (this.#asking.has(key) || (this.#refused.get(key) ?? 0) > now) return;
    this.#asking.add(key);
    const { clearings } = this.#ready;
    void this.#ask({ key, from, chunks: 2 }).then((lent) => {
      this.#asking.delete(key);
      if (clearings !== this.#ready.clearings) return;
      if (lent?.answer === undefined) return void this.#refused.set(key, now + REFUSED_MS);
      this.#take(key, lent, lent.answer, now);
    });
  }

  /** A rule has changed. */
  forget(): void {
    this.#ready.clear();
  }

  #take(key: string, { pieces }: Lent, answer: NonNullable<Lent["answer"]>, askedAt: number): void {
    const { headers, size, whole, freshMs } = answer;
    const { clearings } = this.#ready;
    const ask = async (from: number, chunks: number) => {
      // What a rule was made about meanwhile is gone for those in its midst as well.
      if (clearings !== this.#ready.clearings) return [];
      return (await this.#ask({ key, from, chunks }))?.pieces ?? [];
    };
    const { files, now } = this.#doors;
    const body = whole ?? new LentBody(size, { files, now, ask, memory: this.#memory });
    if (body instanceof LentBody) body.add(pieces, askedAt);
    this.#ready.take(key, { headers, body, freshMs }, askedAt);
  }

  async #ask(ask: LendAsk): Promise<Lent | undefined> {
    if (this.#asks >= ASKS_MAX) return undefined;
    this.#asks++;
    try {
      return await this.#doors.ask(ask);
    } finally {
      this.#asks--;
    }
  }
}
