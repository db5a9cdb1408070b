import type {
  AnnounceOutcome,
  Dht,
  DhtEffect,
  DhtPeer,
  DhtTarget,
  FindRecordOptions,
  KnownNode,
  LookupId,
  PutOutcome,
} from "../../dht/mod.ts";
import { earnedNodeId, type Network } from "../../identity/mod.ts";
import {
  type Instant,
  type NodeId,
  type PublicKey,
  SkerryError,
  toHex,
  type UnixMs,
} from "../../lib/mod.ts";
import type { Verified } from "../../records/mod.ts";
import type { Clock, Logger, WorkPool } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import { earlinessOf, encodeMessage, isAskedAgain, type Message } from "../../wire/mod.ts";
import type { LoopPart } from "../loop/driver.ts";
import type { LookupOutcome } from "./holder_set.ts";

/** A session as the DHT core sees it, with the way back. */
interface SessionPeer extends DhtPeer {
  readonly connection: ConnectionHandle;
}

/** Places that were checked before, in this run or an earlier one. */
export interface VerifiedWork {
  nodeIdOf(publicKey: Uint8Array, idNonce: bigint): NodeId | undefined;
  remember(publicKey: Uint8Array, idNonce: bigint, nodeId: NodeId): Promise<void>;
}

/** Effects performed in one turn; more are taken up in the next. */
const EFFECTS_PER_TURN_MAX = 2_048;
/** The wall clock is told to the core again this often, in case it was set. */
const WALL_CLOCK_MS = 60_000;
/** NodeId checks under way (protocol.md §5): the rest wait, the oldest first. */
const CHECKS_MAX = 4;
const CHECKS_WAITING_MAX = 256;

interface RunningLookup {
  readonly onHolder: (holder: DhtTarget) => void;
  readonly onEnd: (outcome: LookupOutcome) => void;
  readonly startedAt: Instant;
}

/** How a lookup for a signed record ended. */
export type RecordFound = Extract<DhtEffect, { kind: "record_finished" }>;

type VerifyWork = Extract<DhtEffect, { kind: "verify_work" }>;

/** Carries the DHT core's effects out: messages over sessions, checks in workers, promises for
 * those who wait. */
export class DhtService implements LoopPart {
  readonly dht: Dht;
  readonly #transport: Transport;
  readonly #network: Network;
  readonly #workPool: Pick<WorkPool, "evaluate">;
  readonly #verified: VerifiedWork;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** After the last join, which is repeated every few minutes: only a change is news. */
  #isAlone: boolean | undefined;
  readonly #wake: () => void;
  readonly #rankOf: (publicKey: PublicKey) => number;
  readonly #lookups = new Map<LookupId, RunningLookup>();
  /** Who waits for the nodes nearest to a key. BOUNDED by the core's lookups, as the others. */
  readonly #closest = new Map<LookupId, (nodes: readonly KnownNode[]) => void>();
  readonly #announces = new Map<number, (outcome: AnnounceOutcome) => void>();
  readonly #records = new Map<LookupId, (found: RecordFound) => void>();
  readonly #puts = new Map<number, (outcome: PutOutcome) => void>();
  #checksWaiting: VerifyWork[] = [];
  #checksRunning = 0;
  #wallClockAt: Instant | undefined;
  lookupsStarted = 0;

  constructor(options: {
    dht: Dht;
    transport: Transport;
    network: Network;
    workPool: Pick<WorkPool, "evaluate">;
    verified: VerifiedWork;
    clock: Clock;
    logger: Logger;
    wake: () => void;
    /** As far as it is proven. */
    rankOf: (publicKey: PublicKey) => number;
  }) {
    this.dht = options.dht;
    this.#transport = options.transport;
    this.#network = options.network;
    this.#workPool = options.workPool;
    this.#verified = options.verified;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#wake = options.wake;
    this.#rankOf = options.rankOf;
  }

  /** No other node was named and none is remembered: that nobody answers is no news then. */
  expectNobody(): void {
    this.#isAlone = true;
  }

  /** A decoded message of a session, or of a handshake whose sender's address is not proven. */
  handleMessage(
    connection: ConnectionHandle,
    message: Message,
    isUnproven: boolean,
    now: Instant,
  ): void {
    const from = this.#peerOf(connection);
    if (from === undefined) return;
    this.dht.handleInput({ kind: "message", from, message, isUnproven }, now);
  }

  /** A session is up whose peer had asked something before its address was proven. */
  handleAskerProven(connection: ConnectionHandle, now: Instant): void {
    const from = this.#peerOf(connection);
    if (from !== undefined) this.dht.handleInput({ kind: "asker_proven", from }, now);
  }

