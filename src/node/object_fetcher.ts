import { sha1, sha256 } from "../crypto/mod.ts";
import { type ChunkId, equalBytes, type Instant, SkerryError, toHex } from "../lib/mod.ts";
import type { Clock } from "../ports/mod.ts";
import type { ConnectionHandle } from "../transport/mod.ts";
import type { LoopPart } from "./driver.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import type { HolderSet } from "./holder_set.ts";
import {
  type AttemptDoors,
  type AttemptResult,
  isUsable,
  ObjectAttempt,
} from "./object_attempt.ts";

type LookupOutcome = HolderSet["outcome"];

/** Whole objects fetched at once: each may need a buffer of 1 MiB. */
const FETCHES_MAX = 32;
/** A holder that sends no slice for this long is left for the next one. */
const STALL_MS = 3_000;
const MAX_PRICE_ANY = 255;

export interface FetchedObject {
  readonly bytes: Uint8Array;
  readonly holders: number;
  readonly lookup: HolderSet["outcome"];
}

/** What tells the right bytes from any other. */
export interface WholeProof {
  /** The same for the same proof of one id. */
  readonly name: string;
  isRight(bytes: Uint8Array): boolean;
}

/** Fetches objects that can only be proven whole (manifests by their hash, raw chunks by SHA-1):
 * from one holder at a time, because only then is it known who lied. One network fetch however
 * many ask for the same object. */
export class ObjectFetcher implements LoopPart {
  readonly #transport: AttemptDoors["transport"];
  readonly #requests: FetchRequests;
  readonly #holders: HolderDirectory;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #blame: (connection: ConnectionHandle, id: Uint8Array) => void;
  /** BOUNDED by FETCHES_MAX. */
  readonly #active = new Map<string, Promise<FetchedObject>>();
  /** BOUNDED by FETCHES_MAX: one each at a time. */
  readonly #attempts = new Set<ObjectAttempt>();
  started = 0;

  constructor(options: {
    transport: AttemptDoors["transport"];
    requests: FetchRequests;
    holders: HolderDirectory;
    clock: Clock;
    wake: () => void;
    blame: (connection: ConnectionHandle, id: Uint8Array) => void;
  }) {
    this.#transport = options.transport;
    this.#requests = options.requests;
    this.#holders = options.holders;
    this.#clock = options.clock;
    this.#wake = options.wake;
    this.#blame = options.blame;
  }

  /** @param proof who asks for the same id with another proof gets a fetch of its own.
   * @param listedBy the key of an object that names this one: its holders are asked first, which
   * saves a lookup and finds what has not been announced yet.
   * @throws {SkerryError} CHUNK_NOT_FOUND, HOLDERS_FAILED, NO_PEERS, BUSY. */
  fetch(id: ChunkId, proof: WholeProof, listedBy?: ChunkId): Promise<FetchedObject> {
    const key = `${toHex(id)} ${proof.name}`;
    const known = this.#active.get(key);
    if (known !== undefined) return known;
    if (this.#active.size >= FETCHES_MAX) {
      const why = `Cannot fetch more than ${FETCHES_MAX} objects at once`;
      return Promise.reject(new SkerryError("BUSY", why));
    }
    this.started++;
    const fetch = this.#run(id, proof, listedBy).finally(() => this.#active.delete(key));
    this.#active.set(key, fetch);
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
      const state: { requestId?: number; stopTimer: () => void } = { stopTimer: () => {} };
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

  async #run(
    id: ChunkId,
    proof: WholeProof,
    listedBy: ChunkId | undefined,
  ): Promise<FetchedObject> {
    const tried = new Set<ConnectionHandle>();
    if (listedBy !== undefined) {
      const near = await this.#fromSet(this.#holders.of(listedBy), id, proof, tried, false);
      if (near !== undefined) return near;
    }
    const set = this.#holders.of(id);
    const found = await this.#fromSet(set, id, proof, tried, true);
    if (found === undefined) throw exhausted(id, set);
    return found;
  }

  /** @param isOwn the set is of this very object: who does not deliver leaves it. A holder of the
   * object that lists it may lack it honestly. */
  async #fromSet(
    set: HolderSet,
    id: ChunkId,
    proof: WholeProof,
    tried: Set<ConnectionHandle>,
    isOwn: boolean,
  ): Promise<FetchedObject | undefined> {
    for (;;) {
      const connection = await this.#nextHolder(set, tried);
      if (connection === undefined) return undefined;
      tried.add(connection);
      const attempt = await this.#attempt(connection, id);
      const isWhole = attempt.result === "whole";
      if (isWhole && proof.isRight(attempt.bytes)) {
        return { bytes: attempt.bytes, holders: tried.size, lookup: set.outcome };
      }
      if (isWhole && isNamed(id, attempt.bytes)) {
        throw onlyOtherwiseNamed(id);
      }
      if (isWhole) this.#blame(connection, id);
      if (isWhole || isOwn) set.drop(connection);
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

  #attempt(connection: ConnectionHandle, id: ChunkId): Promise<AttemptResult> {
    return new Promise((resolve) => {
      const doors = {
        transport: this.#transport,
        requests: this.#requests,
        clock: this.#clock,
      };
      const attempt = new ObjectAttempt(connection, id, doors, (result) => {
        this.#attempts.delete(attempt);
        this.#wake();
        resolve(result);
      });
      this.#attempts.add(attempt);
      this.#wake();
    });
  }

  /** Runs before the chunk fetcher: a manifest page must not wait behind the chunks of its file. */
  turn(now: Instant): void {
    for (const attempt of this.#attempts) attempt.advance(now);
  }

  nextTimeout = (): undefined => undefined;
}

/** An object has two names of 20 bytes: its SHA-1, and for a manifest the start of its SHA-256. A
 * holder that sends what bears the name it was asked for is honest, whatever its asker wanted. */
function isNamed(id: ChunkId, bytes: Uint8Array): boolean {
  return equalBytes(sha1(bytes), id) || equalBytes(sha256(bytes).subarray(0, id.length), id);
}

function onlyOtherwiseNamed(id: ChunkId): SkerryError {
  const why = "what bears this id in the network does not hash to what was asked for";
  return new SkerryError("CHUNK_NOT_FOUND", `Nobody in the network has ${toHex(id)}: ${why}`);
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
