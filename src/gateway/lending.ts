import { BoundedMap } from "../lib/mod.ts";
import type { LentBytes } from "../node/mod.ts";
import type { ReadableBytes } from "./exchange.ts";
import type { ReadyAnswers } from "./ready_answers.ts";

/** What a worker asks for. */
export interface LendAsk {
  /** Of the answer, as `answerKey` makes it. */
  readonly key: string;
  /** Where in the body its reader is, and how many chunks from there it wants. */
  readonly from: number;
  readonly chunks: number;
}

/** What a worker may give without asking again. */
export interface Lent {
  /** The answer, where one is at hand; without it no other request may be answered by `pieces`. */
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
/** Bodies that workers are in the midst of: each of them asks again within a second or two. */
const UNDER_WAY_MAX = 256;

/** Lends answers at hand to processes that give them in this one's place. */
export class Lending {
  readonly #kept: Pick<ReadyAnswers, "find" | "partsOf" | "clearings">;
  /** By key. BOUNDED by UNDER_WAY_MAX; what was forgotten the node itself goes on with. */
  readonly #underWay = new BoundedMap<string, ReadableBytes>(UNDER_WAY_MAX);
  #clearings = 0;

  constructor(kept: Pick<ReadyAnswers, "find" | "partsOf" | "clearings">) {
    this.#kept = kept;
  }

  /** @param now monotonic ms. @returns undefined if nothing of it may be given by others. */
  async lend({ key, from, chunks }: LendAsk, now: number): Promise<Lent | undefined> {
    const { clearings } = this.#kept;
    if (clearings !== this.#clearings) this.#underWay.clear();
    this.#clearings = clearings;
    const parts = this.#kept.partsOf(key, now);
    const body = parts?.body ?? this.#underWay.touch(key);
    if (body === undefined) return undefined;
    const { headers, freshMs = 0 } = parts ?? {};
    const answer = headers && { headers, freshMs, size: sizeOf(body), whole: wholeOf(body) };
    if (body instanceof Uint8Array) return { answer, pieces: [] };
    this.#underWay.set(key, body);
    const pieces = await piecesOf(body, from, Math.min(chunks, CHUNKS_MAX));
    // A rule that has changed meanwhile holds for what was found before it as well.
    if (pieces.length === 0 || clearings !== this.#kept.clearings) return undefined;
    return { answer, pieces };
  }
}

const sizeOf = (body: Uint8Array | ReadableBytes): number =>
  body instanceof Uint8Array ? body.length : body.size;

const wholeOf = (body: Uint8Array | ReadableBytes): Uint8Array | undefined =>
  body instanceof Uint8Array ? body : undefined;

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
