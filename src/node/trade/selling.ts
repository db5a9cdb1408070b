import type { Instant, NodeId } from "../../lib/mod.ts";
import { type Account, priceFactor, type Sale, type Sales } from "../../market/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import {
  type ConnectionHandle,
  FETCH_STATUS,
  type FetchStanding,
  type FetchStatus,
  NO_STANDING,
  SERVICE_TIER,
  type Transport,
} from "../../transport/mod.ts";
import { type Appraisal, type Buyer, voterOf } from "./appraisal.ts";
import type { LedgerKeeper } from "./ledger_keeper.ts";
import type { Offer } from "./offer.ts";
import type { RankAdmission } from "./rank_admission.ts";
import type { Standings } from "./standings.ts";

/** What serving tells of each FETCH, so that it is paid for. */
export interface Till {
  /** A peer asks for `bytes` of an object (0 for its length, or for one that is not here).
   * @returns how it stands, and a status other than ok if it is not to be served. */
  open(ask: TillAsk, now: Instant): TillAnswer;
  /** Bytes that this peer may still be sent before it signs for some. */
  roomOf(connection: ConnectionHandle): number;
  /** Bytes of the FETCH are to go to the transport, which settles them.
   * @returns false if it has been called off. */
  hand(connection: ConnectionHandle, requestId: number, bytes: number): boolean;
  settle(
    connection: ConnectionHandle,
    requestId: number,
    bytes: number,
    ackedBytes: number,
    now: Instant,
  ): void;
  /** Bytes of the FETCH will not be sent. */
  release(connection: ConnectionHandle, requestId: number, bytes: number, now: Instant): void;
  /** No more of the FETCH is wanted. */
  cancel(connection: ConnectionHandle, requestId: number, now: Instant): void;
  /** The peer is gone: what is on its way is not settled any more. */
  drop(connection: ConnectionHandle, now: Instant): void;
  /** A FETCH that has moved nothing for too long, to be called off. */
  expired(now: Instant): { connection: ConnectionHandle; requestId: number } | undefined;
  nextTimeout(): Instant | undefined;
}

export interface TillAnswer {
  readonly status: FetchStatus;
  readonly standing: FetchStanding;
  /** It has been told lately: no answer at all. */
  readonly isSilent?: boolean;
  /** Whose demand it is (voterOf), if somebody owes for it: what is out of the free pool, or was
   * offered, is nobody's. */
  readonly payer?: string;
}

export interface TillAsk {
  readonly connection: ConnectionHandle;
  readonly requestId: number;
  readonly id: Uint8Array;
  readonly bytes: number;
  readonly maxPrice: number;
}

interface OpenSale {
  readonly connection: ConnectionHandle;
  readonly requestId: number;
  readonly sale: Sale;
  readonly id: Uint8Array;
}

/** Where nothing is counted: benches and tests of serving alone. */
export const NO_TILL: Till = {
  open: () => ({ status: FETCH_STATUS.ok, standing: NO_STANDING }),
  roomOf: () => Infinity,
  hand: () => true,
  settle() {},
  release() {},
  cancel() {},
  drop() {},
  expired: () => undefined,
  nextTimeout: () => undefined,
};

/** The server's side of accounts: prices what is asked, checks the line before the disk is touched,
 * counts what is acknowledged. */
export class Selling implements Till {
  readonly #sales: Sales;
  readonly #keeper: LedgerKeeper;
  readonly #standings: Standings;
  readonly #transport: Pick<Transport, "info" | "setShare" | "shareOf">;
  readonly #nodeId: NodeId;
  readonly #clock: Clock;
  readonly #hasLimits: boolean;
  readonly #priceFloor: number;
  readonly #isCounted: (ip: string) => boolean;
  readonly #admission: Pick<RankAdmission, "check">;
  readonly #appraisal: Pick<Appraisal, "asked" | "sold"> | undefined;
  readonly #offer: Pick<Offer, "noteTaken"> | undefined;
  /** By connection and request. BOUNDED by the transport: 256 open fetches each, and those whose
   * bytes are on their way. */
  readonly #open = new Map<ConnectionHandle, Map<number, OpenSale>>();
  readonly #bySale = new Map<Sale, OpenSale>();
  /** FETCHes whose asker would not pay the price. */
  refusedForPrice = 0;

