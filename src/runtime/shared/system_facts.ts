import { readFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import type { SystemFacts } from "../../ports/mod.ts";

// systemd-timesyncd makes the first when it has set the clock (systemd-timesyncd.service(8)).
const CLOCK_MARK = "/run/systemd/timesync/synchronized";

/** From /proc and /run, so on Linux only; elsewhere most is undefined. */
export async function systemFacts(): Promise<SystemFacts> {
  const [limits, receive, send, mark] = await Promise.all([
    textOf("/proc/self/limits"),
    textOf("/proc/sys/net/core/rmem_max"),
    textOf("/proc/sys/net/core/wmem_max"),
    textOf(CLOCK_MARK),
  ]);
  return {
    openFilesMax: numberIn(/^Max open files\s+(\d+)/m.exec(limits ?? "")?.[1]),
    receiveBufferBytesMax: numberIn(receive),
    sendBufferBytesMax: numberIn(send),
    isClockSynchronised: mark === undefined ? undefined : true,
    processors: availableParallelism(),
    memoryBytes: totalmem(),
  };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

function numberIn(text: string | undefined): number | undefined {
  const number = Number.parseInt(text ?? "", 10);
  return Number.isSafeInteger(number) ? number : undefined;
}
