/** What the gate rows measure: real connections on one simulated bottleneck of 100 Mbit/s
 * (protocol.md §2.6). Each function is one run of one seed. */
import { randomUnit } from "../../src/lib/mod.ts";
import type { CongestionControl } from "../../src/transport/mod.ts";
import type { LinkModel } from "../sim/mod.ts";
import { Dumbbell } from "./dumbbell.ts";
import { EndlessFlow } from "./endless_flow.ts";
import { TcpFlow, type TcpKind } from "./tcp_flow.ts";

const MBIT = 125_000; // bytes per second
const LINE_MBIT = 100;
/** Of flows that share a line: without it they stay in step for ever, which no real path does. */
const JITTER_MS = 1;
const SHARED_WARM_UP_MS = 5_000;

export interface SteadyPath {
  readonly rttMs: number;
  readonly faults?: Partial<LinkModel>;
  /** Queue, in bandwidth-delay products. */
  readonly bufferBdp?: number;
  /** And no less than this. */
  readonly queueBytesMin?: number;
  readonly mbit?: number;
  readonly maxDatagramBytes?: number;
  /** Before it counts. */
  readonly warmUpMs: number;
}

export interface SteadyFigures {
  /** Content that has arrived and is right. */
  readonly mbit: number;
  /** Waiting time in the queue, ms: quantiles over time. */
  readonly queueMs: { readonly p50: number; readonly p95: number; readonly max: number };
  /** Share of all packets, the warm-up's too. */
  readonly lostRatio: number;
  readonly spuriousLosses: number;
  readonly probeTimeouts: number;
}

/** One flow for `ms` after its warm-up. */
export function steadyFlow(
  control: CongestionControl,
  seed: number,
  path: SteadyPath,
  ms: number,
): SteadyFigures {
  const bytesPerSecond = (path.mbit ?? LINE_MBIT) * MBIT;
  const bufferBytes = (bytesPerSecond / 1_000) * path.rttMs * (path.bufferBdp ?? 1);
  const queueBytes = Math.max(bufferBytes, path.queueBytesMin ?? 0);
  const world = new Dumbbell({ seed, bytesPerSecond, queueBytes });
  const flow = new EndlessFlow(world, {
    rttMs: path.rttMs,
    faults: path.faults ?? {},
    maxDatagramBytes: path.maxDatagramBytes ?? 1_472,
    config: { congestionControl: control },
  });
  world.run(path.warmUpMs);
  const before = flow.goodBytes;
  world.takeQueueMs();
  world.run(ms);
  const queue = world.takeQueueMs().sort((x, y) => x - y);
  const at = (q: number): number => queue[Math.min(queue.length - 1, queue.length * q | 0)] ?? 0;
  const stats = flow.a.connection.stats();
  return {
    mbit: (flow.goodBytes - before) * 8 / 1_000 / ms,
    queueMs: { p50: at(0.5), p95: at(0.95), max: at(1) },
    lostRatio: (stats["lostPackets"] ?? 0) / (stats["sentPackets"] ?? 1),
    spuriousLosses: stats["spuriousLosses"] ?? 0,
    probeTimeouts: stats["ptos"] ?? 0,
  };
}

/** Who shares the line with the flow that is measured. */
export type Rival =
  | { readonly kind: "same"; readonly rttMs: number }
  | { readonly kind: "tcp"; readonly rttMs: number; readonly tcp: TcpKind };

export interface SharedPath {
  readonly rttMs: number;
  readonly rival: Rival;
  /** Of queue, as a time at the line's rate. */
  readonly queueMs: number;
  /** How much later the second begins; within the longer round trip if absent. Who is first, the
   * seed says. */
  readonly lateMs?: number;
}

export interface SharedFigures {
  readonly mbit: number;
  readonly rivalMbit: number;
  readonly share: number;
  /** Jain's index of the two: 1 = equal, 0.5 = one has all. */
  readonly jain: number;
}

/** Two flows for `ms` after a warm-up of 5 s. */
export function sharedLine(
  control: CongestionControl,
  seed: number,
  path: SharedPath,
  ms: number,
): SharedFigures {
  const bytesPerSecond = LINE_MBIT * MBIT;
  const queueBytes = (bytesPerSecond / 1_000) * path.queueMs;
  const world = new Dumbbell({ seed, bytesPerSecond, queueBytes, jitterMs: JITTER_MS });
  const { rttMs, rival } = path;
  const ours = (ms: number): EndlessFlow =>
    new EndlessFlow(world, { rttMs: ms, config: { congestionControl: control } });
  const begun: { goodBytes: number }[] = [];
  const starts = [
    () => void (begun[0] = ours(rttMs)),
    () =>
      void (begun[1] = rival.kind === "same"
        ? ours(rival.rttMs)
        : new TcpFlow(world, rival.rttMs, rival.tcp)),
  ];
  if (seed % 2 === 1) starts.reverse();
  const within = Math.max(rttMs, rival.rttMs) * randomUnit(world.random.split("late"));
  starts[0]?.();
  world.run(path.lateMs ?? within);
  starts[1]?.();
  world.run(SHARED_WARM_UP_MS);
  const before = begun.map(({ goodBytes }) => goodBytes);
  world.run(ms);
  const mbit = begun.map(({ goodBytes }, i) => (goodBytes - (before[i] ?? 0)) * 8 / 1_000 / ms);
  const [x = 0, y = 0] = mbit;
  return {
    mbit: x,
    rivalMbit: y,
    share: x / (x + y),
    jain: (x + y) * (x + y) / (2 * (x * x + y * y)),
  };
}
