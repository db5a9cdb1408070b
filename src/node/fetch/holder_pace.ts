import { SLICE_BYTES } from "../../content/mod.ts";
import { after, BoundedMap, type Instant } from "../../lib/mod.ts";
import type { HolderOffer } from "../../swarm/mod.ts";
import type { ConnectionHandle, FetchProgress, Transport } from "../../transport/mod.ts";

/** Connections remembered; the oldest is forgotten, which costs one stall and a new measurement. */
const CONNECTIONS_MAX = 4_096;
/** A holder that stalled is left aside for this long where there are others: it costs one fetch
 * HOLDER_STALL_MS to find out that it is silent still. */
const ASIDE_MS = 10_000;

/** One holder of several is asked for no more than it delivers in this time or in these round
 * trips, whichever is longer: nobody else delivers meanwhile what it has been asked for. */
const AHEAD_MS = 500;
const AHEAD_ROUND_TRIPS = 3;
/** But always for so much, or as a start: on a path that nobody has measured it costs little. */
const AHEAD_BYTES_MIN = 4 * SLICE_BYTES;
/** Until it has delivered something: quick enough to be tried, not to be preferred. */
const BYTES_PER_MS_GUESS = SLICE_BYTES / 10;
/** No holder counts as slower, lest a sum of waiting times lose its meaning: 1 kB/s. */
const BYTES_PER_MS_MIN = 1;
/** Shorter times would measure how datagrams are batched. */
const SAMPLE_MS_MIN = 5;

const NO_OFFER: HolderOffer = { room: 0, waitMs: Infinity, sliceMs: 1 };

interface Pace {
  asideUntil: Instant | undefined;
  bytesPerMs: number | undefined;
  /** Where the next measurement begins. */
  measuredAt: Instant;
  measuredBytes: number;
  /** Bytes that had arrived with the last slice. */
  seenBytes: number;
}

/** How fast holders deliver, over all the fetches that share them: what one fetch learns by
 * waiting, the next need not. */
export class HolderPace {
  readonly #transport: Pick<Transport, "fetchProgress" | "fetchRoom" | "info">;
  readonly #paces = new BoundedMap<ConnectionHandle, Pace>(CONNECTIONS_MAX);

  constructor(transport: Pick<Transport, "fetchProgress" | "fetchRoom" | "info">) {
    this.#transport = transport;
  }

  /** A slice that hashes right has come. */
  delivered(connection: ConnectionHandle, now: Instant): void {
    const progress = this.#transport.fetchProgress(connection);
    if (progress === undefined) return;
    const pace = this.#paceOf(connection, progress, now);
    pace.asideUntil = undefined;
    const { busySince = now, arrivedBytes } = progress;
    const isNewRun = busySince > pace.measuredAt; // it was our pause, not the holder's
    const from = isNewRun ? busySince : pace.measuredAt;
    const bytes = arrivedBytes - (isNewRun ? pace.seenBytes : pace.measuredBytes);
    if (now - from >= SAMPLE_MS_MIN) {
      const sample = Math.max(bytes / (now - from), BYTES_PER_MS_MIN);
      pace.bytesPerMs = pace.bytesPerMs === undefined ? sample : (pace.bytesPerMs + sample) / 2;
      pace.measuredAt = now;
      pace.measuredBytes = arrivedBytes;
    } else if (isNewRun) {
      pace.measuredAt = busySince;
      pace.measuredBytes = pace.seenBytes;
    }
    pace.seenBytes = arrivedBytes;
  }

  stalled(connection: ConnectionHandle, now: Instant): void {
    const progress = this.#transport.fetchProgress(connection);
    if (progress === undefined) return;
    this.#paceOf(connection, progress, now).asideUntil = after(now, ASIDE_MS);
  }

  isAside(connection: ConnectionHandle, now: Instant): boolean {
    const until = this.#paces.get(connection)?.asideUntil;
    return until !== undefined && now < until;
  }

  /** Bytes that have come of a holder so far, acknowledgements too. */
  readonly heardOf = (holder: number): number =>
    this.#transport.info(holder as ConnectionHandle)?.receivedBytes ?? 0;

  /** What may be asked of this holder now. @param hasOthers there are others to ask instead. */
  offerOf(connection: ConnectionHandle, hasOthers: boolean, now: Instant): HolderOffer {
    const roomBytes = this.#transport.fetchRoom(connection);
    const progress = this.#transport.fetchProgress(connection);
    if (progress === undefined) return NO_OFFER;
    const { bytesPerMs } = this.#paceOf(connection, progress, now);
    const rttMs = this.#transport.info(connection)?.smoothedRttMs ?? 0;
    const { outstandingBytes } = progress;
    let room = roomBytes;
    if (hasOthers) {
      const aheadMs = Math.max(AHEAD_MS, AHEAD_ROUND_TRIPS * rttMs);
      const aheadBytes = Math.max(AHEAD_BYTES_MIN, aheadMs * (bytesPerMs ?? 0));
      room = Math.min(room, aheadBytes - outstandingBytes);
    }
    const msPerByte = 1 / (bytesPerMs ?? BYTES_PER_MS_GUESS);
    return {
      room: Math.max(0, Math.floor(room / SLICE_BYTES)),
      waitMs: rttMs + outstandingBytes * msPerByte,
      sliceMs: SLICE_BYTES * msPerByte,
      heardBytes: this.heardOf(connection),
    };
  }

  #paceOf(connection: ConnectionHandle, progress: FetchProgress, now: Instant): Pace {
    const known = this.#paces.touch(connection);
    if (known !== undefined) return known;
    const { arrivedBytes } = progress;
    const pace: Pace = {
      asideUntil: undefined,
      bytesPerMs: undefined,
      measuredAt: now,
      measuredBytes: arrivedBytes,
      seenBytes: arrivedBytes,
    };
    this.#paces.set(connection, pace);
    return pace;
  }
}
