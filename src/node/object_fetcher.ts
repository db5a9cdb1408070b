import { type ChunkId, SkerryError, toHex } from "../lib/mod.ts";
import type { Clock } from "../ports/mod.ts";
import { type ConnectionHandle, FETCH_STATUS, type FetchStatus } from "../transport/mod.ts";
import { CHUNK_BYTES, sliceCount } from "../content/mod.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import type { HolderSet } from "./holder_set.ts";

type LookupOutcome = HolderSet["outcome"];

/** Whole objects fetched at once: each may need a buffer of 1 MiB. */
const FETCHES_MAX = 32;
/** A holder that sends no slice for this long is left for the next one. */
const STALL_MS = 3_000;
const MAX_PRICE_ANY = 255;
const ALL_SLICES = 0xffff;

export interface FetchedObject {
  readonly bytes: Uint8Array;
  readonly holders: number;
  readonly lookup: HolderSet["outcome"];
}

type Attempt =
  | { readonly result: "whole"; readonly bytes: Uint8Array }
  | { readonly result: "refused" | "stalled" | "closed" };

interface AttemptState {
  received: number;
  refused: number;
  length?: number;
  requestId?: number;
  stopTimer: () => void;
}

function isUsable(status: FetchStatus, length: number): boolean {
  return status === FETCH_STATUS.ok && length > 0 && length <= CHUNK_BYTES;
}

/** Bits of the slices that an object of `length` has; none while the length is not known. */
function neededSlices(length: number | undefined): number {
  return length === undefined ? 0 : (1 << sliceCount(length)) - 1;
}

/** Fetches objects that can only be proven whole (manifests by their hash, raw chunks by SHA-1):
 * from one holder at a time, because only then is it known who lied. One network fetch however
 * many ask for the same object. */
export class ObjectFetcher {
  readonly #requests: FetchRequests;
  readonly #holders: HolderDirectory;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #blame: (connection: ConnectionHandle, id: Uint8Array) => void;
  /** BOUNDED by FETCHES_MAX. */
  readonly #active = new Map<string, Promise<FetchedObject>>();
  started = 0;

  constructor(options: {
    requests: FetchRequests;
    holders: HolderDirectory;
    clock: Clock;
    wake: () => void;
    blame: (connection: ConnectionHandle, id: Uint8Array) => void;
  }) {
    this.#requests = options.requests;
    this.#holders = options.holders;
    this.#clock = options.clock;
    this.#wake = options.wake;
    this.#blame = options.blame;
  }

  /** @param isRight the proof: true for the right bytes, false for any other.
   * @throws {SkerryError} CHUNK_NOT_FOUND, HOLDERS_FAILED, NO_PEERS, BUSY. */
  fetch(id: ChunkId, isRight: (bytes: Uint8Array) => boolean): Promise<FetchedObject> {
    const hex = toHex(id);
    const known = this.#active.get(hex);
    if (known !== undefined) return known;
    if (this.#active.size >= FETCHES_MAX) {
      const why = `Cannot fetch more than ${FETCHES_MAX} objects at once`;
      return Promise.reject(new SkerryError("BUSY", why));
    }
    this.started++;
    const fetch = this.#run(id, isRight).finally(() => this.#active.delete(hex));
    this.#active.set(hex, fetch);
    return fetch;
  }

  /** The object's length by a holder's word, moving no payload: the first answer to a FETCH for no
   * slices. @throws {SkerryError} CHUNK_NOT_FOUND, HOLDERS_FAILED, NO_PEERS. */
  async stat(id: ChunkId): Promise<{ readonly size: number; readonly lookup: LookupOutcome }> {
    const set = this.#holders.of(id);
    const tried = new Set<ConnectionHandle>();
    for (;;) {
      const connection = await this.#nextHolder(set, tried);
      if (connection === undefined) throw exhausted(id, set);
      tried.add(connection);
      const size = await this.#askLength(connection, id);
      if (size !== undefined) return { size, lookup: set.outcome };
      set.drop(connection);
    }
  }

