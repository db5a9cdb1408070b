import { SLICE_BYTES, sliceCount, verifySlice } from "../../content/mod.ts";
import {
  assert,
  type ChunkId,
  equalBytes,
  type Instant,
  SkerryError,
  type SkerryErrorCode,
  toHex,
} from "../../lib/mod.ts";
import { ChunkDownload, type HolderOffer } from "../../swarm/mod.ts";
import { type ConnectionHandle, FETCH_STATUS } from "../../transport/mod.ts";
import { NO_TERMS, type ReadTerms, type Spending } from "../../market/mod.ts";
import type { HolderSet } from "../peers/holder_set.ts";
import { ChunkShopping, type Shopping } from "./chunk_shopping.ts";
import type { FetchContext } from "./fetch_context.ts";
import { failureOf } from "./fetch_failure.ts";
import { SliceRequests } from "./slice_requests.ts";
import { SliceWaiters } from "./slice_waiters.ts";

/** A chunk of a file, with the proofs of its slices. */
export interface ProvenChunk {
  readonly id: ChunkId;
  /** 1 … 1 MiB. */
  readonly length: number;
  /** SHA-256 tree hashes of its slices, n × 32 bytes. */
  readonly sliceHashes: Uint8Array;
}

/** Nobody who has it is known; somebody is, and none of them reached; some are. */
export type FetchPhase = "looking" | "connecting" | "fetching";

/** One chunk on its way in: asks holders for slices, proves each, replaces holders that fail.
 *
 * Its buffer goes back to the pool once, when it is neither "running" (holders' bytes are written
 * into it) nor "keeping" (the store reads it): readers only copy out of it. */
export class ActiveFetch {
  readonly chunk: ProvenChunk;
  readonly servedBy = new Set<ConnectionHandle>();
  state: "running" | "complete" | "keeping" | "over" = "running";
  readers = 0;
  #buffer: Uint8Array | undefined;
  readonly #context: FetchContext;
  readonly #download: ChunkDownload;
  readonly #fileKeys: readonly Uint8Array[];
  #sets: HolderSet[] = [];
  #unsubscribe: (() => void)[] = [];
  #hasAskedForChunk = false;
  readonly #slices: SliceRequests;
  readonly #shopping: ChunkShopping;
  /** At which price factor. BOUNDED by the holders found. */
  readonly #askedAt = new Map<ConnectionHandle, number>();
  /** Holders that give us no credit, or ask more than this node pays. BOUNDED by those found. */
  readonly #withoutCredit = new Set<ConnectionHandle>();
  readonly #waiters = new SliceWaiters();
  #verified = 0;
  #failure: SkerryError | undefined;
  #isDirty = true;
  /** How often room had been made when it was planned last. */
  #roomSeen = 0;

