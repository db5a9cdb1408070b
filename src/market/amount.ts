/** What passed between two nodes, counted twice: half of all pairs have factor 0, so that bytes
 * alone must be bounded too (C8). Never negative in itself; a difference of two may be. */
export interface Amount {
  bytes: bigint;
  /** Credit bytes: one is a byte at factor 1. */
  cb: bigint;
}

/** The most that is ever counted: what FETCH_INFO's i64 and a receipt's u64 can both tell. These
 * 9 × 10^18 cb are 400 PB at factor 20 between two nodes. */
export const AMOUNT_MAX = 2n ** 63n - 1n;

export function noAmount(): Amount {
  return { bytes: 0n, cb: 0n };
}

/** Counts `bytes` and `cb` on top; stays at AMOUNT_MAX. */
export function add(to: Amount, bytes: bigint, cb: bigint): void {
  to.bytes = least(to.bytes + bytes, AMOUNT_MAX);
  to.cb = least(to.cb + cb, AMOUNT_MAX);
}

export function sum(a: Amount, b: Amount): Amount {
  const total = { ...a };
  add(total, b.bytes, b.cb);
  return total;
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function greatest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
