/** The whole matrix of protocol.md §2.6: one flow on every kind of path, where the gate rows
 * (gate_rows.ts) ask for some of them what must hold. */
import type { CongestionControl } from "../../src/transport/mod.ts";
import type { LinkModel, Loss } from "../sim/mod.ts";
import { type SteadyFigures, steadyFlow } from "./gate_paths.ts";

export const RTTS_MS = [1, 20, 80, 200, 600] as const;
export const RATES_MBIT = [1, 10, 100, 500, 1_000] as const;
export const BUFFERS_BDP = [0.25, 1, 4] as const;
export const REORDERS = ["none", "1 % by 3 packets", "5 % by RTT/4"] as const;
const LOSS_PERCENTS = [0, 0.01, 0.1, 1, 3, 5] as const;
const BURST_PACKETS = 8;

/** Independent losses, or bursts after Gilbert and Elliott, of as many packets on average. */
export type LossKind = "random" | "bursts";

export interface CellLoss {
  readonly percent: number;
  readonly kind: LossKind;
}

export const LOSSES: readonly CellLoss[] = LOSS_PERCENTS.flatMap((percent): CellLoss[] =>
  percent === 0
    ? [{ percent, kind: "random" }]
    : [{ percent, kind: "random" }, { percent, kind: "bursts" }]
);

export interface MatrixCell {
  readonly rttMs: number;
  readonly loss: CellLoss;
  readonly reorder: typeof REORDERS[number];
  readonly mbit: number;
  readonly bufferBdp: number;
}

/** All 2,475, of which neighbours differ in the queue alone. */
export const MATRIX_CELLS: readonly MatrixCell[] = RTTS_MS.flatMap((rttMs) =>
  RATES_MBIT.flatMap((mbit) =>
    REORDERS.flatMap((reorder) =>
      LOSSES.flatMap((loss) =>
        BUFFERS_BDP.map((bufferBdp) => ({ rttMs, loss, reorder, mbit, bufferBdp }))
      )
    )
  )
);

/** So that the whole takes bounded time: what counts is 20 round trips, and beyond them what the
 * line carries in as many packets, for at most 20 s. */
const COUNTED_ROUND_TRIPS = 20;
const COUNTED_PACKETS = 20_000;
const COUNTED_MS_MAX = 20_000;
const WARM_UP_ROUND_TRIPS = 10;
const WARM_UP_MS_MIN = 500;
const PACKET_BYTES = 1_500;
const BYTES_PER_MBIT_MS = 125;
/** No interface has less of a queue; a quarter of the product of 1 Mbit/s and 1 ms is 31 bytes. */
const QUEUE_BYTES_MIN = 10 * PACKET_BYTES;

/** Virtual time that counts, ms. */
export function countedMs({ rttMs, mbit }: MatrixCell): number {
  const packetsMs = (COUNTED_PACKETS * PACKET_BYTES) / (mbit * BYTES_PER_MBIT_MS);
  return Math.max(COUNTED_ROUND_TRIPS * rttMs, Math.min(COUNTED_MS_MAX, packetsMs));
}

/** Plays one cell. The same seed gives the same figures. */
export function playCell(
  control: CongestionControl,
  cell: MatrixCell,
  seed: number,
): SteadyFigures {
  const { rttMs, mbit, bufferBdp } = cell;
  const path = {
    rttMs,
    mbit,
    bufferBdp,
    queueBytesMin: QUEUE_BYTES_MIN,
    faults: faultsOf(cell),
    warmUpMs: Math.max(WARM_UP_MS_MIN, WARM_UP_ROUND_TRIPS * rttMs),
  };
  return steadyFlow(control, seed, path, countedMs(cell));
}

function faultsOf({ rttMs, loss, reorder, mbit }: MatrixCell): Partial<LinkModel> {
  const threePacketsMs = (3 * PACKET_BYTES) / (mbit * BYTES_PER_MBIT_MS);
  const reorders = {
    "none": {},
    "1 % by 3 packets": { reorder: { ratio: 0.01, delayMs: threePacketsMs } },
    "5 % by RTT/4": { reorder: { ratio: 0.05, delayMs: rttMs / 4 } },
  } as const;
  return {
    ...reorders[reorder],
    ...(loss.percent === 0 ? {} : { loss: lossOf(loss) }),
  };
}

function lossOf({ percent, kind }: CellLoss): Loss {
  const ratio = percent / 100;
  if (kind === "random") return { kind: "bernoulli", ratio };
  const toGood = 1 / BURST_PACKETS;
  const toBad = toGood * ratio / (1 - ratio);
  return { kind: "gilbert_elliott", toBad, toGood, lossWhileGood: 0, lossWhileBad: 1 };
}
