import { after, earliest, type Instant } from "../../lib/mod.ts";
import { UploadQueue, type UploadTurn } from "../../swarm/mod.ts";
import {
  type ConnectionHandle,
  FETCH_STATUS,
  type FetchStatus,
  SERVICE_TIERS,
  type Transport,
  type TransportEvent,
} from "../../transport/mod.ts";
import { SLICE_BYTES } from "../../content/mod.ts";
import { CLOSE_CODE, SLICES_PER_CHUNK } from "../../wire/mod.ts";
import type { LoopPart } from "../loop/driver.ts";
import { NO_TILL, type Till } from "../trade/selling.ts";
import { UploadBuffers } from "./upload_buffers.ts";

/** What serving needs of the store. */
export interface UploadSource {
  /** Length of an object by either of its ids; undefined if it is not here. */
  lengthOf(id: Uint8Array): number | undefined;
  /** True if an object here bears the id as its second name (SHA-256), not as its SHA-1. */
  isAlias(id: Uint8Array): boolean;
  /** Whether an object that is here is served to one who asks for `bytes` of it and may buy.
   * @param payer whose demand it is; undefined if nobody owes for it. */
  isOffered(id: Uint8Array, bytes: number, payer: string | undefined, now: Instant): boolean;
  /** As `read` where that takes no waiting; false if it would, or if that cannot be said. */
  readNow(id: Uint8Array, offset: number, into: Uint8Array): boolean;
  /** Fills `into` from `offset`; false if the object has gone or is damaged. */
  read(id: Uint8Array, offset: number, into: Uint8Array): Promise<boolean>;
}

type UploadEvent = Extract<
  TransportEvent,
  {
    kind:
      | "fetch_requested"
      | "fetch_cancelled"
      | "slices_wanted"
      | "slice_returned"
      | "closed";
  }
>;

/** Disk reads under way at once: enough to hide an SD card's latency, 4 MiB of memory at most. */
const READS_MAX = 16;
/** Bytes copied out of the system's memory by this thread in AT_ONCE_MS, half a millisecond's work
 * or so; the rest is left to the threads that read. By time, as turns are no measure: microtasks
 * bring any number of them before the loop gets to anything else. */
const AT_ONCE_BYTES_MAX = 32 * SLICE_BYTES;
const AT_ONCE_MS = 5;
/** What a SLICE_END says of a slice that cannot be sent after all. */
const SLICE_STATUS_GONE = 1;

/** Serves peers: queues what they ask, reads slices from the store as their connections and the
 * memory for all of them make room, and hands them over. Nothing is read ahead of a connection that
 * cannot send. */
export class UploadService implements LoopPart {
  readonly #transport: Transport;
  readonly #source: UploadSource;
  readonly #now: () => Instant;
  readonly #wake: () => void;
  /** Reads in the order in which the transport will send. */
  readonly #queue: UploadQueue;
  readonly #till: Till;
  /** Slices being read for a connection, which its room does not know of yet. BOUNDED by READS_MAX
   * turns of a few slices. */
  readonly #reading = new Map<ConnectionHandle, number>();
  readonly #buffers = new UploadBuffers();
  #reads = 0;
  /** Since when, and how many, of what AT_ONCE_MS allows. */
  #atOnceSince: Instant;
  #atOnceBytes = 0;
  #isDraining = false;
  servedBytes = 0;
  refusedFetches = 0;
  /** Peers closed because they kept what others waited for. */
  overduePeers = 0;

  /** @param till told of all that is served. */
  constructor(
    transport: Transport,
    source: UploadSource,
    now: () => Instant,
    wake: () => void,
    till: Till = NO_TILL,
  ) {
    this.#transport = transport;
    this.#till = till;
    const shareOf = (peer: number) => transport.shareOf(peer as ConnectionHandle);
    this.#queue = new UploadQueue(SERVICE_TIERS, shareOf);
    this.#source = source;
    this.#now = now;
    this.#atOnceSince = now();
    this.#wake = wake;
  }

