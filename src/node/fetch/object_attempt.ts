import { CHUNK_BYTES, SLICE_BYTES, sliceCount } from "../../content/mod.ts";
import type { BufferPool, ChunkId, Instant } from "../../lib/mod.ts";
import type { Spending } from "../../market/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import {
  type ConnectionHandle,
  FETCH_STATUS,
  type FetchStatus,
  type Transport,
} from "../../transport/mod.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";

/** A holder that sends nothing for this long is left for the next one. */
const STALL_MS = 3_000;
/** A holder that sends less than this meanwhile (4 KiB/s), of anything that was asked of it, counts
 * as silent where there are others. */
const PROGRESS_BYTES_MIN = 12 * 1024;
/** One that has not acknowledged so much as the question meanwhile, or for so many round trips, is
 * left where another one can be asked at once: its session may have outlived it. */
const SILENT_MS_MIN = 300;
const SILENT_ROUND_TRIPS = 3;
const ALL_SLICES = 0xffff;

export type AttemptResult =
  | { readonly result: "whole"; readonly bytes: Uint8Array }
  | { readonly result: AttemptFailure };
/** credit: the holder gives us none, or its price is more than this node pays. silent: another one
 * was there to be asked; it may yet be worth waiting for. */
export type AttemptFailure =
  | "unknown"
  | "credit"
  | "refused"
  | "silent"
  | "stalled"
  | "closed"
  | "cancelled";

export interface AttemptDoors {
  /** What pays. */
  readonly spending?: Spending | undefined;
  readonly transport: Pick<Transport, "fetchProgress" | "fetchRoom" | "info">;
  readonly requests: FetchRequests;
  /** Of 1 MiB. */
  readonly buffers: BufferPool;
  readonly clock: Clock;
  /** Whether another holder may be had, and whether one is reached already. */
  readonly others: { readonly hasMore: boolean; readonly hasReached: boolean };
}

/** One try to get one whole object from one holder. Its length is not known at first: where there
 * is room for 1 MiB everything is asked for at once, else the first slice, and the rest once the
 * holder has told the length. */
export class ObjectAttempt {
  readonly #connection: ConnectionHandle;
  readonly #id: ChunkId;
  readonly #doors: AttemptDoors;
  readonly #end: (result: AttemptResult) => void;
  /** Given back once nothing that was asked for can be written any more. */
  readonly #buffer: Uint8Array;
  readonly #requestIds: number[] = [];
  #asked = 0;
  #received = 0;
  #refused = 0;
  #length: number | undefined;
  #isOver = false;
  #stopTimer = (): void => {};
  #stopListening = (): void => {};

  constructor(
    connection: ConnectionHandle,
    id: ChunkId,
    doors: AttemptDoors,
    end: (result: AttemptResult) => void,
  ) {
    this.#connection = connection;
    this.#id = id;
    this.#doors = doors;
    this.#buffer = doors.buffers.take();
    this.#end = end;
    this.#arm();
  }

