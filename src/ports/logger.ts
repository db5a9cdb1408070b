export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Structured lines `{t, level, event, …}`; event names in snake_case, ids in hex. Cores never log:
 * they emit events, and node/ decides what becomes a line. */
export interface Logger {
  log(level: LogLevel, event: string, fields?: LogFields): void;
}
