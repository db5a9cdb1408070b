import { spawnSync } from "node:child_process";
import process from "node:process";
import { report } from "../report.ts";
import type { SpeedFigures } from "./speed_run.ts";

const PATIENCE_MS = 3_600_000;

/** Prints how fast `nodes` simulated cores live, in a process of their own. */
export function reportSpeed(nodes: number): void {
  const program = new URL("speed_run.ts", import.meta.url).pathname;
  const { stdout, status } = spawnSync(process.execPath, [program, String(nodes)], {
    encoding: "utf8",
    env: process.env,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: PATIENCE_MS,
  });
  if (status !== 0) throw new Error(`${nodes} simulated nodes: the process ended with ${status}`);
  const figures = JSON.parse(stdout) as SpeedFigures;
  report("dht.sim_speedup", "virtual s per s", [figures.perSecond]);
  report("dht.sim_speedup_cpu", "virtual s per s of a processor", [figures.perCpuSecond]);
  report("dht.sim_rss_mb", "MiB", [figures.rssMib]);
  report("dht.sim_messages", "messages", [figures.messages]);
}
