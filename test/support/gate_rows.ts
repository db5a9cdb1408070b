/** The gate rows of protocol.md §2.6: what a congestion controller must reach on simulated paths.
 * bbr_lite may be the default while it holds all of its own over 20 seeds (ADR 0088). */
import type { CongestionControl } from "../../src/transport/mod.ts";
import type { LinkModel } from "../sim/mod.ts";
import { coldChunk, handshakeRatio } from "./gate_endpoints.ts";
import { sharedLine, type SharedPath, steadyFlow, type SteadyPath } from "./gate_paths.ts";
import type { TcpKind } from "./tcp_flow.ts";

export interface Bound {
  readonly least?: number;
  readonly most?: number;
}

export interface GateRow {
  /** For file and figure names. */
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  /** Controllers without a bound are not measured. */
  readonly bounds: Readonly<Partial<Record<CongestionControl, Bound>>>;
  /** One run. @param ms virtual time that counts. */
  measure(control: CongestionControl, seed: number, ms: number): number;
  /** Where less virtual time sees too little to tell: CUBIC on a lossy path loses seldom, as its
   * window is small. */
  readonly leastMs?: Readonly<Partial<Record<CongestionControl, number>>>;
  /** Who is known to miss it over 20 seeds (docs/measurements.md): a finding, and no test. */
  readonly missedBy?: readonly CongestionControl[];
  /** What of all seeds' values must lie in the bound; every one if absent. */
  readonly over?: "mean" | "p95";
}

const CUBIC_LOSSY_MS = 60_000;

const lossy = (ratio: number): Partial<LinkModel> => ({ loss: { kind: "bernoulli", ratio } });

function goodput(
  [key, title]: readonly [string, string],
  path: SteadyPath,
  cubic: Bound,
  bbrLite?: Bound,
): GateRow {
  return {
    key,
    title,
    unit: "Mbit/s",
    bounds: bbrLite === undefined ? { cubic } : { cubic, bbr_lite: bbrLite },
    measure: (control, seed, ms) => steadyFlow(control, seed, path, ms).mbit,
    ...(path.faults?.loss === undefined ? {} : { leastMs: { cubic: CUBIC_LOSSY_MS } }),
  };
}

function jain(
  [key, title]: readonly [string, string],
  path: SharedPath,
  bounds: GateRow["bounds"],
): GateRow {
  return {
    key,
    title,
    unit: "Jain's index",
    bounds,
    measure: (control, seed, ms) => sharedLine(control, seed, path, ms).jain,
  };
}

function shareBeside(
  tcp: TcpKind,
  name: string,
  rttMs: number,
  missedBy: readonly CongestionControl[] = [],
): GateRow {
  const path = { rttMs, rival: { kind: "tcp", rttMs, tcp }, queueMs: rttMs } as const;
  return {
    key: `share_${tcp}_${rttMs}ms`,
    title: `share beside TCP ${name}, ${rttMs} ms`,
    unit: "of the line",
    bounds: { cubic: { least: 0.35, most: 0.65 }, bbr_lite: { least: 0.3, most: 0.7 } },
    measure: (control, seed, ms) => sharedLine(control, seed, path, ms).share,
    missedBy,
  };
}

const LOSSY_PATH: SteadyPath = { rttMs: 80, faults: lossy(0.03), warmUpMs: 3_000 };

const TIMES_CUBIC: GateRow = {
  key: "rtt80_loss3_over_cubic",
  title: "80 ms, 3 % lost: times what CUBIC reaches",
  unit: "times",
  bounds: { bbr_lite: { least: 3 } },
  measure: (control, seed, ms) =>
    steadyFlow(control, seed, LOSSY_PATH, ms).mbit /
    steadyFlow("cubic", seed, LOSSY_PATH, CUBIC_LOSSY_MS).mbit,
};

/** "1.25 x RTT": the round trip with its queue is a quarter longer than without, at most. */
const DEEP_QUEUE: SteadyPath = { rttMs: 80, bufferBdp: 4, warmUpMs: 3_000 };

