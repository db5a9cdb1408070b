/** A worker thread's whole program: memory-hard puzzles, in turns short enough that a message from
 * the pool never waits long. Started by work_pool.ts. */
import { usePrimitives } from "../../crypto/mod.ts";
import { evaluatePuzzle, leadingZeroBits } from "../../identity/mod.ts";
import { nativePrimitives } from "./native_primitives.ts";
import type { FromWorker, Solution, ToWorker } from "./work_messages.ts";

/** How long one turn of tries lasts, about: what a `stop` or an `evaluate` waits at most. */
const TURN_MS = 50;
/** The same of a search for a share of the time. The first try after a rest finds the caches cold
 * and costs four of those after it (measured): many in a row, then a long rest. */
const SHARED_TURN_MS = 250;

type MineMessage = Extract<ToWorker, { kind: "mine" }>;
type EvaluateMessage = Extract<ToWorker, { kind: "evaluate" }>;

usePrimitives(nativePrimitives);

const tell = (message: FromWorker): void => self.postMessage(message);
const running = new Set<number>(); // BOUNDED by the pool's callers

self.onmessage = (event: MessageEvent<ToWorker>): void => {
  const message = event.data;
  if (message.kind === "mine") mine(message);
  else if (message.kind === "stop") running.delete(message.job);
  else evaluate(message);
};

function evaluate({ task, puzzle, publicKey, nonce }: EvaluateMessage): void {
  try {
    tell({ kind: "output", task, output: evaluatePuzzle(puzzle, publicKey, nonce) });
  } catch (error) {
    tell({ kind: "failed", task, reason: error instanceof Error ? error.message : String(error) });
  }
}

function mine(message: MineMessage): void {
  const { job, puzzle, publicKey, firstNonce, stride, targetBits, share } = message;
  let nextNonce = firstNonce;
  let tries = 0;
  let best: Solution | undefined;
  running.add(job);
  const turn = (): void => {
    if (!running.has(job)) return;
    const startedAt = performance.now();
    const until = startedAt + (share < 1 ? SHARED_TURN_MS : TURN_MS);
    let isFound = false;
    do {
      const bits = leadingZeroBits(evaluatePuzzle(puzzle, publicKey, nextNonce));
      if (best === undefined || bits > best.bits) best = { nonce: nextNonce, bits };
      nextNonce = BigInt.asUintN(64, nextNonce + stride);
      tries++;
      isFound = bits >= targetBits;
    } while (!isFound && performance.now() < until);
    tell({ kind: "progress", job, tries, nextNonce, best, isFound });
    if (isFound) running.delete(job);
    else setTimeout(turn, (performance.now() - startedAt) * (1 / share - 1)); // lets messages in
  };
  turn();
}