  #askLength(connection: ConnectionHandle, id: ChunkId): Promise<number | undefined> {
    return new Promise((resolve) => {
      const state: AttemptState = { received: 0, refused: 0, stopTimer: () => {} };
      const end = (size: number | undefined): void => {
        state.stopTimer();
        if (state.requestId !== undefined) {
          this.#requests.cancel(connection, state.requestId, this.#clock.now());
          this.#wake();
        }
        resolve(size);
      };
      const none = (): void => end(undefined);
      const sink: FetchSink = {
        info: (status, length) => end(isUsable(status, length) ? length : undefined),
        slice: none,
        refused: none,
        closed: none,
      };
      state.stopTimer = this.#clock.schedule(STALL_MS, none);
      const request = { id, bitmap: 0, maxPrice: MAX_PRICE_ANY, into: new Uint8Array() };
      const requestId = this.#requests.start(connection, request, sink, this.#clock.now());
      if (requestId === undefined) return none();
      state.requestId = requestId;
      this.#wake();
    });
  }

  async #run(id: ChunkId, isRight: (bytes: Uint8Array) => boolean): Promise<FetchedObject> {
    const set = this.#holders.of(id);
    const tried = new Set<ConnectionHandle>();
    for (;;) {
      const connection = await this.#nextHolder(set, tried);
      if (connection === undefined) throw exhausted(id, set);
      tried.add(connection);
      const attempt = await this.#attempt(connection, id);
      if (attempt.result === "whole") {
        if (isRight(attempt.bytes)) {
          return { bytes: attempt.bytes, holders: tried.size, lookup: set.outcome };
        }
        this.#blame(connection, id);
      }
      set.drop(connection);
    }
  }

  /** The next connected holder that was not tried; undefined when there will be none. */
  #nextHolder(
    set: HolderSet,
    tried: ReadonlySet<ConnectionHandle>,
  ): Promise<ConnectionHandle | undefined> {
    return new Promise((resolve) => {
      const look = (): boolean => {
        const next = [...set.connected].find((connection) => !tried.has(connection));
        if (next === undefined && !set.isSettled) return false;
        resolve(next);
        return true;
      };
      if (look()) return;
      const unsubscribe = set.subscribe(() => {
        if (look()) unsubscribe();
      });
    });
  }

  #attempt(connection: ConnectionHandle, id: ChunkId): Promise<Attempt> {
    return new Promise((resolve) => {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const state: AttemptState = { received: 0, refused: 0, stopTimer: () => {} };
      const end = (attempt: Attempt): void => {
        state.stopTimer();
        if (state.requestId !== undefined) this.#end(connection, state.requestId, attempt);
        resolve(attempt);
      };
      const checkWhole = (): void => {
        const needed = neededSlices(state.length);
        if ((state.refused & needed) !== 0) end({ result: "refused" });
        else if (needed === 0 || (state.received & needed) !== needed) arm();
        else end({ result: "whole", bytes: buffer.slice(0, state.length) });
      };
      const arm = (): void => {
        state.stopTimer();
        state.stopTimer = this.#clock.schedule(STALL_MS, () => end({ result: "stalled" }));
      };
      const sink: FetchSink = {
        info: (status, chunkLength) => {
          if (!isUsable(status, chunkLength)) return end({ result: "refused" });
          state.length = chunkLength;
          checkWhole();
        },
        slice: (slice) => {
          state.received |= 1 << slice;
          checkWhole();
        },
        // Every slice was asked for, as the length was not known: those past it are refused.
        refused: (slice) => {
          state.refused |= 1 << slice;
          checkWhole();
        },
        closed: () => end({ result: "closed" }),
      };
      arm();
      const request = { id, bitmap: ALL_SLICES, maxPrice: MAX_PRICE_ANY, into: buffer };
      const requestId = this.#requests.start(connection, request, sink, this.#clock.now());
      if (requestId === undefined) return end({ result: "refused" });
      state.requestId = requestId;
      this.#wake();
    });
  }

  #end(connection: ConnectionHandle, requestId: number, attempt: Attempt): void {
    if (attempt.result === "whole") this.#requests.finished(connection, requestId);
    else this.#requests.cancel(connection, requestId, this.#clock.now());
    this.#wake();
  }
}

function exhausted(id: ChunkId, set: HolderSet): SkerryError {
  const hex = toHex(id);
  if (set.found > 0) {
    const why = `${set.found} holder(s) found, none of them delivered it`;
    return new SkerryError("HOLDERS_FAILED", `Cannot fetch ${hex}: ${why}`);
  }
  if ((set.outcome?.answered ?? 0) > 0) {
    return new SkerryError("CHUNK_NOT_FOUND", `Nobody in the network has ${hex}`);
  }
  return new SkerryError("NO_PEERS", `Cannot look ${hex} up: no other node answers`);
}
