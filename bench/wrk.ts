import { spawnSync } from "node:child_process";
import { runCommand } from "../test/support/processes.ts";

export interface WrkResult {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

/** @throws {Error} if `program` is not on this machine. */
export function need(program: string, flag: string): void {
  if (spawnSync(program, [flag]).error === undefined) return;
  throw new Error(`this part needs ${program} (Debian's package of that name)`);
}

/** One thread of wrk with `connections` for `seconds`. @throws {Error} if an answer was not 2xx. */
export async function wrk(
  url: string,
  seconds: number,
  connections: number,
  ...flags: readonly string[]
): Promise<WrkResult> {
  const load = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency"];
  const { stdout, stderr, code } = await runCommand(["wrk", ...load, ...flags, url]);
  const rate = /Requests\/sec:\s+([0-9.]+)/.exec(stdout)?.[1];
  const [, p99, unit] = /99%\s+([0-9.]+)(us|ms|s)/.exec(stdout) ?? [];
  const isBad = /Non-2xx|Socket errors/.test(stdout);
  if (code !== 0 || isBad || rate === undefined || p99 === undefined) {
    throw new Error(`wrk ${url} (${code}): ${stdout}${stderr}`);
  }
  const scale = unit === "us" ? 0.001 : unit === "ms" ? 1 : 1000;
  return { requestsPerSecond: Number(rate), p99Ms: Number(p99) * scale };
}