export const GATE_ROWS: readonly GateRow[] = [
  goodput(["rtt20", "20 ms"], { rttMs: 20, warmUpMs: 3_000 }, { least: 93 }, { least: 93 }),
  goodput(
    ["rtt20_loss0.1", "20 ms, 0.1 % lost"],
    { rttMs: 20, faults: lossy(0.001), warmUpMs: 3_000 },
    { least: 15, most: 30 },
    { least: 90 },
  ),
  goodput(
    ["rtt80_loss0.1", "80 ms, 0.1 % lost"],
    { rttMs: 80, faults: lossy(0.001), warmUpMs: 3_000 },
    { least: 4, most: 8 },
    { least: 88 },
  ),
  goodput(
    ["rtt80_loss1", "80 ms, 1 % lost"],
    { rttMs: 80, faults: lossy(0.01), warmUpMs: 3_000 },
    { least: 1.2, most: 2.5 },
    { least: 80 },
  ),
  goodput(
    ["rtt200_loss1", "200 ms, 1 % lost"],
    { rttMs: 200, faults: lossy(0.01), warmUpMs: 5_000 },
    { least: 0.5, most: 1.1 },
    { least: 75 },
  ),
  goodput(
    ["rtt600", "600 ms"],
    { rttMs: 600, warmUpMs: 20_000 },
    { least: 85 },
    { least: 85 },
  ),
  goodput(["rtt80_loss3", "80 ms, 3 % lost"], LOSSY_PATH, { least: 0.7, most: 1.5 }),
  TIMES_CUBIC,
  goodput(
    ["rtt80_reorder5", "80 ms, 5 % up to RTT/4 late"],
    { rttMs: 80, faults: { reorder: { ratio: 0.05, delayMs: 20 } }, warmUpMs: 3_000 },
    { least: 70 },
    { least: 85 },
  ),
  jain(
    ["two_80ms", "two flows, 80 ms"],
    { rttMs: 80, rival: { kind: "same", rttMs: 80 }, queueMs: 80 },
    { cubic: { least: 0.95 }, bbr_lite: { least: 0.9 } },
  ),
  jain(
    ["two_20ms_200ms", "two flows, 20 and 200 ms"],
    { rttMs: 20, rival: { kind: "same", rttMs: 200 }, queueMs: 110 },
    { bbr_lite: { least: 0.7 } },
  ),
  shareBeside("cubic", "CUBIC", 20, ["cubic"]),
  shareBeside("cubic", "CUBIC", 40, ["cubic"]),
  shareBeside("cubic", "CUBIC", 80, ["cubic"]),
  shareBeside("reno", "Reno", 20),
  {
    key: "deep_queue_p95",
    title: "80 ms, buffer of 4 BDP: round trip with queue, 95 % of the time",
    unit: "of the bare one",
    bounds: { bbr_lite: { most: 1.25 } },
    measure: (control, seed, ms) =>
      1 + steadyFlow(control, seed, DEEP_QUEUE, ms).queueMs.p95 / DEEP_QUEUE.rttMs,
  },
  {
    key: "deep_queue_max",
    title: "80 ms, buffer of 4 BDP: longest queue",
    unit: "BDP",
    bounds: { bbr_lite: { most: 0.5 } },
    measure: (control, seed, ms) =>
      steadyFlow(control, seed, DEEP_QUEUE, ms).queueMs.max / DEEP_QUEUE.rttMs,
  },
  {
    key: "handshakes_loss30",
    title: "handshakes done in 10 s, 30 % lost each way",
    unit: "of 100",
    bounds: { cubic: { least: 99.9 }, bbr_lite: { least: 99.9 } },
    measure: (control, seed) => 100 * handshakeRatio(control, seed),
    over: "mean",
  },
  {
    key: "cold_chunk",
    title: "1 MiB cold at 80 ms, handshake included",
    unit: "round trips",
    bounds: { cubic: { most: 8 }, bbr_lite: { most: 8 } },
    measure: coldChunk,
    over: "p95",
  },
];

/** Whether a row's bound holds for what its seeds gave, at least one. */
export function holds(row: GateRow, bound: Bound, values: readonly number[]): boolean {
  return judged(row, values).every((value) =>
    value >= (bound.least ?? -Infinity) && value <= (bound.most ?? Infinity)
  );
}

function judged({ over }: GateRow, values: readonly number[]): readonly number[] {
  if (over === undefined) return values;
  if (over === "mean") return [values.reduce((sum, value) => sum + value, 0) / values.length];
  return [values.toSorted((x, y) => x - y)[Math.ceil(values.length * 0.95) - 1] ?? Infinity];
}
