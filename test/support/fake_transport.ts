import { asPublicKey, type Instant, type Share, toHex } from "../../src/lib/mod.ts";
import type { WorkClaim } from "../../src/session/mod.ts";
import {
  type ConnectionHandle,
  type ConnectionInfo,
  DEFAULT_SHARE,
  type DialTarget,
  FETCH_STATUS,
  type FetchProgress,
  type FetchRequest,
  NO_STANDING,
  type Transport,
  type TransportEvent,
} from "../../src/transport/mod.ts";

/** How a scripted holder answers a FETCH; a slow one sends slice by slice, at `letSlowOnesSend`, a
 * mute one does not even answer a dial before `letMuteOnesAnswer`. */
export type Behaviour = "serve" | "slow" | "lie" | "unknown" | "silent" | "unreachable" | "mute";

export interface ScriptedHolder extends DialTarget {
  readonly behaviour: Behaviour;
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

export function holder(
  name: number,
  behaviour: Behaviour,
  objects: ReadonlyMap<string, Uint8Array>,
): ScriptedHolder {
  const publicKey = asPublicKey(new Uint8Array(32).fill(name));
  return { publicKey, address: { ip: "192.0.2.1", port: 1000 + name }, behaviour, objects };
}

const SLICE = 65_536;
const NO_PROGRESS: FetchProgress = {
  outstandingBytes: 0,
  busySince: undefined,
  arrivedBytes: 0,
  arrivedAt: undefined,
};

/** A slice on its way: its bytes are written where they belong when it arrives, not before. */
interface SliceOnItsWay {
  readonly event: Extract<TransportEvent, { kind: "slice_received" }>;
  readonly write: () => void;
  readonly spoil: () => void;
}

/** A Transport whose peers follow a script, for the twins of the services above it. The real one
 * has its own tests, and the swarm tests run the services over it. */
export class FakeTransport implements Transport {
  readonly asked: { holder: number; bitmap: number }[] = [];
  readonly cancelled: number[] = [];
  readonly cancelledSlices: { requestId: number; slice: number }[] = [];
  readonly infos: { status: number; chunkLength: number }[] = [];
  readonly provided: { slice: number; bytes: Uint8Array }[] = [];
  readonly refused: number[] = [];
  readonly ignored: number[] = [];
  readonly closedConnections: ConnectionHandle[] = [];
  room = 16;
  /** Bytes that have come of whatever is called off. */
  calledOffBytes = 0;
  share: Share = DEFAULT_SHARE;
  /** What has come of its peers, acknowledgements too, where a test tells it. */
  readonly heardBytes = new Map<ConnectionHandle, number>();
  /** Its peers' pace, where a test tells it. */
  readonly progress = new Map<ConnectionHandle, FetchProgress>();
  readonly #holders = new Map<ConnectionHandle, ScriptedHolder>();
  readonly #known: readonly ScriptedHolder[];
  #events: TransportEvent[] = [];
  #slow: SliceOnItsWay[] = [];
  readonly #mute = new Set<ConnectionHandle>();
  #nextRequest = 1;

  constructor(known: readonly ScriptedHolder[] = []) {
    this.#known = known;
  }

  handleOf(target: DialTarget): ConnectionHandle {
    return (target.publicKey[0] ?? 0) as ConnectionHandle;
  }

  connect(target: DialTarget): ConnectionHandle {
    const connection = this.handleOf(target);
    const scripted = this.#known.find((other) => this.handleOf(other) === connection);
    const { publicKey, address } = target;
    if (scripted === undefined || scripted.behaviour === "unreachable") {
      const reason = "timed_out" as const;
      this.#events.push({ kind: "connect_failed", connection, publicKey, address, reason });
      return connection;
    }
    if (this.#holders.has(connection)) return connection;
    this.#holders.set(connection, scripted);
    if (scripted.behaviour === "mute") this.#mute.add(connection);
    else this.#connected(connection, target);
    return connection;
  }

  #connected(connection: ConnectionHandle, { publicKey, address }: DialTarget): void {
    const work = { idNonce: 0n, rankNonce: 0n, rank: 0 };
    const rest = { initiatedByUs: true, observedAddress: undefined, askedUnproven: false };
    this.#events.push({ kind: "connected", connection, publicKey, work, address, ...rest });
  }

  /** Mute holders that have been dialled answer now. */
  letMuteOnesAnswer(): void {
    for (const connection of this.#mute) {
      const scripted = this.#holders.get(connection);
      if (scripted !== undefined) this.#connected(connection, scripted);
    }
    this.#mute.clear();
  }

