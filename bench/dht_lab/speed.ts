import process from "node:process";
import type { RealNetwork } from "./real_network.ts";

/** How many virtual seconds a network takes through in one. */
export interface Speed {
  readonly perSecond: number;
  /** Processor time of all threads, the collector's too: what a busy machine changes less. */
  readonly perCpuSecond: number;
}

/** Lets the network rest for `virtualMs`: nodes ping, refresh buckets, and nobody looks for
 * anything. Long enough, and some collections of garbage are in it. */
export function speedOf(network: RealNetwork, virtualMs: number): Speed {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  network.world.runFor(virtualMs);
  const { user, system } = process.cpuUsage(before);
  return {
    perSecond: virtualMs / (performance.now() - startedAt),
    perCpuSecond: virtualMs / ((user + system) / 1000),
  };
}
