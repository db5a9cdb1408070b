import type { PuzzleKind } from "../../ports/mod.ts";

/** What the pool tells a worker. `job` and `task` are numbers of the pool's choosing. */
export type ToWorker =
  | {
    readonly kind: "mine";
    readonly job: number;
    readonly puzzle: PuzzleKind;
    readonly publicKey: Uint8Array;
    /** This worker tries firstNonce, firstNonce + stride, firstNonce + 2 stride, … */
    readonly firstNonce: bigint;
    readonly stride: bigint;
    readonly targetBits: number;
    /** Of the worker's time, 0 < share ≤ 1. */
    readonly share: number;
  }
  | { readonly kind: "stop"; readonly job: number }
  | {
    readonly kind: "evaluate";
    readonly task: number;
    readonly puzzle: PuzzleKind;
    readonly publicKey: Uint8Array;
    readonly nonce: bigint;
  };

export interface Solution {
  readonly nonce: bigint;
  readonly bits: number;
}

/** What a worker tells the pool. */
export type FromWorker =
  | {
    readonly kind: "progress";
    readonly job: number;
    /** Tries of this worker since the job began. */
    readonly tries: number;
    /** The first nonce of this worker's stride that has not been tried. */
    readonly nextNonce: bigint;
    readonly best: Solution | undefined;
    /** The best one meets the target: this worker has stopped. */
    readonly isFound: boolean;
  }
  | { readonly kind: "output"; readonly task: number; readonly output: Uint8Array }
  | { readonly kind: "failed"; readonly task: number; readonly reason: string };
