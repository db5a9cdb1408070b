import {
  type Address,
  after,
  assert,
  earliest,
  type Instant,
  type PublicKey,
  type Random,
  type Share,
} from "../lib/mod.ts";
import type { SealingKeys, WorkClaim } from "../session/mod.ts";
import { CLOSE_CODE, DATAGRAM_BYTES_BASE, type Earliness, type NewCidFrame } from "../wire/mod.ts";
import {
  type ConnectionHandle,
  type ConnectionInfo,
  DEFAULT_SHARE,
  type Train,
  type TransportEvent,
} from "./api.ts";
import type { ConnectionConfig } from "./config.ts";
import { Connection } from "./connection.ts";
import { ConnectionIds } from "./connection_ids.ts";
import type { ConnectionBudgets } from "./connection_parts.ts";
import type { Contact } from "./contact_memory.ts";
import { ControlAllowance } from "./control_allowance.ts";
import type { PacketSealer } from "./packet_sealer.ts";
import type { PacketContents } from "./packet_writer.ts";
import { PathValidation } from "./path_validation.ts";
import { RestingConnection } from "./resting_connection.ts";
import type { Session } from "./session.ts";
import { WaitingMessages } from "./waiting_messages.ts";

/** A UDP_SEGMENT send of more fails with EMSGSIZE on common kernels (protocol.md §1, PMTU). */
export const TRAIN_PACKETS_MAX = 44;
export const TRAIN_BYTES_MAX = 65_000;

/** A challenge is not repeated sooner, however short the path: the new one may be longer. */
const CHALLENGE_RETRY_MS_MIN = 1000;

/** Silence that goes on is told again no sooner. */
const SILENCE_PAUSE_MS = 30_000;

const NO_WORK: WorkClaim = Object.freeze({ idNonce: 0n, rankNonce: 0n, rank: 0 });

/** Lets a connection exist before its first session, and outlive it. */
class SessionSealer implements PacketSealer {
  keys: SealingKeys | undefined;

  seal(packetNumber: number, out: Uint8Array, at: number, payloadBytes: number): number {
    assert(this.keys !== undefined, "a packet was to be sent before the handshake");
    return this.keys.seal(packetNumber, out, at, payloadBytes);
  }
}

export interface PeerLinkOptions {
  readonly handle: ConnectionHandle;
  readonly contact: Contact;
  readonly address: Address;
  readonly initiatedByUs: boolean;
  readonly random: Random;
  readonly budgets: ConnectionBudgets;
  readonly config: Partial<ConnectionConfig>;
  readonly now: Instant;
}

/** What can be seen of a connection without waking it. */
export type ConnectionForm = Pick<
  Connection,
  | "isClosed"
  | "isDrained"
  | "ptoMs"
  | "sentBytes"
  | "receivedBytes"
  | "fetchProgress"
  | "sliceRoom"
  | "fetchRoom"
>;

/** One peer as the endpoint knows it: its connection, the session that carries it, its address. */
export class PeerLink {
  readonly handle: ConnectionHandle;
  readonly contact: Contact;
  readonly initiatedByUs: boolean;
  /** Its connection in the form that it has at present; see `connection`. */
  #form: Connection | RestingConnection;
  readonly #budgets: ConnectionBudgets;
  readonly #config: Partial<ConnectionConfig>;
  readonly #sealer = new SessionSealer();
  address: Address;
  work: WorkClaim = NO_WORK;
  /** Of what we send; decided by our own side. */
  share: Share = DEFAULT_SHARE;
  readonly control = new ControlAllowance();
  /** Undefined until the handshake is done, and again when the peer has begun anew. */
  session: Session<PeerLink> | undefined;
  connectedAt: Instant | undefined;
  /** Another connection of the same key has taken its place. */
  isReplaced = false;
  /** When it last moved to the young end of the least-recently-used order. */
  touchedAt: Instant;
  /** A handshake to renew the session is not begun before. */
  renewAt: Instant;
  readonly #random: Random;
  /** When two probe timeouts have passed without a packet; set at the first of them. */
  #silentAt: Instant | undefined;
  /** An address that the peer was heard from and has yet to prove. */
  #path: PathValidation | undefined;
  /** What was given before the session was up. */
  readonly waiting = new WaitingMessages();
  /** The peer has answered all we asked in its RESP, and holds the session half-open: unless
   * something else is to be sent before this, it is let go without a word, or kept by one. */
  #lingersUntil: Instant | undefined;
  #isKept = false;

