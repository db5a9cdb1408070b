import type { Instant } from "../../lib/mod.ts";
import type { LogFields, Logger } from "../../ports/mod.ts";

/** One line a minute tells that a trouble lasts; a line for each object that meets a full disk
 * would fill what is left of it. */
const LINE_EVERY_MS = 60_000;

/** Logs errors that come in crowds: the first at once, then one a minute at most, which says how
 * many before it were left out. */
export class RepeatedLog {
  readonly #logger: Logger;
  readonly #now: () => Instant;
  /** By event. BOUNDED by the events that the program has names for. */
  readonly #seen = new Map<string, { readonly since: Instant; omitted: number }>();

  constructor(logger: Logger, now: () => Instant) {
    this.#logger = logger;
    this.#now = now;
  }

  error(event: string, fields: LogFields): void {
    const now = this.#now();
    const before = this.#seen.get(event);
    if (before !== undefined && now - before.since < LINE_EVERY_MS) {
      before.omitted++;
      return;
    }
    this.#seen.set(event, { since: now, omitted: 0 });
    const omitted = before?.omitted ?? 0;
    this.#logger.log("error", event, omitted === 0 ? fields : { ...fields, omitted });
  }
}
