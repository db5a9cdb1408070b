import {
  type Address,
  BoundedMap,
  earliest,
  Fifo,
  formatAddress,
  type Instant,
  LastView,
  type Share,
} from "../lib/mod.ts";
import type { WorkClaim } from "../session/mod.ts";
import { type Drop, drop, type Earliness } from "../wire/mod.ts";
import {
  type ConnectionHandle,
  type ConnectionInfo,
  DEFAULT_SHARE,
  type DialTarget,
  type FetchAnswer,
  type FetchProgress,
  type FetchRequest,
  type Train,
  type Transport,
  type TransportEvent,
} from "./api.ts";
import { createBudgets } from "./connection_parts.ts";
import type { EndpointOptions } from "./endpoint_options.ts";
import { EndpointStats } from "./endpoint_stats.ts";
import { Handshakes } from "./handshakes.ts";
import { LinkTable } from "./link_table.ts";
import { Outbox } from "./outbox.ts";
import { PacketSorter, type Sorted } from "./packet_sorter.ts";
import type { PeerLink } from "./peer_link.ts";
import { ServingCeiling } from "./serving_ceiling.ts";

/** Addresses whose last train's segment size is remembered. */
const SEGMENT_ADDRESSES_MAX = 1024;
/** UDP's own limit; a kernel-coalesced train is no longer. */
const DATAGRAM_BYTES_LIMIT = 65_535;
/** The last epoch's key is kept for so many probe timeouts (protocol.md §1). */
const RETIRE_PTOS = 3;
/** A session without a connection has no measured probe timeout; three RTTs of protocol.md §2.4. */
const HALF_OPEN_PTO_MS = 300;

/** All connections of one node behind its UDP sockets (protocol.md §1): tells packets apart, does
 * handshakes, and carries each connection by the session it has. Sans-I/O: see Transport. */
export class Endpoint implements Transport {
  readonly #outbox = new Outbox();
  readonly #events = new Fifo<TransportEvent>();
  readonly #stats = new EndpointStats();
  readonly #ceiling: ServingCeiling | undefined;
  readonly #links: LinkTable;
  readonly #handshakes: Handshakes;
  readonly #sorter: PacketSorter<PeerLink>;
  readonly #segments = new BoundedMap<string, number>(SEGMENT_ADDRESSES_MAX);
  /** Where packets are opened to; a payload is borrowed by its connection until it returns. */
  readonly #plaintext = new Uint8Array(DATAGRAM_BYTES_LIMIT);
  readonly #payload = new LastView();

