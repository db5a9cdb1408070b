import { assert } from "../lib/mod.ts";
import type { KeepTime } from "./keep_clock.ts";
import { pricePart, worthOf } from "./worth.ts";

/** How much an object deserves its place on the disk: what it has been worth per byte of disk,
 * each use counting half as much a half-life later (KeepClock). The number is the logarithm (base
 * 2) of that sum as if it had been scaled when the store began, so it changes when the object is
 * used and at no other time (forward decay: Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009).
 * Whoever has the least goes first: an index on it, or a heap, is in order at every moment. Of
 * objects used once for one price the one used least recently has less: the tie-break of C5. */
export type KeepScore = number & { readonly unit: "log2 of worth per disk byte" };

/** The period that is quoted and shown (C10). */
export const WEEK_MS = 7 * 86_400_000;

/** The score after a use.
 * @param score before it; undefined for an object that is new here.
 * @param worth of the use (see worthOf), > 0. @param diskBytes what the object takes up, > 0. */
export function raiseScore(
  score: KeepScore | undefined,
  worth: number,
  diskBytes: number,
  time: KeepTime,
): KeepScore {
  assert(worth > 0 && diskBytes > 0, `a worth of ${worth} by ${diskBytes} bytes of disk`);
  const former = score === undefined ? 0 : worthPerByte(score, time);
  return time + Math.log2(former + worth / diskBytes) as KeepScore;
}

/** No score is more than 16 times the least that is kept: else what was very popular would keep its
 * place for many half-lives after the last that asks for it (ADR 0140). */
const SCORE_BITS_MAX = 4;

/** A score that was raised, bounded by the least in the store. What the most profitable objects
 * return (returnOf) is understated by that: it is at least so much.
 * @param former before it was raised; never lowered. @param least of the object that is next to
 * go; undefined while nothing has to go. */
export function boundScore(
  raised: KeepScore,
  former: KeepScore,
  least: KeepScore | undefined,
): KeepScore {
  if (least === undefined) return raised;
  return Math.max(former, Math.min(raised, least + SCORE_BITS_MAX)) as KeepScore;
}

/** Newcomers are let in at the score that this share of all objects is below. So one lives until
 * so many others have come after it, unless it is read; and who brings in what nobody buys drives
 * out this much of the store at most, whatever he pretends that it is worth. */
export const NEWCOMER_SHARE = 1 / 16;

/** The score of an object that is new here.
 * @param worth what it was worth up to now: of the read that it was fetched for, or of the reads
 * that were missed. @param newcomerScore at NEWCOMER_SHARE of the store; undefined while nothing
 * has to go. */
export function firstScore(
  worth: number,
  diskBytes: number,
  newcomerScore: KeepScore | undefined,
  time: KeepTime,
): KeepScore {
  const own = raiseScore(undefined, worth, diskBytes, time);
  return newcomerScore === undefined || own < newcomerScore ? own : newcomerScore;
}

/** What the score stands for now: worth per byte of disk, as uses of long ago have faded. */
export function worthPerByte(score: KeepScore, time: KeepTime): number {
  // A crash may set the clock back a little behind the scores that are on disk.
  return 2 ** Math.min(score - time, WORTH_BITS_MAX);
}

/** An object as the store has it. */
export interface ScoredObject {
  readonly score: KeepScore;
  /** At this node, 0 … 160. */
  readonly factor: number;
  /** Of its content. */
  readonly bytes: number;
  readonly diskBytes: number;
}

/** What an object earns where it lies (S2-09: price by query interval). */
export interface Return {
  /** Mean time between two reads of all of it, ms. */
  readonly queryIntervalMs: number;
  /** Credit bytes in a week, at the rate of the last half-lives. */
  readonly cbPerWeek: number;
}

/** The return per chunk, from nothing but its score. In the long run uses of one worth every
 * interval come to a sum of mean life / interval of them, the mean life being half-life / ln 2.
 * @param halfLifeMs see KeepClock. */
export function returnOf(object: ScoredObject, time: KeepTime, halfLifeMs: number): Return {
  const { score, factor, bytes, diskBytes } = object;
  const worth = worthPerByte(score, time) * diskBytes;
  const worthPerMs = worth * Math.LN2 / halfLifeMs;
  return {
    queryIntervalMs: worthOf(bytes, factor) / worthPerMs,
    cbPerWeek: pricePart(worthPerMs, factor) * WEEK_MS,
  };
}

/** 2^64 times the price of a byte is more than anything earns. */
const WORTH_BITS_MAX = 64;
