import { quantile } from "../report.ts";
import type { LabLookup } from "./lookup_watch.ts";

/** What many lookups have in common. */
export interface Summary {
  readonly lookups: number;
  /** Share that found what there was to be found. */
  readonly success: number;
  /** Hops to the first provider, the mean. */
  readonly rounds: number;
  /** Time to the first provider, ms. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Until the first provider was known: means. */
  readonly coldBytes: number;
  readonly warmBytes: number;
  readonly questions: number;
  /** To the end, where all of the nearest nodes have answered. */
  readonly endP50Ms: number;
  readonly endColdBytes: number;
  readonly endWarmBytes: number;
  readonly endQuestions: number;
  readonly endDatagrams: number;
  /** Times to the first provider in order, ms. */
  readonly foundMs: readonly number[];
}

export function summarize(lookups: readonly LabLookup[]): Summary {
  const found = lookups.filter(({ foundMs }) => foundMs !== undefined);
  const foundMs = found.map((one) => one.foundMs ?? 0).sort((a, b) => a - b);
  const endMs = lookups.map(({ ms }) => ms).sort((a, b) => a - b);
  const toFound = found.map(({ costToFound }) => costToFound);
  const toEnd = lookups.map(({ cost }) => cost);
  return {
    lookups: lookups.length,
    success: found.length / lookups.length,
    rounds: mean(found.map(({ foundRounds }) => foundRounds ?? 0)),
    p50Ms: quantile(foundMs, 0.5),
    p95Ms: quantile(foundMs, 0.95),
    p99Ms: quantile(foundMs, 0.99),
    coldBytes: mean(toFound.map(({ coldBytes }) => coldBytes)),
    warmBytes: mean(toFound.map(({ warmBytes }) => warmBytes)),
    questions: mean(toFound.map(({ questions }) => questions)),
    endP50Ms: quantile(endMs, 0.5),
    endColdBytes: mean(toEnd.map(({ coldBytes }) => coldBytes)),
    endWarmBytes: mean(toEnd.map(({ warmBytes }) => warmBytes)),
    endQuestions: mean(toEnd.map(({ questions }) => questions)),
    endDatagrams: mean(toEnd.map(({ coldDatagrams }) => coldDatagrams)),
    foundMs,
  };
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