  constructor(options: {
    sales: Sales;
    keeper: LedgerKeeper;
    standings: Standings;
    transport: Pick<Transport, "info" | "setShare" | "shareOf">;
    nodeId: NodeId;
    clock: Clock;
    hasLimits: boolean;
    priceFloor: number;
    /** Whether the free pool counts by this address. */
    isCounted: (ip: string) => boolean;
    admission: Pick<RankAdmission, "check">;
    /** Told what is paid for. */
    appraisal?: Pick<Appraisal, "asked" | "sold"> | undefined;
    offer?: Pick<Offer, "noteTaken">;
  }) {
    this.#sales = options.sales;
    this.#keeper = options.keeper;
    this.#standings = options.standings;
    this.#transport = options.transport;
    this.#nodeId = options.nodeId;
    this.#clock = options.clock;
    this.#hasLimits = options.hasLimits;
    this.#priceFloor = options.priceFloor;
    this.#isCounted = options.isCounted;
    this.#admission = options.admission;
    this.#appraisal = options.appraisal;
    this.#offer = options.offer;
  }

  open(ask: TillAsk, now: Instant): TillAnswer {
    const publicKey = this.#standings.publicKeyOf(ask.connection);
    const refusal = publicKey && this.#admission.check(publicKey, ask.bytes, now);
    if (refusal === undefined) return this.#openFor(ask, now);
    const standing = { ...NO_STANDING, factor: refusal.rank };
    return { status: FETCH_STATUS.rank, standing, isSilent: !refusal.isNews };
  }

