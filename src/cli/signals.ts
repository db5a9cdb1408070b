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
