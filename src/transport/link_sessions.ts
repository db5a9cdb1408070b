import type { Address, Fifo, Instant } from "../lib/mod.ts";
import type { WorkClaim } from "../session/mod.ts";
import { CLOSE_CODE, DATAGRAM_BYTES_BASE } from "../wire/mod.ts";
import type { TransportEvent } from "./api.ts";
import type { EndpointStats } from "./endpoint_stats.ts";
import type { LinkTable } from "./link_table.ts";
import { interfaceDatagramBytes } from "./mtu_discovery.ts";
import type { PeerLink } from "./peer_link.ts";
import type { Session } from "./session.ts";

type ConnectedEvent = Extract<TransportEvent, { kind: "connected" }>;

/** What a handshake tells about the peer and the path to it. */
export interface HandshakeNews extends Pick<ConnectedEvent, "observedAddress" | "askedUnproven"> {
  readonly work: WorkClaim;
  /** The largest UDP payload that the peer takes. */
  readonly datagramBytesMax: number;
  /** Undefined if the handshake did not measure it. */
  readonly roundTripMs: number | undefined;
}

export interface LinkSessionsParts {
  readonly links: LinkTable;
  readonly events: Fifo<TransportEvent>;
  readonly stats: EndpointStats;
}

/** How a link gets its first session, goes on under another, or gives way to a new link. */
export class LinkSessions {
  readonly #parts: LinkSessionsParts;
  readonly #datagramBytesMax: number;
  readonly #sessionsMax: number;

  /** @param datagramBytesMax the largest UDP payload that our sockets take. */
  constructor(parts: LinkSessionsParts, datagramBytesMax: number, sessionsMax: number) {
    this.#parts = parts;
    this.#datagramBytesMax = datagramBytesMax;
    this.#sessionsMax = sessionsMax;
  }

  /** `link` is up. If that is one too many, the one silent for longest is closed. */
  begin(link: PeerLink, session: Session<PeerLink>, news: HandshakeNews, now: Instant): void {
    const { links, events, stats } = this.#parts;
    links.use(link, session, now);
    const ours = Math.min(this.#datagramBytesMax, interfaceDatagramBytes(link.address.ip));
    const most = Math.min(ours, news.datagramBytesMax);
    link.connection.path.begin(Math.max(DATAGRAM_BYTES_BASE, most), news.roundTripMs);
    link.work = news.work;
    link.connectedAt = now;
    stats.handshakesDone++;
    const { handle: connection, publicKey, work, address, initiatedByUs } = link;
    const { observedAddress, askedUnproven } = news;
    const peer = { publicKey, work, address, initiatedByUs, observedAddress, askedUnproven };
    events.push({ kind: "connected", connection, ...peer });
    if (links.established <= this.#sessionsMax) return;
    const oldest = links.leastRecentlyUsed();
    oldest?.connection.close(CLOSE_CODE.limit, now);
    if (oldest !== undefined) links.touch(oldest, now);
  }

  /** `link` goes on under the keys of `session`, both sides having kept its state. */
  carryOn(link: PeerLink, session: Session<PeerLink>, now: Instant): void {
    this.#parts.links.use(link, session, now);
    link.connection.renew(now);
    this.#parts.stats.handshakesDone++;
  }

  /** The peer has begun anew: what was open on `link` has no other end any more. @returns the link
   * that takes its place. */
  replace(link: PeerLink, address: Address, initiatedByUs: boolean, now: Instant): PeerLink {
    const { links, events } = this.#parts;
    link.isReplaced = true;
    link.connection.close(CLOSE_CODE.done, now);
    links.forget(link);
    links.dropEventful(link);
    for (let event = link.pollEvent(); event !== undefined; event = link.pollEvent()) {
      events.push(event);
    }
    return links.open(link.contact, address, initiatedByUs, now);
  }
}