  handleEvent(event: UploadEvent, now: Instant): void {
    switch (event.kind) {
      case "fetch_requested":
        this.#begin(event, now);
        break;
      case "fetch_cancelled":
        this.#queue.cancel(event.connection, event.requestId);
        this.#till.cancel(event.connection, event.requestId, now);
        break;
      case "slices_wanted":
        this.#queue.wake(event.connection);
        break;
      case "slice_returned":
        this.#settle(event, now);
        break;
      case "closed":
        this.#queue.dropPeer(event.connection);
        this.#buffers.forget(event.connection);
        this.#till.drop(event.connection, now);
        break;
    }
    this.#pump();
  }

  /** The peer may be sent more: it has signed for some. */
  wake(connection: ConnectionHandle): void {
    this.#queue.wake(connection);
    this.#pump();
  }

  /** Closes a peer that keeps what others wait for, and calls off what it has let stand. */
  turn(now: Instant): void {
    this.#callOffExpired(now);
    const peer = this.#buffers.overdue(now);
    if (peer === undefined) return;
    this.overduePeers++;
    this.#transport.close(peer as ConnectionHandle, CLOSE_CODE.limit, now);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#buffers.overdueAt, this.#till.nextTimeout());
  }

  /** Slices read for a peer and not acknowledged. */
  get heldSlices(): number {
    return this.#buffers.heldSlices;
  }

  /** From now on every new fetch is refused as busy. */
  drain(): void {
    this.#isDraining = true;
  }

