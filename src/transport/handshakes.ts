import { networkId } from "../identity/mod.ts";
import { after, compareBytes, earliest, equalBytes, type Fifo, type Instant } from "../lib/mod.ts";
import type { Address } from "../lib/mod.ts";
import type { WorkClaim } from "../session/mod.ts";
import { CLOSE_CODE, DATAGRAM_BYTES_BASE, type Drop, drop } from "../wire/mod.ts";
import type { ConnectionHandle, DialTarget, TransportEvent } from "./api.ts";
import { ContactMemory } from "./contact_memory.ts";
import { type Answer, Dialer, type Dialled } from "./dialer.ts";
import { ENDPOINT_LIMITS, type EndpointLimits, type EndpointOptions } from "./endpoint_options.ts";
import type { EndpointStats } from "./endpoint_stats.ts";
import { readHandshakeFrames } from "./handshake_frames.ts";
import type { LinkTable } from "./link_table.ts";
import { interfaceDatagramBytes } from "./mtu_discovery.ts";
import type { Outbox } from "./outbox.ts";
import type { PeerLink } from "./peer_link.ts";
import { type AcceptedInit, Responder } from "./responder.ts";
import { type Session, sessionOf } from "./session.ts";

/** Keys older than this are renewed while there is traffic: by the initiator of the session, and a
 * minute later by the responder, should that not have come about. */
const RENEW_AFTER_MS = 15 * 60_000;
const RENEW_GRACE_MS = 60_000;
/** So many packets under one handshake are enough, too (protocol.md §1). */
const RENEW_AFTER_PACKETS = 2 ** 32;
/** Between two handshakes for the same connection. */
const RENEW_PAUSE_MS = 30_000;
/** What we tell as the largest UDP payload we take unless told otherwise: all. */
const DATAGRAM_BYTES_LIMIT = 65_535;

export interface HandshakeParts {
  readonly links: LinkTable;
  readonly outbox: Outbox;
  readonly events: Fifo<TransportEvent>;
  readonly stats: EndpointStats;
}

/** How connections come to their sessions: by our dialling, by a peer's, and by renewal of either.
 * A key has one connection; whichever handshake is confirmed last carries it. */
export class Handshakes {
  readonly dialer: Dialer<PeerLink>;
  readonly responder: Responder<PeerLink>;
  readonly #options: EndpointOptions;
  readonly #limits: EndpointLimits;
  readonly #parts: HandshakeParts;
  readonly #contacts = new ContactMemory();
  readonly #datagramBytesMax: number;

  constructor(options: EndpointOptions, parts: HandshakeParts) {
    this.#options = options;
    this.#parts = parts;
    this.#limits = { ...ENDPOINT_LIMITS, ...options.limits };
    this.#datagramBytesMax = options.datagramBytesMax ?? DATAGRAM_BYTES_LIMIT;
    const { identity, random, unixMs, now, work } = options;
    const shared = {
      identity,
      networkId: networkId(options.networkName),
      random,
      unixMs,
      datagramBytesMax: this.#datagramBytesMax,
      outbox: parts.outbox,
    };
    this.dialer = new Dialer(shared, work);
    this.responder = new Responder({
      ...shared,
      now,
      exemptPrivateAddresses: options.exemptPrivateAddresses ?? false,
      isRefused: options.isRefused ?? (() => false),
      limits: this.#limits,
      contacts: this.#contacts,
    }, work);
  }

  setWork(work: WorkClaim): void {
    this.dialer.work = work;
    this.responder.work = work;
  }