  #openFor({ connection, requestId, id, bytes, maxPrice }: TillAsk, now: Instant): TillAnswer {
    const factor = priceFactor(this.#nodeId, id, this.#priceFloor);
    const account = this.#accountOf(connection);
    const refused = (balance = 0n, line = 0n) => ({
      status: FETCH_STATUS.credit,
      standing: { factor, balance, line },
    });
    if (account === undefined) return refused();
    const nowMs = this.#clock.unixMs();
    const line = this.#sales.lineOf(account, nowMs);
    const address = this.#transport.info(connection)?.address.ip;
    const ip = address !== undefined && this.#isCounted(address) ? address : undefined;
    if (factor > maxPrice) this.refusedForPrice++;
    const sale = factor > maxPrice
      ? undefined
      : this.#sales.open({ account, factor, bytes, ip }, now, nowMs);
    if (sale === undefined) return refused(account.balance.cb, line);
    this.#keeper.touch(account);
    this.#keep({ connection, requestId, sale, id: id.slice() }, now);
    if (bytes === 0 && !sale.isFree) this.#appraisal?.asked(id, buyerOf(sale), now);
    if (bytes === 0) this.cancel(connection, requestId, now);
    // Questions say nothing of what its bytes are: between two of them it would pass for a payer.
    if (this.#hasLimits && bytes > 0) this.#setTier(connection, sale.isFree, now);
    const standing = { factor, balance: account.balance.cb, line };
    const payer = sale.isFree ? {} : { payer: voterOf(buyerOf(sale)) };
    return { status: FETCH_STATUS.ok, standing, ...payer };
  }

  roomOf(connection: ConnectionHandle): number {
    const sales = this.#open.get(connection);
    if (sales === undefined || !this.#hasLimits) return Infinity;
    for (const { sale } of sales.values()) { // the oldest is served next
      if (!sale.isOpen) continue;
      const { account, factor } = sale;
      const bdp = this.#bdpOf(connection);
      return this.#sales.windowRoom(account, factor, bdp, this.#clock.unixMs());
    }
    return Infinity;
  }

  /** Bytes that the peer at the other end may have had at once without signing for them, at the
   * cheapest price. */
  windowOf(connection: ConnectionHandle): bigint {
    const account = this.#accountOf(connection);
    if (account === undefined) return 0n;
    return this.#sales.windowOf(account, 1, this.#bdpOf(connection), this.#clock.unixMs());
  }

  #bdpOf(connection: ConnectionHandle): number {
    const info = this.#transport.info(connection);
    return (info?.bandwidthBytesPerSecond ?? 0) * (info?.smoothedRttMs ?? 0) / 1000;
  }

  hand(connection: ConnectionHandle, requestId: number, bytes: number): boolean {
    const sale = this.#open.get(connection)?.get(requestId)?.sale;
    if (sale?.isOpen !== true) return false;
    this.#sales.hand(sale, bytes);
    return true;
  }

  settle(
    connection: ConnectionHandle,
    requestId: number,
    bytes: number,
    ackedBytes: number,
    now: Instant,
  ): void {
    const open = this.#open.get(connection)?.get(requestId);
    if (open === undefined) return;
    this.#sales.settle(open.sale, bytes, ackedBytes, now);
    open.sale.account.lastSoldAt = now;
    const { sale, id } = open;
    if (ackedBytes > 0 && !sale.isFree) {
      const buyer = buyerOf(sale);
      this.#appraisal?.sold(id, ackedBytes, sale.factor, buyer, now);
      this.#offer?.noteTaken(voterOf(buyer), ackedBytes, now);
    }
    this.#keeper.touch(open.sale.account);
    this.#forgetIfDone(open, now);
  }

  release(connection: ConnectionHandle, requestId: number, bytes: number, now: Instant): void {
    const open = this.#open.get(connection)?.get(requestId);
    if (open === undefined) return;
    this.#sales.release(open.sale, bytes, now);
    this.#forgetIfDone(open, now);
  }

  /** What is on its way is still counted when it is settled. */
  cancel(connection: ConnectionHandle, requestId: number, now: Instant): void {
    const open = this.#open.get(connection)?.get(requestId);
    if (open === undefined) return;
    this.#sales.close(open.sale, now);
    this.#forgetIfDone(open, now);
  }

  drop(connection: ConnectionHandle, now: Instant): void {
    for (const { sale } of this.#open.get(connection)?.values() ?? []) {
      this.#sales.abandon(sale, now);
      this.#bySale.delete(sale);
    }
    this.#open.delete(connection);
  }

  expired(now: Instant): { connection: ConnectionHandle; requestId: number } | undefined {
    const sale = this.#sales.expired(now);
    return sale && this.#bySale.get(sale);
  }

  nextTimeout(): Instant | undefined {
    return this.#sales.nextTimeout();
  }

  #accountOf(connection: ConnectionHandle): Account | undefined {
    const publicKey = this.#standings.publicKeyOf(connection);
    if (publicKey === undefined) return undefined;
    const account = this.#keeper.ledger.open(publicKey, this.#clock.unixMs());
    if (account !== undefined) account.rank = this.#standings.rankOf(publicKey);
    return account;
  }

  #keep(open: OpenSale, now: Instant): void {
    const sales = this.#open.get(open.connection) ?? new Map<number, OpenSale>();
    const former = sales.get(open.requestId);
    if (former !== undefined) { // its id is used again: it is over
      this.#sales.abandon(former.sale, now);
      this.#bySale.delete(former.sale);
    }
    this.#open.set(open.connection, sales.set(open.requestId, open));
    this.#bySale.set(open.sale, open);
  }

  #forgetIfDone(open: OpenSale, now: Instant): void {
    const { connection, requestId, sale } = open;
    if (sale.isOpen && sale.openBytes === 0) this.#sales.close(sale, now);
    if (sale.isOpen || sale.handedBytes > 0) return;
    this.#bySale.delete(sale);
    const sales = this.#open.get(connection);
    if (sales?.get(requestId) === open) sales.delete(requestId);
    if (sales?.size === 0) this.#open.delete(connection);
  }

  /** Who pays is served before who does not (protocol.md §2.3). */
  #setTier(connection: ConnectionHandle, isFree: boolean, now: Instant): void {
    const tier = isFree ? SERVICE_TIER.free : SERVICE_TIER.paid;
    const share = this.#transport.shareOf(connection);
    if (share.tier !== tier) this.#transport.setShare(connection, { ...share, tier }, now);
  }
}

const buyerOf = ({ account, ip }: Sale): Buyer => ({ publicKey: account.state.publicKey, ip });
