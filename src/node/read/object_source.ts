import { locatorOf, strongIdOf } from "../../content/mod.ts";
import { sha1 } from "../../crypto/mod.ts";
import {
  asChunkId,
  type ChunkId,
  equalBytes,
  SkerryError,
  type StrongId,
  toBase32,
  toHex,
} from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { ChunkStat, ReadOptions, Timings } from "../contract/api.ts";
import { withDeadline } from "../contract/deadline.ts";
import { termsOfObject } from "../contract/read_terms.ts";
import { type DenyGate, OPEN_GATE } from "../denial/denylist.ts";
import type { FetchedObject, ObjectFetcher, WholeProof } from "../fetch/object_fetcher.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { CollisionGuard } from "../keep/collision_guard.ts";
import type { WorkShare } from "../loop/shared_work.ts";
import { manifestAlias } from "./manifest_alias.ts";
import type { ObjectProof } from "./manifest_loader.ts";

export interface SourcedObject {
  readonly bytes: Uint8Array;
  readonly timings: Timings;
}

export interface ObjectSourceHooks {
  /** An object came from the network and is kept: it may be announced. */
  onKept(id: ChunkId, alias: ChunkId | undefined): void;
  onKeepFailed(id: ChunkId, error: unknown): void;
}

/** Whole objects by id, proven: from the store, else from the network, which is then kept. */
export class ObjectSource {
  readonly #store: Pick<ChunkStore, "lengthOf" | "isAlias" | "read" | "put">;
  readonly #fetcher: Pick<ObjectFetcher, "open" | "openStat">;
  readonly #clock: Clock;
  readonly #hooks: ObjectSourceHooks;
  readonly #guard: CollisionGuard;
  readonly #gate: DenyGate;
  /** What came and is being judged or written, by the id it was asked for: for those who ask
   * meanwhile. BOUNDED by the requests under way and the store's writes in flight. */
  readonly #arriving = new Map<string, Uint8Array>();
  /** Bytes that some reader has already given to the store. */
  readonly #kept = new WeakSet<Uint8Array>();
  /** By which proof bytes in memory have been found right: many may wait for the same ones. */
  readonly #proven = new WeakMap<Uint8Array, string>();
  /** Second names of bytes in memory that came by their first. */
  readonly #aliases = new WeakMap<Uint8Array, ChunkId | undefined>();
  /** Reads from disk under way: a thousand readers of one object need its bytes once. BOUNDED by
   * the requests under way. */
  readonly #reading = new Map<string, Promise<Uint8Array | undefined>>();

  /** @param gate asked about what its SHA-1 alone has proven, by both names if it has two. */
  constructor(
    store: Pick<ChunkStore, "lengthOf" | "isAlias" | "read" | "put">,
    fetcher: Pick<ObjectFetcher, "open" | "openStat">,
    clock: Clock,
    guard: CollisionGuard,
    hooks: ObjectSourceHooks,
    gate: DenyGate = OPEN_GATE,
  ) {
    this.#gate = gate;
    this.#guard = guard;
    this.#store = store;
    this.#fetcher = fetcher;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** A manifest object. @param id its SHA-1, or SHA-256[0..20). @param listedBy the key of the
   * object that names it, whose holders are asked first.
   * @throws {SkerryError} as Node.openChunk. */
  async manifest(
    id: ChunkId,
    proof: ObjectProof,
    options?: ReadOptions,
    listedBy?: ChunkId,
  ): Promise<SourcedObject> {
    if (proof.kind === "plain") this.#refuseAlias(id);
    try {
      return await this.#get(id, proofOf(id, proof), options, listedBy);
    } catch (error) {
      throw proof.kind === "plain" ? error : byItsLink(error, id, proof.strongId);
    }
  }

  /** A raw chunk by its SHA-1, which is all that proves it.
   * @throws {SkerryError} as Node.openChunk. */
  async chunk(id: ChunkId, options?: ReadOptions): Promise<SourcedObject> {
    this.#refuseAlias(id);
    return await this.#get(id, proofOf(id, { kind: "plain" }), options);
  }

  /** A raw chunk's length: from the index, or by a holder's word.
   * @throws {SkerryError} as Node.statChunk. */
  async stat(id: ChunkId, options?: ReadOptions): Promise<ChunkStat> {
    this.#refuseAlias(id);
    const size = this.#store.lengthOf(id);
    if (size !== undefined) return { size, timings: { source: "local" } };
    if (options?.localOnly === true) throw notLocal(id);
    const terms = termsOfObject(options, this.#clock.now());
    const found = await this.#wait(id, this.#fetcher.openStat(id, terms), options);
    return { size: found.size, timings: timingsOf(1, found.lookup) };
  }

  /** The start of a manifest's SHA-256 is a key to find it by, and nothing's SHA-1. */
  #refuseAlias(id: ChunkId): void {
    if (!this.#store.isAlias(id)) return;
    const why = "it is the beginning of a manifest's SHA-256, which /file/ takes in full";
    throw new SkerryError("CHUNK_NOT_FOUND", `No object has the SHA-1 ${toHex(id)}: ${why}`);
  }

  async #get(
    id: ChunkId,
    whole: WholeProof,
    options: ReadOptions | undefined,
    listedBy?: ChunkId,
  ): Promise<SourcedObject> {
    const local = await withDeadline(this.#local(id), this.#clock, options, (waitedMs) => {
      const what = `Object ${toHex(id)} did not come from the disk`;
      return new SkerryError("FETCH_TIMED_OUT", `${what} in ${waitedMs} ms`);
    });
    if (local !== undefined && this.#isRight(id, local, whole)) {
      await this.#judge(id, whole, local);
      return { bytes: local, timings: { source: "local" } };
    }
    const arrived = this.#arriving.get(toHex(id));
    if (arrived !== undefined && this.#isRight(id, arrived, whole)) {
      await this.#judge(id, whole, arrived);
      return { bytes: arrived, timings: { source: "local" } };
    }
    if (options?.localOnly === true) throw notLocal(id);
    const terms = termsOfObject(options, this.#clock.now());
    const share = this.#fetcher.open(id, whole, listedBy, terms);
    const fetched = await this.#wait(id, share, options);
    await this.#judgeArrived(id, whole, fetched.bytes);
    this.#keep(id, whole, fetched.bytes);
    const timings = timingsOf(fetched.holders, fetched.lookup);
    return { bytes: fetched.bytes, timings: { ...timings, verifyMs: fetched.verifyMs } };
  }

  /** What came by its SHA-1 may be what a rule names by its SHA-256, and may be half of a
   * collision; whoever asked by a link knows both names and has asked the gate himself.
   * @throws {SkerryError} DENIED, DENIED_BY_LAW, HASH_COLLISION. */
  async #judge(id: ChunkId, whole: WholeProof, bytes: Uint8Array): Promise<void> {
    if (!whole.isBySha1) return;
    await this.#guard.check(id, () => Promise.resolve(bytes));
    const alias = this.#aliasOf(whole, bytes);
    this.#gate.assertBytes(alias === undefined ? [id] : [id, alias]);
  }