  #peerOf(connection: ConnectionHandle): SessionPeer | undefined {
    const info = this.#transport.info(connection);
    if (info === undefined) return undefined;
    const { publicKey, address, work } = info;
    const rank = this.#rankOf(publicKey);
    return { publicKey, address, idNonce: work.idNonce, rank, connection };
  }

  handleUnreachable(publicKey: DhtTarget["publicKey"], now: Instant): void {
    this.dht.handleInput({ kind: "unreachable", publicKey }, now);
  }

  /** Looks up who has `key`; every holder with an address is told once. Never rejects. */
  readonly findHolders = (
    key: Uint8Array,
    onHolder: (holder: DhtTarget) => void,
  ): Promise<LookupOutcome> => {
    const startedAt = this.#clock.now();
    this.#tellWallClock(startedAt);
    const id = this.dht.findProviders(key, startedAt);
    this.#wake();
    if (id === undefined) {
      return Promise.reject(tooBusy());
    }
    this.lookupsStarted++;
    return new Promise((onEnd) => this.#lookups.set(id, { onHolder, onEnd, startedAt }));
  };

  /** The nodes nearest to `key` that answer, nearest first: at most k, none if it is not known.
   * Never rejects. */
  findClosest(key: Uint8Array): Promise<readonly KnownNode[]> {
    const now = this.#clock.now();
    this.#tellWallClock(now);
    const id = this.dht.findNodes(key, now);
    this.#wake();
    if (id === undefined) return Promise.resolve([]);
    this.lookupsStarted++;
    return new Promise((resolve) => this.#closest.set(id, resolve));
  }

  /** @returns undefined if too many announces are under way. */
  announce(keys: readonly Uint8Array[], flags: number): Promise<AnnounceOutcome> | undefined {
    const now = this.#clock.now();
    this.#tellWallClock(now);
    const id = this.dht.announce(keys, now, { flags });
    this.#wake();
    if (id === undefined) return undefined;
    return new Promise((resolve) => this.#announces.set(id, resolve));
  }

  /** Looks the newest signed record under `key` up. @throws {SkerryError} BUSY. */
  async findRecord(key: Uint8Array, options: FindRecordOptions): Promise<RecordFound> {
    const now = this.#clock.now();
    this.#tellWallClock(now);
    const id = this.dht.findRecord(key, now, options);
    this.#wake();
    if (id === undefined) throw tooBusy();
    this.lookupsStarted++;
    return await new Promise((resolve) => this.#records.set(id, resolve));
  }

  /** Has the nearest nodes store a record. @throws {SkerryError} BUSY. */
  async putRecord(record: Verified, cas?: bigint): Promise<PutOutcome> {
    const now = this.#clock.now();
    this.#tellWallClock(now);
    const id = this.dht.putRecord(record, now, cas);
    this.#wake();
    if (id === undefined) throw tooBusy();
    return await new Promise((resolve) => this.#puts.set(id, resolve));
  }

  /** Nodes that came into or left the routing table, for the announcer. */
  onContact: (effect: Extract<DhtEffect, { kind: "contact_added" | "contact_removed" }>) => void =
    () => {};

  turn(now: Instant): void {
    this.#tellWallClock(now);
    const due = this.dht.nextTimeout();
    if (due !== undefined && due <= now) this.dht.handleTimeout(now);
    for (let count = 0; count < EFFECTS_PER_TURN_MAX; count++) {
      const effect = this.dht.pollEffect();
      if (effect === undefined) return;
      this.#perform(effect, now);
    }
    this.#wake();
  }

  nextTimeout(): Instant | undefined {
    return this.dht.nextTimeout();
  }

  #perform(effect: DhtEffect, now: Instant): void {
    switch (effect.kind) {
      case "send":
        this.#send(effect.to, effect.message, now);
        break;
      case "reply":
        this.#reply(effect.to as SessionPeer, effect.message, now);
        break;
      case "verify_work":
        this.#verify(effect, now);
        break;
      case "contact_added":
      case "contact_removed":
        this.onContact(effect);
        break;
      case "peer_blamed": {
        const key = toHex(effect.publicKey);
        this.#logger.log("warn", "peer_blamed", { public_key: key, reason: effect.reason });
        break;
      }
      case "joined": {
        const { contacts } = effect;
        const isAlone = contacts === 0;
        const isNews = isAlone !== this.#isAlone;
        this.#isAlone = isAlone;
        if (!isAlone) this.#logger.log(isNews ? "info" : "debug", "joined", { contacts });
        else this.#logger.log(isNews ? "warn" : "debug", "nobody_answers");
        break;
      }
      case "providers_found":
        for (const { publicKey, address } of effect.providers) {
          if (address === undefined) continue; // behind NAT: nobody reaches it yet
          this.#lookups.get(effect.lookupId)?.onHolder({ publicKey, address });
        }
        break;
      case "lookup_finished":
        this.#finishLookup(effect, now);
        break;
      case "record_finished":
        this.#records.get(effect.lookupId)?.(effect);
        this.#records.delete(effect.lookupId);
        break;
      case "put_finished":
        this.#puts.get(effect.putId)?.(effect.outcome);
        this.#puts.delete(effect.putId);
        break;
      case "announce_finished":
        this.#announces.get(effect.announceId)?.(effect.outcome);
        this.#announces.delete(effect.announceId);
        break;
      case "address_observed":
        break; // whether others reach us is not judged yet
    }
  }

  #send(to: DhtTarget, message: Message, now: Instant): void {
    const connection = this.#transport.connect(to, now);
    const bytes = encodeMessage(message);
    if (this.#transport.sendMessage(connection, bytes, now, earlinessOf(message))) return;
    this.dht.handleInput({ kind: "unreachable", publicKey: to.publicKey }, now);
  }

  /** If the session has gone meanwhile, so has the one who asked. */
  #reply(to: SessionPeer, message: Message, now: Instant): void {
    const bytes = encodeMessage(message);
    if (isAskedAgain(message)) this.#transport.sendAnswer(to.connection, bytes, now);
    else this.#transport.sendMessage(to.connection, bytes, now);
  }

  #finishLookup(effect: Extract<DhtEffect, { kind: "lookup_finished" }>, now: Instant): void {
    this.#closest.get(effect.lookupId)?.(effect.outcome.closest);
    this.#closest.delete(effect.lookupId);
    const lookup = this.#lookups.get(effect.lookupId);
    this.#lookups.delete(effect.lookupId);
    const { rounds, reason, answered } = effect.outcome;
    const isConverged = reason !== "timed_out" && reason !== "cancelled";
    const ms = lookup === undefined ? 0 : now - lookup.startedAt;
    lookup?.onEnd({ rounds, isConverged, answered, ms });
  }

  #verify(effect: VerifyWork, now: Instant): void {
    const { publicKey, idNonce } = effect;
    const known = this.#verified.nodeIdOf(publicKey, idNonce);
    if (known !== undefined) {
      this.dht.handleInput({ kind: "work_verified", publicKey, idNonce, nodeId: known }, now);
      return;
    }
    // A lookup somebody waits for comes before the care of the table (protocol.md §1).
    if (effect.purpose === "lookup") this.#checksWaiting.unshift(effect);
    else this.#checksWaiting.push(effect);
    // The core forgets a check that is never answered after its own timeout.
    if (this.#checksWaiting.length > CHECKS_WAITING_MAX) this.#checksWaiting.pop();
    this.#runChecks();
  }

  #runChecks(): void {
    while (this.#checksRunning < CHECKS_MAX) {
      const next = this.#checksWaiting.shift();
      if (next === undefined) return;
      this.#checksRunning++;
      void this.#check(next).finally(() => {
        this.#checksRunning--;
        this.#runChecks();
        this.#wake();
      });
    }
  }

  async #check({ publicKey, idNonce }: VerifyWork): Promise<void> {
    try {
      const output = await this.#workPool.evaluate(this.#network.idPuzzle, publicKey, idNonce);
      const nodeId = earnedNodeId(this.#network, publicKey, output);
      if (nodeId !== undefined) this.#remember(publicKey, idNonce, nodeId);
      const now = this.#clock.now();
      this.dht.handleInput({ kind: "work_verified", publicKey, idNonce, nodeId }, now);
    } catch (error) {
      // A worker that failed proves nothing either way: the core's own timeout ends the check.
      this.#logger.log("error", "work_check_failed", { reason: String(error) });
    }
  }

  #remember(publicKey: Uint8Array, idNonce: bigint, nodeId: NodeId): void {
    this.#verified.remember(publicKey, idNonce, nodeId).catch((error: unknown) => {
      this.#logger.log("warn", "work_not_saved", { reason: String(error) }); // checked again then
    });
  }

  #tellWallClock(now: Instant): void {
    if (this.#wallClockAt !== undefined && now - this.#wallClockAt < WALL_CLOCK_MS) return;
    this.#wallClockAt = now;
    const unixMs: UnixMs = this.#clock.unixMs();
    this.dht.handleInput({ kind: "wall_clock", unixMs }, now);
  }
}

function tooBusy(): SkerryError {
  return new SkerryError("BUSY", "Too many lookups are waiting already");
}
