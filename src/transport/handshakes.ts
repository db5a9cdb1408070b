import { networkId } from "../identity/mod.ts";
import { after, compareBytes, earliest, equalBytes, type Fifo, type Instant } from "../lib/mod.ts";
import type { Address } from "../lib/mod.ts";
import type { WorkClaim } from "../session/mod.ts";
import { CLOSE_CODE, type Drop, drop } from "../wire/mod.ts";
import type { ConnectionHandle, DialTarget, TransportEvent } from "./api.ts";
import { ContactMemory, meetAgain } from "./contact_memory.ts";
import { type Answer, Dialer, type Dialled } from "./dialer.ts";
import { ENDPOINT_LIMITS, type EndpointLimits, type EndpointOptions } from "./endpoint_options.ts";
import { EarlyCall, EarlyQuestions } from "./early_questions.ts";
import type { EndpointStats } from "./endpoint_stats.ts";
import { type HandshakeMessage, readHandshakeFrames } from "./handshake_frames.ts";
import { LinkSessions } from "./link_sessions.ts";
import type { LinkTable } from "./link_table.ts";
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
/** How long a session whose RESP has answered everything may be taken up: the responder holds it
 * half-open for ten seconds. */
const LINGER_MS = 8000;
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
  /** Of INITs whose RESP is not built yet. */
  readonly questions = new EarlyQuestions();
  readonly #options: EndpointOptions;
  readonly #limits: EndpointLimits;
  readonly #parts: HandshakeParts;
  readonly #sessions: LinkSessions;
  readonly #contacts = new ContactMemory();

  constructor(options: EndpointOptions, parts: HandshakeParts) {
    this.#options = options;
    this.#parts = parts;
    this.#limits = { ...ENDPOINT_LIMITS, ...options.limits };
    const datagramBytesMax = options.datagramBytesMax ?? DATAGRAM_BYTES_LIMIT;
    this.#sessions = new LinkSessions(parts, datagramBytesMax, this.#limits.sessionsMax);
    const { identity, random, unixMs, now, work } = options;
    const shared = {
      identity,
      networkId: networkId(options.networkName),
      random,
      unixMs,
      datagramBytesMax,
      outbox: parts.outbox,
    };
    this.dialer = new Dialer({
      ...shared,
      early: (link, isProven, roomBytes) => link.waiting.early(isProven, roomBytes),
    }, work);
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

  /** Begins a connection to a key that has none. A session that the peer has begun and not needed
   * further is taken up instead. */
  connect(target: DialTarget, now: Instant): ConnectionHandle {
    const { links, events, stats } = this.#parts;
    const session = this.responder.usable(target.publicKey, now);
    const taken = session && this.confirm(session, now);
    if (taken !== undefined) {
      links.touch(taken, now);
      return taken.handle;
    }
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
    if (link.session === undefined || now < link.renewAt || link.form.isClosed) return;
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
    const { links } = this.#parts;
    const init = this.responder.receive(packet, at, end, from, now);
    if ("drop" in init) return init;
    const link = links.ofKey(init.publicKey);
    if (link !== undefined && this.#oursWins(link, init)) return drop("unexpected");
    if (link !== undefined) this.dialer.standBack(link, now);
    return this.#call(init, now) ? undefined : drop("no_room");
  }

  /** Passes the questions of an INIT on, and lets its RESP wait for the answers, which come before
   * anything is sent. @returns false if too much waits for the socket already. */
  #call(init: AcceptedInit, now: Instant): boolean {
    const { links, outbox, events } = this.#parts;
    const call = new EarlyCall(init);
    const questions = init.messages.map(({ id, bytes }) => {
      return { id, bytes, connection: links.takeHandle() };
    });
    const isQueued = outbox.pushLater(init.from, () => {
      this.questions.close(questions.map(({ connection }) => connection));
      return this.#answer(init, call.answers, now);
    });
    if (!isQueued) return false;
    for (const { id, bytes, connection } of questions) {
      this.questions.add(connection, call, id);
      const { isProven: isAddressProven } = init;
      events.push({ kind: "early_message", connection, bytes, isAddressProven });
    }
    return true;
  }

  /** @returns the RESP to an accepted INIT. */
  #answer(
    init: AcceptedInit,
    answers: readonly HandshakeMessage[],
    now: Instant,
  ): Uint8Array | undefined {
    const { links, stats } = this.#parts;
    const link = links.ofKey(init.publicKey);
    const continues = init.continues && link?.session !== undefined;
    const id = links.freeConnectionId();
    const answered = this.responder.answer(init, continues, answers, id, now);
    if (answered === undefined) {
      stats.drop("bad_key");
      return undefined;
    }
    stats.handshakesAnswered++;
    const contact = this.#contacts.of(init.publicKey);
    if (contact !== undefined) meetAgain(contact, now);
    for (const freed of answered.freed) links.sessions.delete(freed);
    links.sessions.set(id, answered.session);
    // the peer may have nothing more to say; what we wanted to say is sent over its session
    const isDialling = link !== undefined && link.session === undefined;
    if (isDialling && this.responder.usable(init.publicKey, now) === answered.session) {
      this.confirm(answered.session, now);
      links.touch(link, now);
    }
    return answered.packet;
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
    let link = attempt.owner;
    this.dialer.stop(link);
    if (link.session !== undefined && attempt.continues && frames.continues) {
      this.#sessions.carryOn(link, session, now);
    } else {
      if (link.session !== undefined) link = this.#sessions.replace(link, address, true, now);
      const news = { ...fields, roundTripMs: dialled.roundTripMs, askedUnproven: false };
      this.#sessions.begin(link, session, news, now);
    }
    const isAnswered = this.#takeAnswers(link, frames.messages);
    const isMetAgain = meetAgain(contact, now);
    if (isAnswered && dialled.isProven) {
      link.linger(after(now, LINGER_MS), isMetAgain);
    } else {
      link.connection.ping(); // the responder waits for our first DATA
      this.#release(link);
    }
    link.sendWaiting(now);
    links.touch(link, now);
    return undefined;
  }

  /** @returns true if messages were waiting and all of them are answered. */
  #takeAnswers(link: PeerLink, answers: readonly HandshakeMessage[]): boolean {
    const { handle: connection, waiting } = link;
    if (waiting.size === 0) return false;
    for (const { id, bytes } of answers) {
      if (!waiting.settle(id)) continue;
      this.#parts.events.push({ kind: "message", connection, bytes });
    }
    return waiting.size === 0;
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
    if (link !== undefined && this.#crosses(link, session)) return undefined;
    if (link === undefined) link = links.open(contact, session.address, false, now);
    else if (wasUp && !halfOpen.continues) {
      this.dialer.stop(link);
      link = this.#sessions.replace(link, session.address, false, now);
    }
    this.dialer.stop(link);
    if (link.session === undefined) {
      const { answeredAt, isProven, hasAsked } = halfOpen;
      // who was answered in the RESP need not speak at once
      const roundTripMs = hasAsked ? undefined : now - answeredAt;
      const told = { observedAddress: undefined, askedUnproven: hasAsked && !isProven };
      this.#sessions.begin(link, session, { ...halfOpen, ...told, roundTripMs }, now);
      link.sendWaiting(now);
    } else {
      this.#sessions.carryOn(link, session, now);
    }
    this.#release(link);
    return link;
  }

  /** Each side has begun a session with the other and spoken in its own, unheard: the lower key's
   * wins, so that each does not go over to the other's. */
  #crosses({ session: ours, form, publicKey }: PeerLink, theirs: Session<PeerLink>): boolean {
    if (ours?.role !== "initiator" || ours === theirs) return false;
    const isUnheard = form.sentBytes > 0 && form.receivedBytes === 0;
    return isUnheard && compareBytes(this.#options.identity.publicKey, publicKey) < 0;
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

  /** Frees what is half-open for the key of `link`, which has its session now. */
  #release(link: PeerLink): void {
    const { sessions } = this.#parts.links;
    for (const id of this.responder.release(link.publicKey)) {
      if (sessions.get(id) !== link.session) sessions.delete(id);
    }
  }
}
