import { REQUEST_FEE_CB } from "../../../src/market/mod.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Policy } from "./policy.ts";
import type { Trace } from "./traces.ts";

/** One query a second: an hour's votes of 1,024 networks are then as many as its queries. */
const MS_PER_QUERY = 1000;
/** Of a trace, what passes before anything is counted: stores begin empty. */
const WARM_UP_SHARE = 0.2;

/** What a store made of a trace. */
export interface Replay {
  readonly hitRatio: number;
  /** Credit bytes that buyers were charged, fees of queries that found nothing included. */
  readonly earnedCb: number;
  /** Chunks that were brought in per query: each had to be bought. */
  readonly fetchedRatio: number;
}

/** Asks a policy all queries of a trace. */
export function replay(policy: Policy, trace: Trace, { factors, bytes }: Catalogue): Replay {
  const start = Math.floor(trace.chunks.length * WARM_UP_SHARE);
  const fee = Number(REQUEST_FEE_CB);
  let hits = 0, earnedCb = 0, fetchedBefore = 0;
  for (const [query, chunk] of trace.chunks.entries()) {
    if (query === start) [hits, earnedCb, fetchedBefore] = [0, 0, policy.fetched];
    const voter = trace.voters[query] ?? 0;
    const isHit = policy.ask({ chunk, voter, nowMs: query * MS_PER_QUERY });
    const price = (bytes[chunk] ?? 0) * (factors[chunk] ?? 0);
    earnedCb += isHit ? fee + price : fee;
    hits += isHit ? 1 : 0;
  }
  const counted = trace.chunks.length - start;
  const fetchedRatio = (policy.fetched - fetchedBefore) / counted;
  return { hitRatio: hits / counted, earnedCb, fetchedRatio };
}

/** What the best choice of chunks that never changes would have earned, made in hindsight by who
 * knows all queries: a bound for whatever learns what is popular, while that stands still. */
export function bestFixedCb(
  trace: Trace,
  { factors, bytes }: Catalogue,
  capacityBytes: number,
): number {
  const start = Math.floor(trace.chunks.length * WARM_UP_SHARE);
  const queries = new Uint32Array(bytes.length);
  for (const chunk of trace.chunks.subarray(start)) queries[chunk] = (queries[chunk] ?? 0) + 1;
  const perByte = (chunk: number): number => (queries[chunk] ?? 0) * (factors[chunk] ?? 0);
  const order = Array.from(bytes.keys()).sort((a, b) => perByte(b) - perByte(a));
  let earnedCb = (trace.chunks.length - start) * Number(REQUEST_FEE_CB);
  let usedBytes = 0;
  for (const chunk of order) {
    const length = bytes[chunk] ?? 0;
    if (usedBytes + length > capacityBytes) continue;
    usedBytes += length;
    earnedCb += perByte(chunk) * length;
  }
  return earnedCb;
}
