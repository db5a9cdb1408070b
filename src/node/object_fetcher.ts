import { type ChunkId, SkerryError, toHex } from "../lib/mod.ts";
import type { Clock } from "../ports/mod.ts";
import { type ConnectionHandle, FETCH_STATUS } from "../transport/mod.ts";
import { CHUNK_BYTES, sliceCount } from "../content/mod.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import type { HolderSet } from "./holder_set.ts";

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
  length?: number;
  requestId?: number;
  stopTimer: () => void;
}

function isWhole({ received, length }: AttemptState): boolean {
  if (length === undefined) return false;
  const all = (1 << sliceCount(length)) - 1;
  return (received & all) === all;
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
      const state: AttemptState = { received: 0, stopTimer: () => {} };
      const end = (attempt: Attempt): void => {
        state.stopTimer();
        if (state.requestId !== undefined) this.#end(connection, state.requestId, attempt);
        resolve(attempt);
      };
      const checkWhole = (): void => {
        if (isWhole(state)) end({ result: "whole", bytes: buffer.slice(0, state.length) });
        else arm();
      };
      const arm = (): void => {
        state.stopTimer();
        state.stopTimer = this.#clock.schedule(STALL_MS, () => end({ result: "stalled" }));
      };
      const sink: FetchSink = {
        info: (status, chunkLength) => {
          const fits = chunkLength > 0 && chunkLength <= CHUNK_BYTES;
          if (status !== FETCH_STATUS.ok || !fits) return end({ result: "refused" });
          state.length = chunkLength;
          checkWhole();
        },
        slice: (slice) => {
          state.received |= 1 << slice;
          checkWhole();
        },
        refused: () => end({ result: "refused" }),
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