  /** Who asks meanwhile finds it, and judges it too: judging may take as long as a fetch, which
   * would begin a second time. @throws as #judge. */
  async #judgeArrived(id: ChunkId, whole: WholeProof, bytes: Uint8Array): Promise<void> {
    const key = toHex(id);
    if (!this.#kept.has(bytes)) this.#arriving.set(key, bytes);
    try {
      await this.#judge(id, whole, bytes);
    } catch (error) {
      if (this.#arriving.get(key) === bytes) this.#arriving.delete(key);
      throw error;
    }
  }

  #aliasOf({ isBySha1 }: WholeProof, bytes: Uint8Array): ChunkId | undefined {
    if (!isBySha1) return locatorOf(strongIdOf(bytes));
    if (!this.#aliases.has(bytes)) this.#aliases.set(bytes, manifestAlias(bytes));
    return this.#aliases.get(bytes);
  }

  #isRight(id: ChunkId, bytes: Uint8Array, { name, isRight }: WholeProof): boolean {
    const proof = `${toHex(id)} ${name}`;
    if (this.#proven.get(bytes) === proof) return true;
    if (!isRight(bytes)) return false;
    this.#proven.set(bytes, proof);
    return true;
  }

  async #wait<T>(id: ChunkId, share: WorkShare<T>, options: ReadOptions | undefined): Promise<T> {
    try {
      return await withDeadline(share.result, this.#clock, options, (ms) => late(id, ms));
    } finally {
      share.close();
    }
  }

  #local(id: ChunkId): Promise<Uint8Array | undefined> {
    const key = toHex(id);
    const known = this.#reading.get(key);
    if (known !== undefined) return known;
    const reading = this.#read(id).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #read(id: ChunkId): Promise<Uint8Array | undefined> {
    const length = this.#store.lengthOf(id);
    if (length === undefined) return undefined;
    const bytes = new Uint8Array(length);
    return await this.#store.read(id, 0, bytes) ? bytes : undefined;
  }

  /** The reader does not wait for the disk. One of all who waited for the same fetch comes first
   * and keeps its bytes. */
  #keep(asked: ChunkId, whole: WholeProof, bytes: Uint8Array): void {
    if (this.#kept.has(bytes)) return;
    this.#kept.add(bytes);
    const key = toHex(asked);
    this.#arriving.set(key, bytes);
    const id = asChunkId(sha1(bytes));
    const alias = this.#aliasOf(whole, bytes);
    const names = alias === undefined ? { isAlone: true } : { alias };
    this.#store.put(id, bytes, { pinned: false, ...names }).then(
      () => this.#hooks.onKept(id, alias),
      (error: unknown) => this.#hooks.onKeepFailed(id, error),
    ).finally(() => this.#arriving.delete(key));
  }
}

function proofOf(id: ChunkId, proof: ObjectProof): WholeProof {
  if (proof.kind === "plain") {
    return { name: "sha1", isBySha1: true, isRight: (bytes) => equalBytes(sha1(bytes), id) };
  }
  const { strongId } = proof;
  const isRight = (bytes: Uint8Array): boolean => equalBytes(strongIdOf(bytes), strongId);
  return { name: toHex(strongId), isBySha1: false, isRight };
}

/** A failure in the words of whoever asked by a link: the 20 bytes by which the network finds what
 * it names are nothing that he has seen. */
function byItsLink(error: unknown, id: ChunkId, strongId: StrongId): unknown {
  if (!(error instanceof SkerryError)) return error;
  const { code, holdsSeconds } = error;
  const message = error.message.replaceAll(toHex(id), toBase32(strongId));
  const held = holdsSeconds === undefined ? {} : { holdsSeconds };
  return new SkerryError(code, message, { cause: error, ...held });
}

function notLocal(id: ChunkId): SkerryError {
  return new SkerryError("NOT_LOCAL", `Object ${toHex(id)} is not in this node's store`);
}

function late(id: ChunkId, waitedMs: number): SkerryError {
  return new SkerryError(
    "LOOKUP_TIMED_OUT",
    `Object ${toHex(id)} did not arrive in ${waitedMs} ms`,
  );
}

function timingsOf(holders: number, lookup: FetchedObject["lookup"]): Timings {
  return {
    source: "peer",
    holders,
    ...(lookup && { lookupMs: lookup.ms, lookupRounds: lookup.rounds.length }),
  };
}
