import type { Clock } from "../ports/mod.ts";
import type { CliHost } from "./host.ts";
import { EXIT } from "./exit_codes.ts";

/** Runs a command that SIGINT or SIGTERM calls off: the first one aborts the signal it is given and
 * lets it end in order, the second ends the process at once. */
export async function interruptible<T>(
  host: Pick<CliHost, "onSignal" | "exitNow">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const unlisten = host.onSignal(() => {
    if (stop.signal.aborted) host.exitNow(EXIT.interrupted);
    else stop.abort();
  });
  try {
    return await work(stop.signal);
  } finally {
    unlisten();
  }
}

/** Resolves after `ms`, or as soon as the signal aborts: who rests again and again leaves nothing
 * on it. */
export function rest(
  clock: Pick<Clock, "schedule">,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      stopTimer();
      signal.removeEventListener("abort", over);
      resolve();
    };
    const stopTimer = clock.schedule(ms, over);
    signal.addEventListener("abort", over);
  });
}