  #begin(
    event: Extract<TransportEvent, { kind: "fetch_requested" }>,
    now: Instant,
  ): void {
    const { connection, requestId, id, bitmap } = event;
    // Who asks for the length alone asks for a chunk by its SHA-1 and has nothing to check it by.
    const isMeant = bitmap !== 0 || !this.#source.isAlias(id);
    const chunkLength = isMeant ? this.#source.lengthOf(id) : undefined;
    const sliceCount = Math.ceil((chunkLength ?? 0) / SLICE_BYTES);
    const inRange = bitmap & ((1 << sliceCount) - 1);
    const bytes = bytesOf(inRange, chunkLength ?? 0);
    const ask = { connection, requestId, id, bytes, maxPrice: event.maxPrice };
    const agreed = this.#till.open(ask, now); // before the disk is touched
    const { standing, payer } = agreed;
    let status: FetchStatus = agreed.status;
    if (status === FETCH_STATUS.ok) {
      if (chunkLength === undefined) status = FETCH_STATUS.unknown;
      else if (this.#isDraining || !this.#source.isOffered(id, bytes, payer, now)) {
        status = FETCH_STATUS.busy;
      } else if (!this.#queue.add(connection, requestId, id, inRange)) status = FETCH_STATUS.busy;
      if (status !== FETCH_STATUS.ok) this.#till.cancel(connection, requestId, now);
    }
    if (status !== FETCH_STATUS.ok) this.refusedFetches++;
    if (agreed.isSilent === true) return this.#transport.ignoreFetch(connection, requestId, now);
    const info = { status, chunkLength: chunkLength ?? 0, queueMs: 0, standing };
    this.#transport.fetchInfo(connection, requestId, info, now);
  }

  #settle(event: Extract<UploadEvent, { kind: "slice_returned" }>, now: Instant): void {
    const { connection, requestId, bytes, ackedBytes } = event;
    this.#till.settle(connection, requestId, bytes.length, ackedBytes, now);
    this.#giveBack(bytes, now);
  }

  #callOffExpired(now: Instant): void {
    for (;;) {
      const expired = this.#till.expired(now);
      if (expired === undefined) return;
      const { connection, requestId } = expired;
      const unread = this.#queue.cancel(connection, requestId);
      this.#till.cancel(connection, requestId, now);
      for (let slice = 0; slice < SLICES_PER_CHUNK; slice++) {
        if ((unread & (1 << slice)) === 0) continue;
        this.#transport.refuseSlice(connection, requestId, slice, FETCH_STATUS.credit, now);
      }
    }
  }

  #pump(): void {
    while (this.#reads < READS_MAX) {
      const turn = this.#queue.next((peer) => {
        const connection = peer as ConnectionHandle;
        const reading = this.#reading.get(connection) ?? 0;
        const unsigned = Math.ceil(this.#till.roomOf(connection) / SLICE_BYTES);
        const room = Math.min(this.#transport.sliceRoom(connection), unsigned) - reading;
        return room <= 0 ? 0 : Math.min(room, this.#buffers.roomFor(peer));
      });
      if (turn === undefined) {
        const waiting = this.#buffers.takeWaiting();
        if (waiting === undefined) return;
        this.#queue.wake(waiting);
        continue;
      }
      this.#reads++;
      this.#claim(turn, turn.sliceCount);
      void this.#serve(turn).finally(() => {
        this.#reads--;
        this.#claim(turn, -turn.sliceCount);
        this.#queue.wake(turn.peer);
        this.#wake();
        this.#pump();
      });
    }
  }

  #claim(turn: UploadTurn, slices: number): void {
    const connection = turn.peer as ConnectionHandle;
    const reading = (this.#reading.get(connection) ?? 0) + slices;
    if (reading <= 0) this.#reading.delete(connection);
    else this.#reading.set(connection, reading);
  }

  async #serve(turn: UploadTurn): Promise<void> {
    const length = this.#source.lengthOf(turn.id) ?? 0;
    const start = turn.firstSlice * SLICE_BYTES;
    const end = Math.min(start + turn.sliceCount * SLICE_BYTES, length);
    const bytes = this.#buffers.take(
      turn.peer,
      turn.sliceCount,
      Math.max(0, end - start),
      this.#now(),
    );
    const isThere = bytes.length > 0 &&
      (this.#readNow(turn.id, start, bytes) || await this.#read(turn.id, start, bytes));
    const now = this.#now();
    const connection = turn.peer as ConnectionHandle;
    if (bytes.length === 0) this.#till.cancel(connection, turn.requestId, now); // it has gone
    for (let i = 0; i < turn.sliceCount; i++) {
      const slice = turn.firstSlice + i;
      const part = bytes.subarray(i * SLICE_BYTES, (i + 1) * SLICE_BYTES);
      const isHere = isThere && part.length > 0;
      if (!isHere) this.#till.release(connection, turn.requestId, part.length, now);
      if (isHere && this.#provide(turn, slice, part, now)) this.servedBytes += part.length;
      else this.#refuse(turn, slice, bytes, now);
    }
  }

  /** @returns false if the fetch has been called off; then nothing of it is counted. */
  #provide(turn: UploadTurn, slice: number, part: Uint8Array, now: Instant): boolean {
    const connection = turn.peer as ConnectionHandle;
    if (!this.#till.hand(connection, turn.requestId, part.length)) return false;
    if (this.#transport.provideSlice(connection, turn.requestId, slice, part, now)) return true;
    this.#till.settle(connection, turn.requestId, part.length, 0, now);
    return false;
  }

  /** Of one that was called off the accounts know already.
   * @param bytes the memory of the whole turn, of which one slice goes back. */
  #refuse(turn: UploadTurn, slice: number, bytes: Uint8Array, now: Instant): void {
    const connection = turn.peer as ConnectionHandle;
    this.#transport.refuseSlice(connection, turn.requestId, slice, SLICE_STATUS_GONE, now);
    this.#giveBack(bytes, now);
  }

  /** One slice of what bytes' memory was taken for. */
  #giveBack(bytes: Uint8Array, now: Instant): void {
    const peer = this.#buffers.give(bytes, now);
    if (peer !== undefined) this.#queue.wake(peer);
  }

  #readNow(id: Uint8Array, offset: number, into: Uint8Array): boolean {
    const now = this.#now();
    if (now >= after(this.#atOnceSince, AT_ONCE_MS)) {
      this.#atOnceSince = now;
      this.#atOnceBytes = 0;
    }
    if (this.#atOnceBytes + into.length > AT_ONCE_BYTES_MAX) return false;
    if (!this.#source.readNow(id, offset, into)) return false;
    this.#atOnceBytes += into.length;
    return true;
  }

  /** A failing disk is a slice that is gone to the peer; the store tells the operator. */
  async #read(id: Uint8Array, offset: number, into: Uint8Array): Promise<boolean> {
    try {
      return await this.#source.read(id, offset, into);
    } catch {
      return false;
    }
  }
}

/** Bytes of the slices in `bitmap` of an object. */
function bytesOf(bitmap: number, chunkLength: number): number {
  let bytes = 0;
  for (let slice = 0; slice < SLICES_PER_CHUNK; slice++) {
    if ((bitmap & (1 << slice)) === 0) continue;
    bytes += Math.min(SLICE_BYTES, chunkLength - slice * SLICE_BYTES);
  }
  return bytes;
}