  constructor(options: PeerLinkOptions) {
    this.handle = options.handle;
    this.contact = options.contact;
    this.initiatedByUs = options.initiatedByUs;
    this.address = options.address;
    this.#random = options.random;
    this.touchedAt = options.now;
    this.renewAt = options.now;
    this.#budgets = options.budgets;
    this.#config = options.config;
    this.#form = this.#connect(options.now);
  }

  #connect(now: Instant, rested?: RestingConnection): Connection {
    return new Connection({
      sealer: this.#sealer,
      random: this.#random,
      maxDatagramBytes: rested?.maxDatagramBytes ?? DATAGRAM_BYTES_BASE,
      budgets: this.#budgets,
      config: this.#config,
      now,
      ...(rested === undefined ? {} : { rested }),
    });
  }

  /** The connection itself, to do something with. It is awake after this, until it has rested. */
  get connection(): Connection {
    const form = this.#form;
    if (form instanceof Connection) return form;
    return this.#form = this.#connect(form.liveness.heardAt, form);
  }

  /** The connection to look at, in whatever form it is. */
  get form(): ConnectionForm {
    return this.#form;
  }

  get publicKey(): PublicKey {
    return this.contact.remote.publicKey;
  }

  /** @param earliness whether it may ride in the INIT, if the session is not up yet.
   * @returns false if closed or too much is queued. */
  sendMessage(bytes: Uint8Array, earliness: Earliness, now: Instant): boolean {
    if (this.session !== undefined) return this.connection.sendMessage(bytes, now);
    return !this.connection.isClosed && this.waiting.add(bytes, earliness);
  }

  /** An answer that need not arrive; see Connection.sendAnswer(). */
  sendAnswer(bytes: Uint8Array, now: Instant): boolean {
    return this.session !== undefined && this.connection.sendAnswer(bytes, now);
  }

  /** The session is up: what still waits is sent over it. */
  sendWaiting(now: Instant): void {
    for (const bytes of this.waiting.take()) this.connection.sendMessage(bytes, now);
  }

  /** Nothing more is to be said, as far as is known. @param isKept not for good: at `until` a PING
   * has the peer keep the session. */
  linger(until: Instant, isKept: boolean): void {
    this.#lingersUntil = until;
    this.#isKept = isKept;
  }

  #endLingering(now: Instant): void {
    this.#lingersUntil = undefined;
    if (this.#isKept) this.connection.ping();
    else this.connection.abandon(now);
  }

  /** Puts the connection on the keys of `session`. */
  use(session: Session<PeerLink>): void {
    this.#path = undefined;
    this.session = session;
    session.owner = this;
    this.address = session.address;
    this.#sealer.keys = session.sealing;
  }

  /** A packet of `bytes` has come from `from` and been handled. @param isNewest it has the highest
   * number yet: an old one may have been on the way since before the peer moved (RFC 9000 §9.3). */
  heardFrom(from: Address, bytes: number, isNewest: boolean, now: Instant): void {
    this.#silentAt = undefined;
    const { path } = this.connection;
    const echo = path.takeEcho();
    for (const frame of path.takeGivenIds()) this.#takeId(frame, now);
    const isHome = from.port === this.address.port && from.ip === this.address.ip;
    if (isHome && this.#path === undefined) return;
    if (echo !== undefined && this.#path?.isAnsweredBy(echo, from)) return this.#move(from);
    if (isHome) return;
    if (this.#path?.isTo(from)) this.#path.received(bytes);
    else if (isNewest) {
      const retryMs = Math.max(CHALLENGE_RETRY_MS_MIN, 3 * this.connection.ptoMs);
      this.#path = new PathValidation(from, this.#random, retryMs, bytes, now);
    }
  }

  #takeId(frame: NewCidFrame, now: Instant): void {
    const { session } = this;
    if (session === undefined) return;
    session.ids ??= new ConnectionIds(session.connectionId);
    if (session.ids.onGiven(frame) !== undefined) this.connection.close(CLOSE_CODE.limit, now);
    // The peer may have changed its own before it gave, or before this frame came (ADR 0090).
    this.writeUnder(session.ids.follow());
  }

  /** From now on packets bear this id of the peer's, if there is one. */
  writeUnder(connectionId: number | undefined): void {
    if (connectionId !== undefined && this.session !== undefined) {
      this.session.sealing.connectionId = connectionId;
    }
  }

  #move(to: Address): void {
    this.writeUnder(this.session?.ids?.take());
    this.connection.path.changed(to.ip === this.address.ip);
    this.address = to;
    this.#path = undefined;
  }

  handleTimeout(now: Instant): void {
    const form = this.#form;
    if (form instanceof RestingConnection && now < form.nextTimeout()) return;
    this.connection.handleTimeout(now);
    if (this.#lingersUntil !== undefined && now >= this.#lingersUntil) this.#endLingering(now);
    if (this.#path?.hasFailed(now)) this.#path = undefined;
    if (this.connection.ptoCount > 0) this.#silentAt ??= after(now, this.connection.ptoMs);
    if (this.#mayRest) this.#form = this.connection.rest(now) ?? this.#form;
  }

  /** No packet but the peer's or a command's is to be expected. */
  get #mayRest(): boolean {
    return this.session !== undefined && this.#path === undefined &&
      this.#silentAt === undefined && this.#lingersUntil === undefined;
  }

  /** True, once in a while, when the peer has not answered for two probe timeouts: it may have
   * restarted or moved, which only a handshake can tell (protocol.md §1). */
  takeSilence(now: Instant): boolean {
    if (this.#silentAt === undefined || now < this.#silentAt) return false;
    this.#silentAt = after(now, SILENCE_PAUSE_MS);
    return true;
  }

  nextTimeout(): Instant | undefined {
    const form = this.#form;
    return earliest(
      form.nextTimeout(),
      form instanceof Connection && this.#mayRest ? form.restAt : undefined,
      this.#path?.nextAt,
      this.#silentAt,
      this.#lingersUntil,
    );
  }

  /** The connection's next event, by its full name. */
  pollEvent(): TransportEvent | undefined {
    const event = this.#form.pollEvent();
    if (event === undefined) return undefined;
    const connection = this.handle;
    if (event.kind !== "closed") return { ...event, connection };
    const reason = this.isReplaced ? "replaced" : event.reason;
    return { ...event, reason, connection, publicKey: this.publicKey };
  }

  get bytesInFlight(): number {
    return this.#form.bytesInFlight;
  }

  /** Sent as answers, ever. */
  get answerBytes(): number {
    return this.#form.answerBytes;
  }

  /** Slices wait to be sent. */
  get hasBulk(): boolean {
    return this.#form.hasBulk;
  }

  /** The peer has asked for slices, ever. */
  get isBuyer(): boolean {
    return this.#form.isBuyer;
  }

  /** Slices are awaited of the peer. */
  get isSeller(): boolean {
    return this.#form.fetchProgress.outstandingBytes > 0;
  }

  /** Writes packets of one size, the last perhaps shorter, to `out`. @returns undefined if nothing
   * may be sent now. */
  writeTrain(now: Instant, out: Uint8Array, contents: PacketContents): Train | undefined {
    if (this.session === undefined || this.#form instanceof RestingConnection) return undefined;
    const challenge = this.#path?.takeChallenge(now);
    if (challenge !== undefined && this.#path !== undefined && !this.connection.isClosed) {
      const bytes = this.#writeChallenge(challenge, this.session, now, out);
      return { to: this.#path.address, bytes, segmentBytes: bytes };
    }
    const segmentBytes = this.connection.pollTransmit(now, out, 0, out.length, contents);
    if (segmentBytes === 0) return undefined;
    this.#lingersUntil = undefined; // this packet confirms the session
    const room = Math.min(TRAIN_BYTES_MAX, out.length);
    let bytes = segmentBytes;
    let packets = 1;
    // an MTU probe is larger, and goes alone: if the kernel refuses it, nothing else is lost
    let isFull = segmentBytes === this.connection.datagramBytes;
    while (isFull && packets < TRAIN_PACKETS_MAX && bytes + segmentBytes <= room) {
      const written = this.connection.pollTransmit(now, out, bytes, segmentBytes, contents);
      bytes += written;
      packets++;
      isFull = written === segmentBytes;
    }
    return { to: this.address, bytes, segmentBytes };
  }

  /** Under the id that will be used there if the peer is found to have moved. */
  #writeChallenge(
    data: Uint8Array,
    { sealing, ids }: Session<PeerLink>,
    now: Instant,
    out: Uint8Array,
  ): number {
    const { connectionId } = sealing;
    sealing.connectionId = ids?.next ?? connectionId;
    const bytes = this.connection.path.writeChallenge(data, now, out, 0);
    sealing.connectionId = connectionId;
    return bytes;
  }

  info(): ConnectionInfo {
    const form = this.#form;
    return {
      publicKey: this.publicKey,
      nodeId: undefined,
      address: this.address,
      work: this.work,
      isEstablished: this.session !== undefined && !form.isClosed,
      smoothedRttMs: form.smoothedRttMs,
      bandwidthBytesPerSecond: form.bandwidthBytesPerSecond,
      sentBytes: form.sentBytes,
      receivedBytes: form.receivedBytes,
      connectedAt: this.connectedAt,
    };
  }
}