  /** Begins a connection to a key that has none. */
  connect(target: DialTarget, now: Instant): ConnectionHandle {
    const { links, events, stats } = this.#parts;
    const contact = this.#contacts.of(target.publicKey);
    const isOurs = equalBytes(target.publicKey, this.#options.identity.publicKey);
    if (contact === undefined || isOurs || this.dialer.size >= this.#limits.attemptsMax) {
      const connection = links.takeHandle();
      const { publicKey, address } = target;
      events.push({ kind: "connect_failed", connection, publicKey, address, reason: "refused" });
      return connection;
    }
    const link = links.open(contact, target.address, true, now);
    const standsBack = this.responder.isExpecting(link.publicKey);
    stats.handshakesBegun++;
    this.dialer.start(link, contact, target.address, { continues: false, standsBack }, now);
    return link.handle;
  }

  /** Begins a handshake that shall carry `link` on: its keys are old, or its peer does not answer
   * and may have restarted or moved. */
  renew(link: PeerLink, now: Instant): void {
    if (link.session === undefined || now < link.renewAt || link.connection.isClosed) return;
    link.renewAt = after(now, RENEW_PAUSE_MS);
    this.#parts.stats.handshakesBegun++;
    const flags = { continues: true, standsBack: false };
    this.dialer.start(link, link.contact, link.address, flags, now);
  }

  /** Renews `link` if its session is worn out. */
  renewIfWornOut(link: PeerLink, now: Instant): void {
    const { session } = link;
    if (session?.establishedAt === undefined) return;
    const graceMs = session.role === "initiator" ? 0 : RENEW_GRACE_MS;
    const isOld = now - session.establishedAt >= RENEW_AFTER_MS + graceMs;
    if (isOld || session.sealing.packets >= RENEW_AFTER_PACKETS) this.renew(link, now);
  }

  /** An INIT at `at`. */
  handleInit(
    packet: Uint8Array,
    at: number,
    end: number,
    from: Address,
    now: Instant,
  ): Drop | undefined {
    const { links, stats } = this.#parts;
    const init = this.responder.receive(packet, at, end, from, now);
    if ("drop" in init) return init;
    const link = links.ofKey(init.publicKey);
    if (link !== undefined && this.#oursWins(link, init)) return drop("unexpected");
    const continues = init.continues && link?.session !== undefined;
    const answer = this.responder.answer(init, continues, links.freeConnectionId(), now);
    if (answer === undefined) return drop("bad_key");
    stats.handshakesAnswered++;
    for (const id of answer.freed) links.sessions.delete(id);
    links.sessions.set(answer.session.connectionId, answer.session);
    if (link !== undefined) this.dialer.standBack(link, now);
    return undefined;
  }

  /** Simultaneous INITs: the lower public key's wins, so that not each side drops the other's. If
   * the peer's comes from elsewhere than ours goes to, ours may never arrive and does not win. */
  #oursWins(link: PeerLink, init: AcceptedInit): boolean {
    const attempt = this.dialer.attemptOf(link);
    if (attempt === undefined || attempt.pending.size === 0) return false;
    const { from } = init;
    const isThere = from.ip === attempt.address.ip && from.port === attempt.address.port;
    return isThere && compareBytes(this.#options.identity.publicKey, init.publicKey) < 0;
  }

  /** A RESP or COOKIE at `at`. */
  handleAnswer(
    answer: Answer<PeerLink>,
    packet: Uint8Array,
    at: number,
    now: Instant,
  ): Drop | undefined {
    if (answer.kind === "resp") {
      const dialled = this.dialer.readResp(answer, packet, at, now);
      return "drop" in dialled ? dialled : this.#establish(dialled, now);
    }
    const dropped = this.dialer.takeCookie(answer, packet, at, now);
    if (dropped === undefined) this.#parts.stats.cookiesTaken++;
    return dropped;
  }

  /** Our INIT was answered. */
  #establish(dialled: Dialled<PeerLink>, now: Instant): Drop | undefined {
    const { links } = this.#parts;
    const { attempt, fields, keys, connectionId } = dialled;
    const frames = readHandshakeFrames(fields.frames);
    if ("drop" in frames) return frames;
    if (links.sessions.has(connectionId)) return drop("unexpected");
    const { address, contact } = attempt;
    const session = sessionOf<PeerLink>(
      "initiator",
      keys,
      connectionId,
      fields.connectionId,
      contact.remote,
      address,
    );
    const dialledFrom = attempt.owner;
    this.dialer.stop(dialledFrom);
    this.#release(dialledFrom);
    let link = dialledFrom;
    if (link.session !== undefined && attempt.continues && frames.continues) {
      this.#continue(link, session, now);
    } else {
      if (link.session !== undefined) link = this.#replace(link, address, true, now);
      const { roundTripMs } = dialled;
      const { datagramBytesMax } = fields;
      link.work = fields.work;
      this.#begin(link, session, { datagramBytesMax, roundTripMs }, fields.observedAddress, now);
    }
    link.connection.ping(); // the responder waits for our first DATA
    links.touch(link, now);
    return undefined;
  }

  /** The first DATA of a half-open session has authenticated.
   * @returns the link it belongs to; undefined if the session cannot be used after all. */
  confirm(session: Session<PeerLink>, now: Instant): PeerLink | undefined {
    const { links } = this.#parts;
    const halfOpen = this.responder.halfOpenOf(session.connectionId);
    const contact = this.#contacts.of(session.remote.publicKey);
    if (halfOpen === undefined || contact === undefined) return undefined;
    let link = links.ofKey(session.remote.publicKey);
    const wasUp = link?.session !== undefined;
    if (halfOpen.continues && !wasUp) {
      // what it continues has gone meanwhile; silence makes the peer begin anew
      this.responder.release(session.remote.publicKey).forEach((id) => links.sessions.delete(id));
      return undefined;
    }
    if (link === undefined) link = links.open(contact, session.address, false, now);
    else if (wasUp && !halfOpen.continues) link = this.#replace(link, session.address, false, now);
    this.dialer.stop(link);
    if (link.session === undefined) {
      const { datagramBytesMax, answeredAt } = halfOpen;
      const path = { datagramBytesMax, roundTripMs: now - answeredAt };
      link.work = halfOpen.work;
      this.#begin(link, session, path, undefined, now);
    } else {
      this.#continue(link, session, now);
    }
    this.#release(link);
    return link;
  }

  /** Ends what is under way for a link that has closed. */
  abandon(link: PeerLink): void {
    this.dialer.stop(link);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.dialer.nextTimeout(), this.responder.nextTimeout());
  }

