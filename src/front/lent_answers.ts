import {
  answerKey,
  type KeptAnswer,
  type LendAsk,
  type Lent,
  type LentAnswer,
  ReadyAnswers,
} from "../gateway/mod.ts";
import { type Address, BoundedMap } from "../lib/mod.ts";
import type { SlotFiles } from "../ports/mod.ts";
import { LentBody, RENEW_LEFT_MS } from "./lent_body.ts";
import type { WorkerSettings } from "./messages.ts";
import { PieceMemory } from "./piece_memory.ts";
import type { PlainHead } from "./plain_head.ts";

/** Questions to the node at once, of one worker, as pile up when the node stands still a moment:
 * some hundred bytes each. Who has no room is relayed, a long answer to its end. */
const ASKS_MAX = 1_024;
/** Places that come with an answer: most ranges have two. */
const CHUNKS = 2;
/** Keys that the node would not lend are not asked for again so soon; but what it had at hand may
 * only have run out between its answer and the question, so not much later either. */
const REFUSED_MAX = 1_024;
const REFUSED_MS = 20;
/** Keys that the node has lent lately, of which it is asked before it is handed a request: content
 * that is asked for now and then is given from here, too. Their texts have some hundred bytes each,
 * 1.8 KB at most. */
const KNOWN_MAX = 4_096;

export interface LentAnswersDoors {
  readonly settings: Pick<WorkerSettings, "gateway" | "hasNamedClients">;
  readonly files: SlotFiles;
  readonly now: () => number;
  /** As LentBody. */
  readonly rest: () => Promise<void>;
  /** Asks the node; undefined also where it does not answer. */
  readonly ask: (ask: LendAsk) => Promise<Lent | undefined>;
}

/** The answers that this worker may give by itself: those that the node has at hand, for as long as
 * the node itself would use them. */
export class LentAnswers {
  readonly #doors: LentAnswersDoors;
  readonly #ready: ReadyAnswers;
  readonly #memory = new PieceMemory();
  /** BOUNDED by ASKS_MAX. */
  readonly #asking = new Map<string, Promise<void>>();
  readonly #known = new BoundedMap<string, true>(KNOWN_MAX);
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
    const now = this.#doors.now();
    const answer = this.#ready.find(key, range, now);
    // No places: readers ask for those of the chunks that they come to.
    if (answer && this.#ready.leftMs(key, now) < RENEW_LEFT_MS) void this.#ask(key, 0, 0);
    return answer;
  }

  /** Has what `find` does not find lent again. @returns undefined if the node is rather to answer
   * by itself; else resolves when `find` is to be tried once more. */
  revive(key: string, range: string | undefined): Promise<void> | undefined {
    if (this.#ready.leftMs(key, this.#doors.now()) > 0) return undefined; // no range for this place
    if (this.#known.touch(key) === undefined) return this.#asking.get(key);
    const from = /^bytes=([0-9]{1,15})-/.exec(range ?? "bytes=0-")?.[1];
    return from === undefined ? this.#ask(key, 0, 0) : this.#ask(key, Number(from), CHUNKS);
  }

  /** The node is giving an answer that it may have at hand now. @param from where it begins. */
  learn(key: string, from: number): void {
    void this.#ask(key, from, CHUNKS);
  }

  /** A rule has changed. */
  forget(): void {
    this.#ready.clear();
  }

  /** @returns undefined if it is not asked now. */
  #ask(key: string, from: number, chunks: number): Promise<void> | undefined {
    const running = this.#asking.get(key);
    const now = this.#doors.now();
    if (running !== undefined || (this.#refused.get(key) ?? 0) > now) return running;
    if (this.#asks >= ASKS_MAX) return undefined;
    const { clearings } = this.#ready;
    const asking = this.#askNode({ key, wantsAnswer: true, from, chunks }).then((lent) => {
      this.#asking.delete(key);
      if (clearings !== this.#ready.clearings) return;
      if (lent?.answer !== undefined) return this.#take(key, lent, lent.answer, now);
      this.#known.delete(key);
      this.#refused.set(key, now + REFUSED_MS);
    });
    this.#asking.set(key, asking);
    return asking;
  }

  #take(key: string, { pieces }: Lent, answer: LentAnswer, askedAt: number): void {
    const { headers, freshMs } = answer;
    const body = answer.whole ?? this.#bodyOf(key, answer, askedAt);
    if (body instanceof LentBody) body.add(pieces, askedAt);
    this.#ready.take(key, { headers, body, freshMs }, askedAt);
    this.#known.set(key, true);
  }

  /** The one that is read now, if it is of the same answer: it knows where its bytes are. */
  #bodyOf(key: string, { headers, size }: LentAnswer, askedAt: number): LentBody {
    const known = this.#ready.partsOf(key, askedAt);
    const isSame = known !== undefined && isEqual(known.headers, headers);
    if (isSame && known.body instanceof LentBody && known.body.size === size) return known.body;
    const { clearings } = this.#ready;
    const ask = async (from: number, chunks: number) => {
      // What a rule was made about meanwhile is gone for those in its midst as well.
      if (clearings !== this.#ready.clearings || this.#asks >= ASKS_MAX) return [];
      const lent = await this.#askNode({ key, wantsAnswer: false, from, chunks });
      return clearings === this.#ready.clearings ? lent?.pieces ?? [] : [];
    };
    const { files, now, rest } = this.#doors;
    return new LentBody(size, { files, now, rest, ask, memory: this.#memory });
  }

  async #askNode(ask: LendAsk): Promise<Lent | undefined> {
    this.#asks++;
    try {
      return await this.#doors.ask(ask);
    } finally {
      this.#asks--;
    }
  }
}

const isEqual = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((text, i) => text === other[i]);