  constructor(options: EndpointOptions) {
    const budgets = createBudgets();
    const { sellBytesPerSecond, now } = options;
    this.#ceiling = sellBytesPerSecond === undefined
      ? undefined
      : new ServingCeiling(sellBytesPerSecond, now);
    this.#links = new LinkTable(options.random, budgets, options.connection, this.#ceiling);
    this.#handshakes = new Handshakes(options, {
      links: this.#links,
      outbox: this.#outbox,
      events: this.#events,
      stats: this.#stats,
    });
    const { dialer } = this.#handshakes;
    this.#sorter = new PacketSorter(options.identity, dialer, this.#links.sessions);
  }

  /** Tells a better claim in handshakes to come. */
  setWork(work: WorkClaim): void {
    this.#handshakes.setWork(work);
  }

  // commands

  connect(target: DialTarget, now: Instant): ConnectionHandle {
    return this.#links.ofKey(target.publicKey)?.handle ?? this.#handshakes.connect(target, now);
  }

  sendMessage(
    connection: ConnectionHandle,
    bytes: Uint8Array,
    now: Instant,
    earliness: Earliness = "never",
  ): boolean {
    return this.#do(connection, now, (link) => link.sendMessage(bytes, earliness, now)) ??
      this.#handshakes.questions.answer(connection, bytes);
  }

  sendAnswer(connection: ConnectionHandle, bytes: Uint8Array, now: Instant): boolean {
    return this.#do(connection, now, (link) => link.sendAnswer(bytes, now)) ??
      this.#handshakes.questions.answer(connection, bytes);
  }

  startFetch(
    connection: ConnectionHandle,
    request: FetchRequest,
    now: Instant,
  ): number | undefined {
    return this.#do(connection, now, (link) => {
      link.session?.window.grow(); // bulk begins to come
      const requestId = link.connection.startFetch(request, now);
      this.#links.giveIds(link);
      return requestId;
    });
  }

  cancelFetch(
    connection: ConnectionHandle,
    requestId: number,
    now: Instant,
    slice?: number,
  ): number {
    const cancel = (link: PeerLink) => link.connection.cancelFetch(requestId, now, slice);
    return this.#do(connection, now, cancel) ?? 0;
  }

  fetchInfo(
    connection: ConnectionHandle,
    requestId: number,
    info: FetchAnswer,
    now: Instant,
  ): void {
    this.#do(connection, now, (link) => link.connection.fetchInfo(requestId, info, now));
  }

  ignoreFetch(connection: ConnectionHandle, requestId: number, now: Instant): void {
    this.#do(connection, now, (link) => link.connection.ignoreFetch(requestId));
  }

  provideSlice(
    connection: ConnectionHandle,
    requestId: number,
    slice: number,
    bytes: Uint8Array,
    now: Instant,
  ): boolean {
    return this.#do(connection, now, (link) => {
      this.#links.giveIds(link);
      return link.connection.provideSlice(requestId, slice, bytes, now);
    }) ?? false;
  }

  refuseSlice(
    connection: ConnectionHandle,
    requestId: number,
    slice: number,
    status: number,
    now: Instant,
  ): void {
    this.#do(
      connection,
      now,
      (link) => link.connection.refuseSlice(requestId, slice, status, now),
    );
  }

  setShare(connection: ConnectionHandle, share: Share, now: Instant): void {
    this.#do(connection, now, (link) => {
      link.share = share;
      this.#links.scheduler.shareChanged(link);
    });
  }

  close(connection: ConnectionHandle, code: number, now: Instant): void {
    this.#do(connection, now, (link) => link.connection.close(code, now));
  }

  // world → core

  handleDatagram(bytes: Uint8Array, from: Address, now: Instant): void {
    this.#stats.receivedDatagrams++;
    this.#stats.receivedBytes += bytes.length;
    const sorted = this.#sorter.sort(bytes, 0, bytes.length);
    let segmentBytes = this.#sorter.length;
    if (sorted.kind === "junk" && this.#segments.size > 0) {
      segmentBytes = this.#segments.get(formatAddress(from)) ?? 0;
    }
    if (segmentBytes === 0 || segmentBytes >= bytes.length) {
      this.#handleSorted(sorted, bytes, 0, bytes.length, from, now);
      return;
    }
    // a kernel-coalesced train: packets of one size, the last of which may be shorter
    if (sorted.kind !== "junk") this.#segments.set(formatAddress(from), segmentBytes);
    this.#handleSorted(sorted, bytes, 0, segmentBytes, from, now);
    for (let at = segmentBytes; at < bytes.length; at += segmentBytes) {
      const end = Math.min(at + segmentBytes, bytes.length);
      this.#handleSorted(this.#sorter.sort(bytes, at, end), bytes, at, end, from, now);
    }
  }

  handleTimeout(now: Instant): void {
    this.#handshakes.handleTimeout(now);
    for (const link of this.#links.takeDue(now)) {
      link.handleTimeout(now);
      if (link.takeSilence(now)) this.#handshakes.renew(link, now);
      this.#settle(link, now);
    }
  }

  nextTimeout(): Instant | undefined {
    const { scheduler } = this.#links;
    const due = earliest(this.#handshakes.nextTimeout(), this.#links.nextTimeout());
    return earliest(due, scheduler.openAt);
  }

  // core → world

  pollEvent(): TransportEvent | undefined {
    const own = this.#events.shift();
    if (own !== undefined) return own;
    let link = this.#links.peekEventful();
    for (; link !== undefined; link = this.#links.peekEventful()) {
      const event = link.pollEvent();
      if (event !== undefined) {
        this.#links.toldEvent(link);
        return event;
      }
      this.#links.dropEventful(link);
    }
    return undefined;
  }

  pollTransmit(now: Instant, out: Uint8Array): Train | undefined {
    const handshake = this.#outbox.take();
    if (handshake !== undefined) {
      out.set(handshake.packet);
      const bytes = handshake.packet.length;
      this.#stats.sent(bytes, 1);
      return { to: handshake.to, bytes, segmentBytes: bytes };
    }
    const next = this.#links.scheduler.next(now, out);
    if (next === undefined) return undefined;
    const { link, train } = next;
    this.#stats.sent(train.bytes, Math.ceil(train.bytes / train.segmentBytes));
    this.#handshakes.renewIfWornOut(link, now);
    return train;
  }

  // getters

  sliceRoom(connection: ConnectionHandle): number {
    return this.#links.get(connection)?.form.sliceRoom() ?? 0;
  }

  shareOf(connection: ConnectionHandle): Share {
    return this.#links.get(connection)?.share ?? DEFAULT_SHARE;
  }

  fetchRoom(connection: ConnectionHandle): number {
    return this.#links.get(connection)?.form.fetchRoom() ?? 0;
  }

  fetchProgress(connection: ConnectionHandle): FetchProgress | undefined {
    return this.#links.get(connection)?.form.fetchProgress;
  }

  info(connection: ConnectionHandle): ConnectionInfo | undefined {
    return this.#links.get(connection)?.info() ?? this.#handshakes.questions.info(connection);
  }

  connections(): Iterable<ConnectionHandle> {
    return this.#links.handles;
  }

  stats(): Readonly<Record<string, number>> {
    return {
      ...this.#stats.record(),
      sessions: this.#links.established,
      half_open: this.#handshakes.responder.size,
      attempts: this.#handshakes.dialer.size,
      ...(this.#ceiling && { sold_bytes: this.#ceiling.spentBytes }),
    };
  }

  /** Runs a command on a connection that is there. */
  #do<T>(handle: ConnectionHandle, now: Instant, deed: (link: PeerLink) => T): T | undefined {
    const link = this.#links.get(handle);
    if (link === undefined) return undefined;
    const result = deed(link);
    this.#settle(link, now);
    return result;
  }

  /** After a deed on a link. */
  #settle(link: PeerLink, now: Instant): void {
    if (link.form.isClosed) this.#handshakes.abandon(link);
    this.#links.touch(link, now);
  }

  /** One packet, packet[at … end), which has been sorted. */
  #handleSorted(
    sorted: Sorted<PeerLink>,
    packet: Uint8Array,
    at: number,
    end: number,
    from: Address,
    now: Instant,
  ): void {
    const dropped = this.#handlePacket(sorted, packet, at, end, from, now);
    if (dropped !== undefined) this.#stats.drop(dropped.drop);
  }

  #handlePacket(
    sorted: Sorted<PeerLink>,
    packet: Uint8Array,
    at: number,
    end: number,
    from: Address,
    now: Instant,
  ): Drop | undefined {
    if (sorted.kind === "junk") return drop(sorted.reason);
    if (this.#sorter.length !== end - at) return drop("bad_length");
    switch (sorted.kind) {
      case "data":
        return this.#handleData(sorted, packet, at, from, now);
      case "init":
        return this.#handshakes.handleInit(packet, at, end, from, now);
      case "answer":
        return this.#handshakes.handleAnswer(sorted.answer, packet, at, now);
    }
  }

  #handleData(
    { session, connectionId, head }: Extract<Sorted<PeerLink>, { kind: "data" }>,
    packet: Uint8Array,
    at: number,
    from: Address,
    now: Instant,
  ): Drop | undefined {
    const { packetNumber } = head;
    if (!session.window.isFresh(packetNumber)) return drop("replayed");
    const ptoMs = session.owner?.form.ptoMs ?? HALF_OPEN_PTO_MS;
    const plaintext = this.#plaintext;
    const bytes = session.opening.open(packet, at, head, plaintext, now, RETIRE_PTOS * ptoMs);
    if (typeof bytes !== "number") return bytes;
    session.window.mark(packetNumber);
    const link = session.owner ?? this.#handshakes.confirm(session, now);
    if (link === undefined) return drop("unexpected");
    const payload = this.#payload.of(plaintext, 0, bytes);
    const dropped = link.connection.handlePacket(packetNumber, payload, now);
    const { ids } = session;
    if (ids !== undefined && ids.heardId !== connectionId) {
      this.#links.heardUnder(connectionId, link);
    }
    const isNewest = packetNumber === session.window.highest;
    link.heardFrom(from, head.length, isNewest, now);
    this.#settle(link, now);
    return dropped;
  }
}
