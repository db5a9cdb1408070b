/** What a policy is told of a query. */
export interface Query {
  readonly chunk: number;
  readonly voter: number;
  readonly nowMs: number;
}

/** A store with a rule of what to keep. It holds `capacityBytes` at most. */
export interface Policy {
  /** @returns whether the chunk was there. */
  ask(query: Query): boolean;
  /** Chunks brought in so far: each had to be bought. */
  readonly fetched: number;
  readonly usedBytes: number;
}
