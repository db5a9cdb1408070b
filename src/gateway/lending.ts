import { BoundedMap } from "../lib/mod.ts";
import type { LentBytes } from "../node/mod.ts";
import type { ReadableBytes } from "./exchange.ts";
import type { AnswerParts, ReadyAnswers } from "./ready_answers.ts";

/** What a worker asks for. */
export interface LendAsk {
  /** Of the answer, as `answerKey` makes it. */
  readonly key: string;
  /** Whether it wants the answer, or more of its bytes alone. */
  readonly wantsAnswer: boolean;
  /** Where in the body its reader is, and of how many chunks from there on it wants the place. */
  readonly from: number;
  readonly chunks: number;
}

/** What a worker may give without asking again. */
export interface Lent {
  /** The answer, where it was wanted and is at hand; without it no other request may be answered by
   * `pieces`. */
  readonly answer: LentAnswer | undefined;
  /** Where its bytes are, in order; each for SLOT_LOAN_MS. None where `answer` holds them. */
  readonly pieces: readonly LentBytes[];
}

export interface LentAnswer {
  /** Names and values in turn: what is the same for the whole and for any range of it. */
  readonly headers: readonly string[];
  readonly size: number;
  /** All of it, where it is short. */
  readonly whole: Uint8Array | undefined;
  /** How long it may be used, ms. */
  readonly freshMs: number;
}

/** Chunks in one answer: their proofs are looked at in one go. */
const CHUNKS_MAX = 16;
/** Whoever asks for an answer is to have the use of it for a while: of one that is at hand for less
 * every rule is asked again. */
const LEFT_MS_MIN = 600;
/** Bodies that workers are in the midst of: each of them asks again within a second or two. */
const UNDER_WAY_MAX = 256;

/** Lends answers at hand to processes that give them in this one's place. */
export class Lending {
  readonly #kept: Pick<ReadyAnswers, "leftMs" | "partsOf" | "clearings">;
  readonly #renew: (key: string) => Promise<void>;
  /** By key. BOUNDED by UNDER_WAY_MAX; what was forgotten the node itself goes on with. */
  readonly #underWay = new BoundedMap<string, ReadableBytes>(UNDER_WAY_MAX);
  #clearings = 0;

  /** @param renew as LongWay. */
  constructor(
    kept: Pick<ReadyAnswers, "leftMs" | "partsOf" | "clearings">,
    renew: (key: string) => Promise<void>,
  ) {
    this.#kept = kept;
    this.#renew = renew;
  }

  /** @param now when it was asked, monotonic ms. @returns undefined if nothing of it may be given
   * by others. */
  async lend({ key, wantsAnswer, from, chunks }: LendAsk, now: number): Promise<Lent | undefined> {
    const { clearings } = this.#kept;
    if (clearings !== this.#clearings) this.#underWay.clear();
    this.#clearings = clearings;
    if (wantsAnswer && this.#kept.leftMs(key, now) < LEFT_MS_MIN) await this.#renew(key);
    const parts = this.#kept.partsOf(key, now);
    const body = parts?.body ?? this.#underWay.touch(key);
    if (body === undefined || clearings !== this.#kept.clearings) return undefined;
    const answer = wantsAnswer ? parts && answerOf(parts) : undefined;
    if (body instanceof Uint8Array) return { answer, pieces: [] };
    this.#underWay.set(key, body);
    // A range behind its end is the client's mistake, no reason to lend nothing to others.
    const at = from < body.size ? from : 0;
    const pieces = await piecesOf(body, at, Math.min(chunks, CHUNKS_MAX));
    // A rule that has changed meanwhile holds for what was found before it as well.
    if (clearings !== this.#kept.clearings) return undefined;
    return pieces.length > 0 || chunks === 0 ? { answer, pieces } : undefined;
  }
}

const answerOf = ({ headers, freshMs, body }: AnswerParts): LentAnswer =>
  body instanceof Uint8Array
    ? { headers, freshMs, size: body.length, whole: body }
    : { headers, freshMs, size: body.size, whole: undefined };

async function piecesOf(body: ReadableBytes, from: number, chunks: number): Promise<LentBytes[]> {
  const pieces: LentBytes[] = [];
  for (let at = from; at < body.size && pieces.length < chunks;) {
    const piece = await body.lend?.(at);
    if (piece === undefined) break;
    pieces.push(piece);
    at = piece.end;
  }
  return pieces;
}
