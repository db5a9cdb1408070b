import { after, BoundedMap, type Instant, type PublicKey, toHex } from "../../lib/mod.ts";
import type { ConnectionHandle, TransportEvent } from "../../transport/mod.ts";

/** A key that served a wrong slice is not fetched from again for this long: the session's life in
 * practice (protocol.md §2.3). */
const DISTRUST_MS = 3_600_000;
/** Three wrong slices within this time ban the key for as long: bit rot is not fraud, habit is. */
const BAN_MS = 86_400_000;
const BAD_SLICES_FOR_BAN = 3;
/** Keys with a record of wrong bytes; the oldest is forgiven first. */
const OFFENDERS_MAX = 65_536;

export interface Peer {
  readonly connection: ConnectionHandle;
  readonly publicKey: PublicKey;
  readonly initiatedByUs: boolean;
  readonly since: Instant;
}

/** Who is connected, and who is not to be trusted with a fetch. */
export class PeerTable {
  /** BOUNDED by the transport's sessions. */
  readonly #byConnection = new Map<ConnectionHandle, Peer>();
  readonly #offences = new BoundedMap<string, Instant[]>(OFFENDERS_MAX);
  /** True once any peer has been connected: the network is not just us. */
  hasMetAnyone = false;

  handleEvent(
    event: Extract<TransportEvent, { kind: "connected" | "closed" }>,
    now: Instant,
  ): void {
    if (event.kind === "closed") {
      this.#byConnection.delete(event.connection);
      return;
    }
    this.hasMetAnyone = true;
    const { connection, publicKey, initiatedByUs } = event;
    this.#byConnection.set(connection, { connection, publicKey, initiatedByUs, since: now });
  }

  get size(): number {
    return this.#byConnection.size;
  }

  get(connection: ConnectionHandle): Peer | undefined {
    return this.#byConnection.get(connection);
  }

  all(): IterableIterator<Peer> {
    return this.#byConnection.values();
  }

  /** Notes wrong bytes. @returns "banned" at the third within a day. */
  blame(publicKey: PublicKey, now: Instant): "distrusted" | "banned" {
    const key = toHex(publicKey);
    const recent = this.#recent(key, now);
    recent.push(now);
    this.#offences.set(key, recent.slice(-BAD_SLICES_FOR_BAN));
    return recent.length >= BAD_SLICES_FOR_BAN ? "banned" : "distrusted";
  }

  /** May this key be fetched from? */
  isTrusted(publicKey: PublicKey, now: Instant): boolean {
    const recent = this.#recent(toHex(publicKey), now);
    const last = recent.at(-1);
    if (last === undefined) return true;
    return recent.length < BAD_SLICES_FOR_BAN && after(last, DISTRUST_MS) <= now;
  }

  #recent(key: string, now: Instant): Instant[] {
    return (this.#offences.get(key) ?? []).filter((at) => after(at, BAN_MS) > now);
  }
}
