import { type ChunkId, toHex } from "../../lib/mod.ts";
import {
  boundScore,
  firstScore,
  type KeepClock,
  type KeepScore,
  type KeepTime,
  NEWCOMER_SHARE,
  raiseScore,
  RAW_BYTE_WORTH,
} from "../../market/mod.ts";
import type { ChunkScores, ScoredEntry, ScoredRow } from "../../store/mod.ts";
import { diskBytesOf } from "./store_quota.ts";

/** Worths that wait for the next transaction; more are lost until it has come. */
const PENDING_MAX = 1024;
/** A read that nobody pays for keeps an object as one byte each at factor 0 does, however many
 * there are: they change the order of use, and what is sold comes before. */
const UNPAID_BITS = Math.log2(RAW_BYTE_WORTH);

/** Which cached object goes first: by what it has been worth (KeepScore). Where nothing is sold all
 * scores are one, and the order is that of the last use. */
export class KeepScores {
  #rows: ChunkScores | undefined;
  #clock: Pick<KeepClock, "time"> | undefined;
  #newcomer: KeepScore | undefined;
  #least: KeepScore | undefined;
  /** BOUNDED by PENDING_MAX. */
  readonly #pending = new Map<string, { readonly id: ChunkId; worth: number }>();

  /** From now on scores are kept there. */
  bind(rows: ChunkScores): void {
    this.#rows = rows;
  }

  /** From now on things are sold. */
  begin(clock: Pick<KeepClock, "time">): void {
    this.#clock = clock;
  }

  /** Worths that are not written yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** An object was worth so much. @param id its SHA-1. */
  noteWorth(id: ChunkId, worth: number): void {
    const key = toHex(id);
    const pending = this.#pending.get(key);
    if (pending !== undefined) pending.worth += worth;
    else if (this.#pending.size < PENDING_MAX) this.#pending.set(key, { id, worth });
  }

  /** Gives a new row its score; within a transaction. */
  enter(id: ChunkId): void {
    const time = this.#clock?.time;
    if (time === undefined) return;
    this.#rows?.set(id, firstScore(RAW_BYTE_WORTH, 1, this.#newcomer, time));
  }

  /** Writes down what uses have changed; within a transaction. @param used ids read since.
   * @param limit of the worths that wait, so many. */
  drain(used: readonly ChunkId[], limit: number): void {
    const pending = [...this.#pending.entries().take(limit)];
    for (const [key] of pending) this.#pending.delete(key);
    const time = this.#clock?.time;
    if (time === undefined || this.#rows === undefined) return;
    for (const id of used) this.#raise(id, (score) => Math.max(score, unpaid(time)));
    for (const [, { id, worth }] of pending) {
      this.#raise(id, (score, length) => {
        const former = score as KeepScore;
        const raised = raiseScore(former, worth, diskBytesOf(length), time);
        return boundScore(raised, former, this.#least);
      });
    }
  }

  /** The object that goes next, and from now on newcomers come in where a sixteenth of all is below
   * them. @param evictable objects that may have to go; 0 while nothing has to. */
  look(evictable: number): ScoredRow | undefined {
    this.#newcomer = undefined;
    this.#least = undefined;
    if (evictable === 0 || this.#clock === undefined || this.#rows === undefined) return undefined;
    const below = Math.floor(evictable * NEWCOMER_SHARE);
    this.#newcomer = this.#rows.scoreAt(below) as KeepScore | undefined;
    const [least] = this.#rows.least(1);
    this.#least = least?.score as KeepScore | undefined;
    return least;
  }

  /** Those that go next, in that order, at most `limit`; none where nothing is sold. */
  next(limit: number): ScoredRow[] {
    return this.#clock === undefined ? [] : this.#rows?.least(limit) ?? [];
  }

  /** Those that are worth most, at most `limit`; none where nothing is sold. */
  greatest(limit: number): ScoredEntry[] {
    return this.#clock === undefined ? [] : this.#rows?.greatest(limit) ?? [];
  }

  #raise(id: ChunkId, raise: (score: number, length: number) => number): void {
    const row = this.#rows?.of(id);
    if (row === undefined) return;
    const score = raise(row.score, row.length);
    if (score !== row.score) this.#rows?.set(id, score);
  }
}

const unpaid = (time: KeepTime): number => time + UNPAID_BITS;
