/** Where a BbrLite is in its life. startup finds the rate, drain empties the queue that made; then
 * cycles of down (leave room), cruise (hold), refill (fill the path, no queue yet) and up (try for
 * more); probe_rtt empties the queue to see the round trip without it. */
export type BbrPhase = "startup" | "drain" | "down" | "cruise" | "refill" | "up" | "probe_rtt";

/** Of the estimated rate, for pacing; `up` is the most (protocol.md §2.4). */
const PACING_GAIN: Readonly<Record<BbrPhase, number>> = {
  startup: 2.773,
  drain: 0.35,
  down: 0.9,
  cruise: 1,
  refill: 1,
  up: 1.25,
  probe_rtt: 1,
};
/** Of the bandwidth-delay product, for the window. */
const WINDOW_GAIN: Readonly<Record<BbrPhase, number>> = {
  startup: 2,
  drain: 2,
  down: 2,
  cruise: 2,
  refill: 2,
  up: 2.25,
  probe_rtt: 0.5,
};
/** The first round trip of `up` may build a queue of this length: enough to see, and short enough
 * for flows with a much shorter round trip beside it. */
const UP_QUEUE_MS = 10;
const UP_DOUBLINGS_MAX = 10;

/** @param rounds round trips since the phase began. */
export function pacingGain(phase: BbrPhase, minRttMs: number, rounds: number): number {
  return phase === "up" ? upGain(minRttMs, rounds) : PACING_GAIN[phase];
}

export function windowGain(phase: BbrPhase): number {
  return WINDOW_GAIN[phase];
}

/** The push for more: gentle on a long path, doubled while the path takes it, a quarter at most. */
export function upGain(minRttMs: number, rounds: number): number {
  const push = (UP_QUEUE_MS / minRttMs) * 2 ** Math.min(rounds, UP_DOUBLINGS_MAX);
  return 1 + Math.min(PACING_GAIN.up - 1, push);
}
