import { after, BoundedMap, type Instant } from "../lib/mod.ts";
import type { ConnectionHandle } from "../transport/mod.ts";

/** Connections remembered; the oldest is forgotten, which costs one stall. */
const CONNECTIONS_MAX = 4_096;
/** A holder that stalled is left aside for this long where there are others: it costs one fetch
 * HOLDER_STALL_MS to find out that it is silent still. */
const ASIDE_MS = 10_000;

/** Which holders deliver, over all the fetches that share them: what one fetch learns by waiting,
 * the next need not. */
export class HolderPace {
  readonly #asideUntil = new BoundedMap<ConnectionHandle, Instant>(CONNECTIONS_MAX);

  delivered(connection: ConnectionHandle): void {
    this.#asideUntil.delete(connection);
  }

  stalled(connection: ConnectionHandle, now: Instant): void {
    this.#asideUntil.set(connection, after(now, ASIDE_MS));
  }

  isAside(connection: ConnectionHandle, now: Instant): boolean {
    const until = this.#asideUntil.get(connection);
    return until !== undefined && now < until;
  }
}
