import process from "node:process";

/** Processor time that this thread has taken, ms: what a busy machine changes least. The time of
 * compilers and collectors in threads of their own is not in it. */
export function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
