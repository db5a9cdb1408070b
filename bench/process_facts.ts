/** What the kernel knows of a process, for benchmarks. Linux only. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Kernel ticks of /proc/<pid>/stat a second, on Linux everywhere. */
const TICKS_PER_SECOND = 100;

/** Processor time of all threads so far, ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_PER_SECOND;
}

/** Resident set, MiB. */
export function rssMib(pid: number): number {
  return statusKib(pid, "VmRSS") / 1024;
}

/** The most that the resident set of any of `nodes` was while `work` ran, as the kernel kept it. */
export async function peakMib(
  nodes: readonly { readonly pid: number }[],
  work: () => Promise<unknown>,
): Promise<number> {
  for (const { pid } of nodes) writeFileSync(`/proc/${pid}/clear_refs`, "5"); // VmHWM := VmRSS
  await work();
  return Math.max(...nodes.map(({ pid }) => statusKib(pid, "VmHWM") / 1024));
}

/** Processes whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean)
      .map(Number)
  );
}

function statusKib(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);
}
