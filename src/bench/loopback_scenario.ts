import type { CongestionControl } from "../transport/mod.ts";

/** One transfer, over loopback or a link, as its two processes must agree on it. */
export interface LoopbackScenario {
  /** Where the serving end listens. */
  readonly servingIp: string;
  readonly congestionControl: CongestionControl;
  /** Chunks of 1 MiB that are measured. */
  readonly chunks: number;
  /** Chunks moved before, so that compilers and windows have settled. */
  readonly warmUpChunks: number;
  /** The largest UDP payload either end takes. */
  readonly datagramBytes: number;
  /** Without the kernel's trains and libcrypto: what other systems get. */
  readonly isPortable: boolean;
  /** Hash every slice and compare, as a node does before it passes a byte on. */
  readonly isVerified: boolean;
}

/** 1 GiB over an Ethernet's packets. */
export const LOOPBACK_DEFAULTS: LoopbackScenario = Object.freeze({
  servingIp: "127.0.0.1",
  congestionControl: "cubic",
  chunks: 1_024,
  warmUpChunks: 64,
  datagramBytes: 1_472,
  isPortable: false,
  isVerified: false,
});

/** The scenario that `text` holds, the JSON of one. @throws {RangeError} if it is not one. */
export function parseScenario(text: string): LoopbackScenario {
  const given = jsonOf(text) as Partial<LoopbackScenario> | undefined;
  const isCount = (value: unknown, least: number, most: number): boolean =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  const isSound = typeof given === "object" && given !== null &&
    isCount(given.chunks, 1, 65_536) && isCount(given.warmUpChunks, 0, 65_536) &&
    isCount(given.datagramBytes, 1_200, 65_507) && typeof given.servingIp === "string" &&
    (given.congestionControl === "cubic" || given.congestionControl === "bbr_lite") &&
    typeof given.isPortable === "boolean" && typeof given.isVerified === "boolean";
  if (!isSound) throw new RangeError(`not a scenario: ${text}`);
  return given as LoopbackScenario;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