  constructor(chunk: ProvenChunk, fileKeys: readonly Uint8Array[], context: FetchContext) {
    this.chunk = chunk;
    const buffer = context.buffers.take().subarray(0, chunk.length);
    this.#buffer = buffer;
    this.#fileKeys = fileKeys;
    this.#context = context;
    this.#download = new ChunkDownload(sliceCount(chunk.length));
    this.#shopping = new ChunkShopping(chunk.length);
    this.#slices = new SliceRequests(chunk, buffer, context.requests, {
      arrived: (connection, slice, bytes, spending) =>
        this.#arrived(connection, slice, bytes, spending),
      refused: (connection, status) => {
        if (status === FETCH_STATUS.credit && this.#hasBecomeDearer(connection)) {
          this.#leave(connection, this.#context.now()); // it is thought of again at that price
        } else {
          if (status === FETCH_STATUS.credit) this.#noteNoCredit(connection);
          this.#refused(connection);
        }
        this.#touch();
      },
      closed: (connection) => {
        this.#download.dropHolder(connection);
        this.#touch();
      },
    });
  }

  get #bytes(): Uint8Array {
    assert(this.#buffer !== undefined, "the buffer of a fetch under way is its own");
    return this.#buffer;
  }

  get lookup(): HolderSet["outcome"] {
    return this.#sets.find((set) => set.outcome !== undefined)?.outcome;
  }

  /** What a reader is waiting for. */
  get phase(): FetchPhase {
    if (this.#sets.some((set) => set.connected.size > 0)) return "fetching";
    return this.#sets.some((set) => set.found > 0) ? "connecting" : "looking";
  }

  /** A reader joins, on these terms. @returns a function for when it leaves. */
  join(terms: ReadTerms = NO_TERMS): () => void {
    this.#isDirty = true; // it may have money
    return this.#shopping.join(terms);
  }

  isReady(slice: number): boolean {
    return (this.#verified & (1 << slice)) !== 0;
  }

  slices(first: number, last: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    let bitmap = 0;
    for (let slice = first; slice <= last; slice++) bitmap |= 1 << slice;
    if (this.#download.want(bitmap)) this.#isDirty = true;
    if ((this.#verified & bitmap) === bitmap) return Promise.resolve();
    return this.#waiters.wait(bitmap);
  }

  turn(now: Instant): void {
    if (this.state !== "running") return;
    const due = this.#download.nextTimeout();
    if (due !== undefined && due <= now) {
      this.#noteProgress();
      for (const holder of this.#download.takeStalled(now, this.#context.pace.heardOf)) {
        this.#context.pace.stalled(holder as ConnectionHandle, now);
        this.#slices.abandon(holder as ConnectionHandle, now);
      }
      this.#isDirty = true;
    }
    if (!this.#isDirty) {
      const { room } = this.#context.requests;
      if (!this.#download.isDue(now, room.changes !== this.#roomSeen)) return;
      const isTaken = !this.#shopping.mindsPrice && room.isTaken(this.#fileKeys, now);
      if (isTaken) return this.#download.waitForRoom(now);
    }
    this.#isDirty = false;
    this.#followAll(this.#fileKeys);
    this.#ask(now);
    if (this.#download.isStarved) this.#widenOrFail();
  }

  /** A holder serves all that it was asked for one after the other: on a slow line minutes may pass
   * until it comes to this chunk, and it is not silent meanwhile. */
  #noteProgress(): void {
    for (const connection of this.#slices.connections()) {
      const at = this.#context.transport.fetchProgress(connection)?.arrivedAt;
      if (at !== undefined) this.#download.noteProgress(connection, at);
    }
  }

  nextTimeout(): Instant | undefined {
    if (this.state !== "running") return undefined;
    // While it waits for holders, nothing is planned: the plan would stay due all the time.
    return this.#shopping.nextTimeout(this.#context.now()) ?? this.#download.nextTimeout();
  }

  /** Every slice of the chunk, proven: the store's to read until `endKeeping`. */
  beginKeeping(): Uint8Array {
    assert(this.state === "complete", `a fetch that is ${this.state} has nothing to keep`);
    this.state = "keeping";
    return this.#bytes;
  }

  /** The store is done with the bytes. They stay for readers until `freeBuffer`. */
  endKeeping(): void {
    this.state = "over";
    if (this.#failure !== undefined || this.readers === 0) this.freeBuffer();
  }

  /** @returns false if the buffer has been given back. */
  get hasBuffer(): boolean {
    return this.#buffer !== undefined;
  }

  /** Copies proven bytes, from `start` of the chunk. @returns false if they have been given up: the
   * store has them. @throws {SkerryError} what the fetch failed with. */
  copy(start: number, into: Uint8Array): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#buffer === undefined) return false;
    into.set(this.#buffer.subarray(start, start + into.length));
    return true;
  }

  /** Nobody reads from this fetch any more, or whoever does finds the chunk in the store. */
  freeBuffer(): void {
    assert(this.state === "over", `the buffer of a fetch that is ${this.state} is in use`);
    if (this.#buffer !== undefined) this.#context.buffers.give(this.#buffer);
    this.#buffer = undefined;
  }

  fail(code: SkerryErrorCode, why: string): void {
    if (this.#failure !== undefined) return;
    const id = toHex(this.chunk.id);
    this.#failure = new SkerryError(code, `Cannot fetch chunk ${id}: ${why}`);
    this.#release();
    if (this.state !== "keeping") {
      this.state = "over";
      this.freeBuffer();
    }
    this.#waiters.fail(this.#failure);
  }

  #followAll(keys: readonly Uint8Array[]): void {
    if (this.#sets.length > 0) return;
    for (const key of keys) this.#follow(this.#context.holders.of(key));
    if (this.#sets.length === 0) this.#askForChunk();
  }

  #askForChunk(): void {
    this.#hasAskedForChunk = true;
    this.#follow(this.#context.holders.of(this.chunk.id));
  }

  #follow(set: HolderSet): void {
    this.#sets.push(set);
    this.#unsubscribe.push(set.subscribe(() => {
      this.#isDirty = true;
      this.#context.wake();
    }));
  }

  #ask(now: Instant): void {
    const shopping = this.#shopping.at(now);
    const mayComeMore = this.#sets.some((set) => !set.isSettled);
    if (this.#shopping.waits(shopping, mayComeMore, now)) return;
    const found = this.#sets.flatMap((set) => [...set.connected]);
    const connected = found
      .filter((connection) => !this.#isLacking(connection, now) && !this.#isTooDear(connection));
    const lively = connected.filter((connection) => !this.#context.pace.isAside(connection, now));
    for (const connection of lively.length > 0 ? lively : connected) {
      this.#download.addHolder(connection, now);
    }
    const hasOthers = this.#download.usableHolders > 1;
    const { spending, terms, mayDouble } = shopping;
    const offerOf = (holder: number) =>
      this.#offerOf(holder as ConnectionHandle, shopping, hasOthers, now);
    const { room } = this.#context.requests;
    this.#roomSeen = room.changes;
    const plan = this.#download.plan(now, offerOf, terms);
    if (plan.length === 0 && this.#download.isStarved && terms === undefined) {
      const open = this.#download.usableHolders;
      if (open > 0 && open === found.length) room.noteTaken(this.#fileKeys, now);
    }
    for (const { holder, bitmap } of plan) {
      const connection = holder as ConnectionHandle;
      this.#askedAt.set(connection, this.#factorOf(connection));
      if (!this.#slices.start(connection, bitmap, now, spending)) this.#leave(connection, now);
    }
    while (mayDouble) {
      const request = this.#download.nextDouble(now, offerOf);
      if (request === undefined) break;
      const connection = request.holder as ConnectionHandle;
      const slice = 31 - Math.clz32(request.bitmap);
      if (!this.#slices.startDouble(connection, slice, now, spending)) this.#leave(connection, now);
    }
    if (!mayComeMore && this.#download.isStarved && this.#download.isIdle) this.#failIfSpent();
  }

  /** What its pace allows to ask, within our credit with it and what there is to spend. */
  #offerOf(
    connection: ConnectionHandle,
    { spending }: Shopping,
    hasOthers: boolean,
    now: Instant,
  ): HolderOffer {
    const { requests, pace } = this.#context;
    const offer = pace.offerOf(connection, hasOthers, now);
    const credit = requests.roomFor(connection, this.chunk.id, spending);
    const sliceCb = this.#shopping.sliceCb(this.#factorOf(connection));
    return { ...offer, sliceCb, room: Math.min(offer.room, this.#shopping.slicesIn(credit)) };
  }

  #factorOf(connection: ConnectionHandle): number {
    return this.#context.requests.factorOf(connection, this.chunk.id);
  }

  /** It has refused, and told with that a higher price than it was thought to ask. */
  #hasBecomeDearer(connection: ConnectionHandle): boolean {
    return this.#factorOf(connection) > (this.#askedAt.get(connection) ?? Infinity);
  }

  /** Looks farther, then fails, if no holder can be paid. */
  #failIfSpent(): void {
    const factors = [...this.#download.usable()]
      .map((holder) => this.#factorOf(holder as ConnectionHandle));
    const why = this.#shopping.exhaustion(factors);
    if (why === undefined) return;
    if (this.#hasAskedForChunk) this.fail("BUDGET_EXHAUSTED", why);
    else this.#askForChunk(); // somebody else may have it, farther from its place
  }

  #isTooDear(connection: ConnectionHandle): boolean {
    if (!this.#context.requests.isTooDear(connection, this.chunk.id)) return false;
    this.#withoutCredit.add(connection);
    if (this.#download.hasHolder(connection)) this.#refused(connection);
    return true;
  }

  /** Others are asked first for a while: its answer will not be another one at once. */
  #noteNoCredit(connection: ConnectionHandle): void {
    this.#withoutCredit.add(connection);
    this.#context.pace.stalled(connection, this.#context.now());
  }

  /** The holder has said that it has not got the chunk, perhaps after it was asked for slices. */
  #isLacking(connection: ConnectionHandle, now: Instant): boolean {
    if (!this.#context.holdings.lacks(connection, this.chunk.id, now)) return false;
    if (this.#download.hasHolder(connection)) this.#refused(connection);
    return true;
  }

  #refused(connection: ConnectionHandle): void {
    this.#download.refused(connection);
    this.#slices.abandon(connection, this.#context.now());
  }

  /** Asking it did not work: it is gone, or at a limit. */
  #leave(connection: ConnectionHandle, now: Instant): void {
    this.#slices.abandon(connection, now);
    this.#download.dropHolder(connection);
  }

  #arrived(
    connection: ConnectionHandle,
    slice: number,
    bytes: Uint8Array,
    spending: Spending | undefined,
  ): void {
    if (!this.#download.isAwaited(connection, slice)) return;
    const now = this.#context.now();
    const isRight = verifySlice(bytes, this.chunk.sliceHashes, slice);
    if (isRight) this.#accept(connection, slice, bytes, now);
    else {
      this.#context.requests.refund(connection, this.chunk.id, bytes.length, spending);
      this.#reject(connection, slice, now);
    }
    if (!isRight || this.#shopping.mindsPrice || this.#download.hasMoreToAsk) this.#isDirty = true;
    this.#context.wake();
  }

  /** Either the holder lies or the manifest does; until that is known the holder is only left. */
  #reject(connection: ConnectionHandle, slice: number, now: Instant): void {
    this.#download.barHolder(connection);
    this.#slices.abandon(connection, now);
    for (const set of this.#sets) {
      // The chunk's own set serves readers of other manifests too, who may find the holder right.
      if (equalBytes(set.key, this.chunk.id)) set.putBeside(connection);
      else set.drop(connection);
    }
    this.#context.reject(connection, slice);
  }

  #accept(connection: ConnectionHandle, slice: number, bytes: Uint8Array, now: Instant): void {
    this.#context.requests.proven(connection, this.chunk.id, bytes.length);
    this.servedBy.add(connection);
    this.#context.pace.delivered(connection, now);
    for (const loser of this.#download.verified(connection, slice, now)) {
      this.#slices.cancelSlice(loser as ConnectionHandle, slice, now);
    }
    // From here on nobody else writes there.
    const place = this.#bytes.subarray(slice * SLICE_BYTES, slice * SLICE_BYTES + bytes.length);
    if (bytes.byteOffset !== place.byteOffset || bytes.buffer !== place.buffer) place.set(bytes);
    this.#verified |= 1 << slice;
    this.#waiters.settle(this.#verified);
    if (!this.#download.isComplete) return;
    this.state = "complete";
    this.#release();
  }

  /** Nobody that is connected can be asked now: wait while more may come, else look for the chunk
   * itself, else give up. */
  #widenOrFail(): void {
    if (this.#download.usableHolders > 0) return;
    if (this.#sets.some((set) => !set.isSettled)) return;
    if (!this.#hasAskedForChunk) {
      this.#askForChunk();
      this.#touch();
      return;
    }
    const { requests } = this.#context;
    const ranks = [...this.#withoutCredit].flatMap((peer) => requests.rankAskedBy(peer) ?? []);
    const { code, why } = failureOf(this.#sets, this.#withoutCredit.size, ranks);
    this.fail(code, why);
  }

  #release(): void {
    this.#slices.cancelAll(this.#context.now());
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
  }

  #touch(): void {
    this.#isDirty = true;
    this.#context.wake();
  }
}