  startFetch(connection: ConnectionHandle, request: FetchRequest): number | undefined {
    const scripted = this.#holders.get(connection);
    if (scripted === undefined) return undefined;
    const requestId = this.#nextRequest++;
    this.asked.push({ holder: connection, bitmap: request.bitmap });
    if (scripted.behaviour === "silent") return requestId;
    const object = scripted.objects.get(toHex(request.id));
    const isThere = object !== undefined && scripted.behaviour !== "unknown";
    const status = isThere ? FETCH_STATUS.ok : FETCH_STATUS.unknown;
    const chunkLength = isThere ? object.length : 0;
    const queueMs = 0;
    this.#events.push({
      kind: "fetch_info",
      connection,
      requestId,
      status,
      chunkLength,
      queueMs,
      standing: NO_STANDING,
    });
    if (!isThere) return requestId;
    for (let slice = 0; slice * SLICE < object.length; slice++) {
      if ((request.bitmap & (1 << slice)) === 0) continue;
      const bytes = object.slice(slice * SLICE, (slice + 1) * SLICE);
      if (scripted.behaviour === "lie") bytes[0] = (bytes[0] ?? 0) ^ 1;
      const event = { kind: "slice_received" as const, connection, requestId, slice };
      const at = slice * SLICE - (request.intoAt ?? 0);
      const write = (): void => request.into.set(bytes, at);
      const spoil = (): void => void request.into.fill(0xdd, at, at + 9);
      const arriving = { event, write, spoil };
      if (scripted.behaviour === "slow") this.#slow.push(arriving);
      else this.#arrive(arriving);
    }
    return requestId;
  }

  #arrive({ event, write }: SliceOnItsWay): void {
    write();
    this.#events.push(event);
  }

  /** The next `count` slices of slow holders arrive. */
  letSlowOnesSend(count: number): void {
    for (const slice of this.#slow.splice(0, count)) this.#arrive(slice);
  }

  /** As letSlowOnesSend, of one holder. */
  letSlowOnesOf(name: number, count: number): void {
    const its = this.#slow.filter(({ event }) => event.connection === name).slice(0, count);
    this.#slow = this.#slow.filter((slice) => !its.includes(slice));
    for (const slice of its) this.#arrive(slice);
  }

  /** A part of each slice that a slow holder still owes is written, and is wrong. */
  spoil(name: number): void {
    for (const { event, spoil } of this.#slow) if (event.connection === name) spoil();
  }

  cancelFetch(
    _connection: ConnectionHandle,
    requestId: number,
    _now: Instant,
    slice?: number,
  ): number {
    if (slice === undefined) this.cancelled.push(requestId);
    else this.cancelledSlices.push({ requestId, slice });
    const isLeft = (event: TransportEvent): boolean =>
      !("requestId" in event) || event.requestId !== requestId ||
      (slice !== undefined && (event.kind !== "slice_received" || event.slice !== slice));
    this.#events = this.#events.filter(isLeft);
    this.#slow = this.#slow.filter(({ event }) => isLeft(event));
    return this.calledOffBytes;
  }

  readonly works: WorkClaim[] = [];

  setWork(work: WorkClaim): void {
    this.works.push(work);
  }

  ignoreFetch(_connection: ConnectionHandle, requestId: number): void {
    this.ignored.push(requestId);
  }

  fetchInfo(
    _connection: ConnectionHandle,
    _requestId: number,
    info: { status: number; chunkLength: number },
  ): void {
    this.infos.push({ status: info.status, chunkLength: info.chunkLength });
  }

  provideSlice(
    _connection: ConnectionHandle,
    _requestId: number,
    slice: number,
    bytes: Uint8Array,
  ): boolean {
    this.provided.push({ slice, bytes });
    return true;
  }

  refuseSlice(_connection: ConnectionHandle, _requestId: number, slice: number): void {
    this.refused.push(slice);
  }

  close(connection: ConnectionHandle): void {
    this.closedConnections.push(connection);
    const scripted = this.#holders.get(connection);
    if (scripted === undefined) return;
    this.#holders.delete(connection);
    this.#slow = this.#slow.filter(({ event }) => event.connection !== connection);
    const { publicKey } = scripted;
    this.#events.push({ kind: "closed", connection, publicKey, reason: "local", code: 0 });
  }

  /** Hands every queued event to `deliver`, also those that it causes. */
  deliver(deliver: (event: TransportEvent) => void): void {
    for (let event = this.pollEvent(); event !== undefined; event = this.pollEvent()) {
      deliver(event);
    }
  }

  pollEvent(): TransportEvent | undefined {
    return this.#events.shift();
  }

  fetchProgress(connection: ConnectionHandle): FetchProgress | undefined {
    if (!this.#holders.has(connection)) return undefined;
    return this.progress.get(connection) ?? NO_PROGRESS;
  }

  info(connection: ConnectionHandle): ConnectionInfo | undefined {
    const scripted = this.#holders.get(connection);
    if (scripted === undefined) return undefined;
    const isUp = !this.#mute.has(connection) &&
      !this.#events.some((event) => event.kind === "connected" && event.connection === connection);
    const receivedBytes = this.heardBytes.get(connection) ?? 0;
    return { ...scripted, isEstablished: isUp, receivedBytes } as unknown as ConnectionInfo;
  }

  sendMessage = (): boolean => true;
  sendAnswer = (): boolean => true;
  handleDatagram(): void {}
  handleTimeout(): void {}
  nextTimeout = (): Instant | undefined => undefined;
  pollTransmit = (): undefined => undefined;
  sliceRoom = (): number => this.room;
  shareOf = (): Share => this.share;
  setShare(): void {}
  fetchRoom = (): number => this.room * SLICE;
  connections = (): Iterable<ConnectionHandle> => this.#holders.keys();
  stats = (): Readonly<Record<string, number>> => ({});
}
