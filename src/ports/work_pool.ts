/** Which puzzle (protocol.md §5): `id` and `rank` are scrypt, `test_*` are SHA-256 for dev. */
export type PuzzleKind = "id" | "rank" | "test_id" | "test_rank";

export interface MiningJob {
  readonly puzzle: PuzzleKind;
  readonly publicKey: Uint8Array;
  /** First nonce to try; workers stride through the nonces from here. */
  readonly startNonce: bigint;
  /** Stop at the first output with at least this many leading zero bits. */
  readonly targetBits: number;
  /** Of each thread's time, 0 < share ≤ 1; all of it if absent. */
  readonly share?: number;
}

export interface MiningProgress {
  /** Tries since this job began, over all workers. */
  readonly tries: number;
  readonly triesPerSecond: number;
  /** Every nonce below it has been tried: what a resumed search starts from. */
  readonly nextNonce: bigint;
  readonly best: { readonly nonce: bigint; readonly bits: number } | undefined;
}

/** Memory-hard work in worker threads, off the event loop. */
export interface WorkPool {
  /** Searches until the target is met or `signal` aborts (rejects with SkerryError CANCELLED).
   * `onProgress` is called about once a second and once at the end. */
  mine(
    job: MiningJob,
    onProgress: (progress: MiningProgress) => void,
    signal?: AbortSignal,
  ): Promise<{ readonly nonce: bigint; readonly bits: number }>;
  /** The puzzle's 32-byte output for one nonce; used to verify a peer's claim. */
  evaluate(puzzle: PuzzleKind, publicKey: Uint8Array, nonce: bigint): Promise<Uint8Array>;
  close(): Promise<void>;
}
