import { type Clock, LOG_LEVELS, type Logger, type LogLevel } from "../../ports/mod.ts";

/** A log of one JSON object per line: `{"t":"2026-01-02T03:04:05.678Z","level":…,"event":…,…}`.
 * @param write gets each line with its line break. @param least lines below it are dropped. */
export function createJsonLogger(
  write: (line: string) => void,
  least: LogLevel,
  clock: Pick<Clock, "unixMs">,
): Logger {
  const floor = LOG_LEVELS.indexOf(least);
  return {
    log(level, event, fields) {
      if (LOG_LEVELS.indexOf(level) < floor) return;
      const t = new Date(clock.unixMs()).toISOString();
      write(`${JSON.stringify({ t, level, event, ...fields })}\n`);
    },
  };
}
