import { earnedNodeId, earnedRank, type Network } from "../../identity/mod.ts";
import { BoundedMap, type Instant, type NodeId, type PublicKey, toHex } from "../../lib/mod.ts";
import type { Logger, WorkPool } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport, TransportEvent } from "../../transport/mod.ts";
import { CLOSE_CODE, type MessageOfType } from "../../wire/mod.ts";
import type { VerifiedWork } from "../peers/dht_service.ts";

/** Proofs checked at once, of either kind: each takes 3 or 13 ms of a worker's time (protocol.md
 * §1). */
const CHECKS_MAX = 4;
/** Peers whose proofs wait; beyond that one counts as unproven until it connects again. */
const WAITING_MAX = 256;
/** Ranks at hand: as many as sessions. */
const RANKS_MAX = 16_384;

interface Claim {
  readonly rank: number;
  next:
    | { readonly connection: ConnectionHandle; readonly nonce: bigint; readonly rank: number }
    | undefined;
}

type Connected = Extract<TransportEvent, { kind: "connected" }>;

/** Who is at the other end of a connection, as far as it has been proven. */
export class Standings {
  readonly #transport: Pick<Transport, "info" | "close">;
  readonly #network: Network;
  readonly #workPool: WorkPool;
  readonly #verified: Pick<VerifiedWork, "nodeIdOf" | "remember">;
  readonly #logger: Logger;
  readonly #now: () => Instant;
  /** BOUNDED by the transport's sessions. */
  readonly #nodeIds = new Map<ConnectionHandle, { readonly nodeId: NodeId | undefined }>();
  /** By key. BOUNDED by RANKS_MAX. */
  readonly #ranks = new BoundedMap<string, number>(RANKS_MAX);
  /** Ranks claimed and being checked, by key, and a greater one that was claimed meanwhile. BOUNDED
   * by WAITING_MAX + CHECKS_MAX. */
  readonly #claims = new Map<string, Claim>();
  /** BOUNDED by WAITING_MAX. */
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;
  readonly #isRankOfUse: boolean;
  readonly #onProven: (connection: ConnectionHandle) => void;

  constructor(options: {
    transport: Pick<Transport, "info" | "close">;
    network: Network;
    workPool: WorkPool;
    verified: Pick<VerifiedWork, "nodeIdOf" | "remember">;
    logger: Logger;
    now: () => Instant;
    /** False where no line depends on it: then no rank is looked at. */
    isRankOfUse: boolean;
    /** Something was proven of this peer. */
    onProven: (connection: ConnectionHandle) => void;
  }) {
    this.#transport = options.transport;
    this.#network = options.network;
    this.#workPool = options.workPool;
    this.#verified = options.verified;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#onProven = options.onProven;
    this.#isRankOfUse = options.isRankOfUse;
  }

  handleEvent(event: Connected | Extract<TransportEvent, { kind: "closed" }>): void {
    if (event.kind === "closed") {
      this.#nodeIds.delete(event.connection);
      return;
    }
    const { connection, publicKey, work } = event;
    this.#claimed(connection, publicKey, work.rankNonce, work.rank);
  }

  /** A peer says over a session that its rank has risen. */
  handleRank(connection: ConnectionHandle, { rank, nonce }: MessageOfType<"RANK">): undefined {
    const publicKey = this.publicKeyOf(connection);
    if (publicKey !== undefined) this.#claimed(connection, publicKey, nonce, rank);
  }

  publicKeyOf(connection: ConnectionHandle): PublicKey | undefined {
    return this.#transport.info(connection)?.publicKey;
  }

  /** Undefined until the peer's place has been proven, which being asked for it begins. */
  nodeIdOf(connection: ConnectionHandle): NodeId | undefined {
    const atHand = this.#nodeIds.get(connection);
    if (atHand !== undefined) return atHand.nodeId;
    const info = this.#transport.info(connection);
    if (info?.isEstablished !== true) return undefined;
    const { publicKey, work } = info;
    const nodeId = this.#verified.nodeIdOf(publicKey, work.idNonce);
    this.#nodeIds.set(connection, { nodeId });
    if (nodeId === undefined) {
      this.#check(() => this.#checkNodeId(connection, publicKey, work.idNonce));
    }
    return nodeId;
  }

  /** 0 until it has been proven. */
  rankOf(publicKey: PublicKey): number {
    return this.#ranks.get(toHex(publicKey)) ?? 0;
  }

  /** It has this rank, or claims to and the check of that is not over: nobody is turned away for
   * asking in its first packets. Who claims falsely is closed a moment later. */
  mayHaveRank(publicKey: PublicKey, rank: number): boolean {
    const key = toHex(publicKey);
    const claim = this.#claims.get(key);
    return Math.max(this.#ranks.get(key) ?? 0, claim?.next?.rank ?? claim?.rank ?? 0) >= rank;
  }

  #claimed(
    connection: ConnectionHandle,
    publicKey: PublicKey,
    nonce: bigint,
    rank: number,
  ): void {
    const key = toHex(publicKey);
    if (!this.#isRankOfUse || rank <= this.rankOf(publicKey)) return;
    const checked = this.#claims.get(key);
    if (checked !== undefined) {
      if (rank > (checked.next?.rank ?? checked.rank)) checked.next = { connection, nonce, rank };
      return;
    }
    const claim: Claim = { rank, next: undefined };
    const isTaken = this.#check(() =>
      this.#checkRank(connection, publicKey, nonce, rank).finally(() => {
        this.#claims.delete(key);
        const { next } = claim;
        if (next !== undefined) this.#claimed(next.connection, publicKey, next.nonce, next.rank);
      })
    );
    if (isTaken) this.#claims.set(key, claim);
  }

  /** @returns false if too many wait already. */
  #check(check: () => Promise<void>): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(check);
    this.#pump();
    return true;
  }

  #pump(): void {
    while (this.#running < CHECKS_MAX) {
      const check = this.#waiting.shift();
      if (check === undefined) return;
      this.#running++;
      void check().catch(() => {}).finally(() => { // the pool is closed: the node is stopping
        this.#running--;
        this.#pump();
      });
    }
  }

  async #checkNodeId(
    connection: ConnectionHandle,
    publicKey: PublicKey,
    nonce: bigint,
  ): Promise<void> {
    if (this.#transport.info(connection) === undefined) return;
    const output = await this.#workPool.evaluate(this.#network.idPuzzle, publicKey, nonce);
    const nodeId = earnedNodeId(this.#network, publicKey, output);
    if (nodeId === undefined) return this.#banish(connection, publicKey, "id");
    if (this.#transport.info(connection) === undefined) return; // closed meanwhile
    this.#nodeIds.set(connection, { nodeId });
    this.#onProven(connection);
    await this.#verified.remember(publicKey, nonce, nodeId);
  }

  async #checkRank(
    connection: ConnectionHandle,
    publicKey: PublicKey,
    nonce: bigint,
    claimed: number,
  ): Promise<void> {
    if (this.#transport.info(connection) === undefined) return;
    const output = await this.#workPool.evaluate(this.#network.rankPuzzle, publicKey, nonce);
    if (earnedRank(output) < claimed) return this.#banish(connection, publicKey, "rank");
    this.#ranks.set(toHex(publicKey), claimed);
    this.#onProven(connection);
  }

  /** It claims work that it has not done. */
  #banish(connection: ConnectionHandle, publicKey: PublicKey, claim: "id" | "rank"): void {
    this.#logger.log("warn", "false_work_claim", { public_key: toHex(publicKey), claim });
    this.#transport.close(connection, CLOSE_CODE.rank, this.#now());
  }
}