  /** Asks for what is still to be asked, as far as flow control allows; call again at every turn.
   * @returns false once it is over. */
  advance(now: Instant): boolean {
    if (this.#isOver) return false;
    const { transport, requests, spending } = this.#doors;
    const missing = (this.#needed ?? ALL_SLICES) & ~this.#asked;
    if (missing === 0) return true;
    if (transport.info(this.#connection)?.isEstablished !== true) {
      this.#finish({ result: "closed" });
      return false;
    }
    if (requests.isTooDear(this.#connection, this.#id)) {
      this.#finish({ result: "credit" });
      return false;
    }
    const credit = requests.roomFor(this.#connection, this.#id, spending);
    const room = Math.floor(Math.min(transport.fetchRoom(this.#connection), credit) / SLICE_BYTES);
    const bitmap = this.#length === undefined && this.#asked !== 0 ? 0 : choose(missing, room);
    if (bitmap === 0) return true;
    const request = { id: this.#id, bitmap, into: this.#buffer, spending };
    const requestId = requests.start(this.#connection, request, this.#sink, now);
    if (requestId === undefined) return true;
    if (this.#asked === 0 && this.#doors.others.hasMore) this.#listen(this.#heardBytes);
    this.#asked |= bitmap;
    this.#requestIds.push(requestId);
    return true;
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.#finish({ result: "cancelled" });
  }

  /** Bits of the slices that the object has; undefined while its length is not known. */
  get #needed(): number | undefined {
    return this.#length === undefined ? undefined : (1 << sliceCount(this.#length)) - 1;
  }

  readonly #sink: FetchSink = {
    info: (status, length) => {
      if (status === FETCH_STATUS.unknown) return this.#finish({ result: "unknown" });
      if (status === FETCH_STATUS.credit) return this.#finish({ result: "credit" });
      if (!isUsable(status, length)) return this.#finish({ result: "refused" });
      if (this.#length !== undefined && this.#length !== length) {
        return this.#finish({ result: "refused" }); // one object has one length
      }
      this.#length = length;
      this.#check();
    },
    slice: (slice) => {
      this.#received |= 1 << slice;
      this.#check();
    },
    // Slices past the end were asked for too, as the length was not known; those are refused.
    refused: (slice) => {
      this.#refused |= 1 << slice;
      this.#check();
    },
    closed: () => this.#finish({ result: "closed" }),
  };

  #check(): void {
    const needed = this.#needed;
    if (needed === undefined) return this.#arm();
    if ((this.#refused & needed) !== 0) return this.#finish({ result: "refused" });
    if ((this.#received & needed) !== needed) return this.#arm();
    this.#finish({ result: "whole", bytes: this.#buffer.slice(0, this.#length) });
  }

  #arm(): void {
    this.#stopTimer();
    const before = this.#arrivedBytes();
    this.#stopTimer = this.#doors.clock.schedule(STALL_MS, () => {
      // On a slow line a slice takes longer than that: bytes count too.
      const bytes = this.#arrivedBytes() - before;
      if (bytes >= (this.#doors.others.hasMore ? PROGRESS_BYTES_MIN : 1)) this.#arm();
      else this.#finish({ result: "stalled" });
    });
  }

  /** Leaves a holder of which nothing is heard, not even an acknowledgement, for another one. */
  #listen(before: number): void {
    const rttMs = this.#doors.transport.info(this.#connection)?.smoothedRttMs ?? 0;
    const silentMs = Math.max(SILENT_MS_MIN, SILENT_ROUND_TRIPS * rttMs);
    this.#stopListening = this.#doors.clock.schedule(silentMs, () => {
      if (this.#isOver || this.#heardBytes !== before) return;
      if (this.#doors.others.hasReached) this.#finish({ result: "silent" });
      else this.#listen(before);
    });
  }

  get #heardBytes(): number {
    return this.#doors.transport.info(this.#connection)?.receivedBytes ?? 0;
  }

  #arrivedBytes(): number {
    return this.#doors.transport.fetchProgress(this.#connection)?.arrivedBytes ?? 0;
  }

  #finish(result: AttemptResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    this.#stopListening();
    const now = this.#doors.clock.now();
    const { requests } = this.#doors;
    for (const requestId of this.#requestIds) {
      const isKept = result.result === "whole" || result.result === "cancelled";
      if (isKept) requests.cancel(this.#connection, requestId, now);
      else requests.abandon(this.#connection, requestId, now);
    }
    this.#doors.buffers.give(this.#buffer);
    this.#payBack(result);
    this.#end(result);
  }

  /** What a holder that fails leaves behind is a part that no hash can prove. */
  #payBack({ result }: AttemptResult): void {
    if (result === "whole" || result === "cancelled") return;
    let bytes = 0;
    for (let slice = 0, length = this.#length ?? 0; slice * SLICE_BYTES < length; slice++) {
      if ((this.#received & (1 << slice)) === 0) continue;
      bytes += Math.min(SLICE_BYTES, length - slice * SLICE_BYTES);
    }
    const { requests, spending } = this.#doors;
    if (bytes > 0) requests.refund(this.#connection, this.#id, bytes, spending);
  }
}

/** All that is missing if it fits, else the first slice. */
function choose(missing: number, room: number): number {
  let count = 0;
  for (let rest = missing; rest !== 0; rest &= rest - 1) count++;
  if (room >= count) return missing;
  return room > 0 ? missing & -missing : 0;
}

/** Whether a holder's first answer promises an object at all. */
export function isUsable(status: FetchStatus, length: number): boolean {
  return status === FETCH_STATUS.ok && length > 0 && length <= CHUNK_BYTES;
}