  handleTimeout(now: Instant): void {
    const { links, events, stats } = this.#parts;
    for (const id of this.responder.handleTimeout(now)) links.sessions.delete(id);
    for (const link of this.dialer.handleTimeout(now)) {
      stats.handshakesFailed++;
      if (link.session !== undefined) continue; // of a renewal; the session may still be well
      const { handle: connection, publicKey, address } = link;
      link.connection.close(CLOSE_CODE.done, now);
      links.forget(link);
      links.dropEventful(link);
      events.push({ kind: "connect_failed", connection, publicKey, address, reason: "timed_out" });
    }
  }

  /** `link` is up. */
  #begin(
    link: PeerLink,
    session: Session<PeerLink>,
    path: { readonly datagramBytesMax: number; readonly roundTripMs: number },
    observedAddress: Address | undefined,
    now: Instant,
  ): void {
    const { links, events, stats } = this.#parts;
    links.use(link, session, now);
    const ours = Math.min(this.#datagramBytesMax, interfaceDatagramBytes(link.address.ip));
    const most = Math.min(ours, path.datagramBytesMax);
    const maxDatagramBytes = Math.max(DATAGRAM_BYTES_BASE, most);
    link.connection.path.begin(maxDatagramBytes, path.roundTripMs);
    link.connectedAt = now;
    stats.handshakesDone++;
    const { handle: connection, publicKey, work, address, initiatedByUs } = link;
    events.push({
      kind: "connected",
      connection,
      publicKey,
      work,
      address,
      initiatedByUs,
      observedAddress,
    });
    if (links.established <= this.#limits.sessionsMax) return;
    const oldest = links.leastRecentlyUsed();
    oldest?.connection.close(CLOSE_CODE.limit, now);
    if (oldest !== undefined) links.touch(oldest, now);
  }

  /** `link` goes on under the keys of `session`, both sides having kept its state. */
  #continue(link: PeerLink, session: Session<PeerLink>, now: Instant): void {
    this.#parts.links.use(link, session, now);
    link.connection.renew(now);
    this.#parts.stats.handshakesDone++;
  }

  /** The peer has begun anew: what was open on `link` has no other end any more. */
  #replace(link: PeerLink, address: Address, initiatedByUs: boolean, now: Instant): PeerLink {
    const { links, events } = this.#parts;
    link.isReplaced = true;
    link.connection.close(CLOSE_CODE.done, now);
    this.dialer.stop(link);
    links.forget(link);
    links.dropEventful(link);
    for (let event = link.pollEvent(); event !== undefined; event = link.pollEvent()) {
      events.push(event);
    }
    return links.open(link.contact, address, initiatedByUs, now);
  }

  /** Frees what is half-open for the key of `link`, which has its session now. */
  #release(link: PeerLink): void {
    const { sessions } = this.#parts.links;
    for (const id of this.responder.release(link.publicKey)) {
      if (sessions.get(id) !== link.session) sessions.delete(id);
    }
  }
}
