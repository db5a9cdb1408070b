import { after, type Instant, type UnixMs } from "../lib/mod.ts";
import type { Account } from "./account.ts";
import { add, AMOUNT_MAX, greatest, noAmount } from "./amount.ts";
import type { FreePool } from "./free_pool.ts";
import { fetchPrice, priceOf, REQUEST_FEE_CB } from "./price.ts";
import { creditFor, receiptWindow } from "./receipt_window.ts";

/** A reservation that moves nothing for so long falls back: who reserves and stalls keeps nobody
 * else from being served (protocol.md §6.3). */
export const RESERVATION_MS = 30_000;
/** A peer that has not repaid this share of what it was served draws from the free pool. */
const REPAID_SHARE = 16n;

/** What a question without credit takes of its address's part of the pool besides its bytes: as
 * much as its fee, so that asking for nothing, or for what is not there, has an end too. */
const FREE_QUESTION_BYTES = Number(REQUEST_FEE_CB);

/** One FETCH that we agreed to serve. */
export interface Sale {
  readonly account: Account;
  readonly factor: number;
  /** Where the free pool counts it; undefined if it does not, or not by address. */
  readonly ip: string | undefined;
  /** The pool gives it, not the line. */
  readonly isFree: boolean;
  /** Bytes asked for and not answered. */
  openBytes: number;
  /** Of them, bytes on their way. */
  handedBytes: number;
  isOpen: boolean;
  expiresAt: Instant;
}

export interface SaleAsk {
  readonly account: Account;
  readonly factor: number;
  /** Of all slices that exist and are asked for. */
  readonly bytes: number;
  /** Undefined where addresses are not counted. */
  readonly ip: string | undefined;
}

/** What is served to whom on which credit. */
export class Sales {
  /** About the oldest progress first. BOUNDED by the transport: 256 fetches for each connection. */
  readonly #open = new Set<Sale>();
  readonly #pool: FreePool;
  readonly #hasLimits: boolean;
  refused = 0;
  /** All that was sold in this run. */
  readonly total = noAmount();

  /** @param hasLimits false: everything is counted and nobody refused (without `--credit`). */
  constructor(pool: FreePool, hasLimits: boolean) {
    this.#pool = pool;
    this.#hasLimits = hasLimits;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** The peer's line; without limits the greatest that can be told. */
  lineOf(account: Account, nowMs: UnixMs): bigint {
    return this.#hasLimits ? account.lineAt(nowMs) : AMOUNT_MAX;
  }

  /** Agrees to serve one FETCH and charges its fee; undefined is credit_limit_reached: its price
   * would lead past the line, counting what is reserved, and the free pool has nothing for it. */
  open({ account, factor, bytes, ip }: SaleAsk, now: Instant, nowMs: UnixMs): Sale | undefined {
    const price = fetchPrice(bytes, factor);
    const line = this.lineOf(account, nowMs);
    let isFree = false;
    if (this.#hasLimits) {
      const isWithin = demandOf(account, bytes, price) <= line && !account.isBannedAt(nowMs);
      // A question takes no bytes: within the line it is owed for as any purchase is (ADR 0166).
      isFree = !isWithin || (bytes > 0 && !hasRepaid(account, bytes));
      if (isFree && !this.#takeFree(account, bytes, ip, line, now, nowMs)) {
        this.refused++;
        return undefined;
      }
    }
    add(account.state.sold, 0n, REQUEST_FEE_CB);
    add(this.total, 0n, REQUEST_FEE_CB);
    reserve(account, bytes, factor, 1n);
    const expiresAt = after(now, RESERVATION_MS);
    const sale = {
      account,
      factor,
      ip,
      isFree,
      openBytes: bytes,
      handedBytes: 0,
      isOpen: true,
      expiresAt,
    };
    this.#open.add(sale);
    return sale;
  }

  /** A slice of it goes to the transport. */
  hand(sale: Sale, bytes: number): void {
    sale.handedBytes += bytes;
    sale.account.handedBytes += BigInt(bytes);
  }

  /** A slice that was handed over is done with. @param acked what of it the peer has. */
  settle(sale: Sale, bytes: number, acked: number, now: Instant): void {
    sale.handedBytes -= bytes;
    sale.account.handedBytes -= BigInt(bytes);
    const [count, price] = [BigInt(acked), priceOf(acked, sale.factor)];
    add(sale.account.state.sold, count, price);
    add(this.total, count, price);
    this.#release(sale, bytes, bytes - acked, now);
  }

  /** Bytes that will not be sent after all. What is on its way is not among them, however many are
   * named: settle() counts that. */
  release(sale: Sale, bytes: number, now: Instant): void {
    const released = Math.min(bytes, sale.openBytes - sale.handedBytes);
    this.#release(sale, released, released, now);
  }

  /** @param unserved of `bytes`, what the pool gets back. */
  #release(sale: Sale, bytes: number, unserved: number, now: Instant): void {
    sale.openBytes -= bytes;
    reserve(sale.account, bytes, sale.factor, -1n);
    if (sale.isFree && unserved > 0) this.#pool.giveBack(unserved, sale.ip, now);
    if (sale.isOpen) this.#putOff(sale, after(now, RESERVATION_MS));
  }

  /** Nothing more of it is handed over: what is reserved for that falls back. */
  close(sale: Sale, now: Instant): void {
    if (!sale.isOpen) return;
    sale.isOpen = false;
    this.#open.delete(sale);
    this.release(sale, sale.openBytes - sale.handedBytes, now);
  }

  /** It is over, and what was on its way will not be settled any more. */
  abandon(sale: Sale, now: Instant): void {
    this.close(sale, now);
    if (sale.handedBytes > 0) this.settle(sale, sale.handedBytes, 0, now);
  }

  /** A reservation of a peer that has taken nothing for RESERVATION_MS, if there is one. On a slow
   * line what a peer asked for last waits its turn for longer, and is no stall. */
  expired(now: Instant): Sale | undefined {
    if (!this.#hasLimits) return undefined;
    for (const sale of this.#open) {
      if (sale.expiresAt > now) return undefined;
      const { lastSoldAt } = sale.account;
      const expiresAt = lastSoldAt === undefined ? now : after(lastSoldAt, RESERVATION_MS);
      if (expiresAt <= now) return sale;
      this.#putOff(sale, expiresAt);
    }
    return undefined;
  }

  nextTimeout(): Instant | undefined {
    if (!this.#hasLimits) return undefined;
    for (const sale of this.#open) return sale.expiresAt;
    return undefined;
  }

  /** Bytes that a peer may be sent ahead of its signature; without limits any number. */
  windowOf(account: Account, factor: number, bdpBytes: number, nowMs: UnixMs): bigint {
    if (!this.#hasLimits) return AMOUNT_MAX;
    const credit = creditFor(account.lineAt(nowMs), account.balance.cb);
    return receiptWindow(credit, factor, bdpBytes);
  }

  /** Bytes that may be handed over before the peer signs for some; Infinity without limits. */
  windowRoom(account: Account, factor: number, bdpBytes: number, nowMs: UnixMs): number {
    if (!this.#hasLimits) return Infinity;
    const window = this.windowOf(account, factor, bdpBytes, nowMs);
    return Number(window - account.unreceiptedBytes - account.handedBytes);
  }

  #putOff(sale: Sale, expiresAt: Instant): void {
    this.#open.delete(sale);
    sale.expiresAt = expiresAt;
    this.#open.add(sale);
  }

  #takeFree(
    account: Account,
    bytes: number,
    ip: string | undefined,
    line: bigint,
    now: Instant,
    nowMs: UnixMs,
  ): boolean {
    if (account.isBannedAt(nowMs)) return false;
    return this.#pool.take(bytes, FREE_QUESTION_BYTES, ip, line, now);
  }
}

/** What the peer would owe, in whichever of the two counts is greater (C8). Places count before it
 * says that it owes them: it will a second later, or else would have a line for bytes besides. */
function demandOf({ balance, reserved, state }: Account, bytes: number, price: bigint): bigint {
  return greatest(
    balance.cb + state.unacknowledgedCb + reserved.cb + price,
    balance.bytes + reserved.bytes + BigInt(bytes),
  );
}

/** It gives about as much as it takes: none of it comes from the free pool. */
export function hasRepaid({ state, reserved }: Account, bytes: number): boolean {
  return state.repaidCb * REPAID_SHARE >= state.sold.bytes + reserved.bytes + BigInt(bytes);
}

function reserve({ reserved }: Account, bytes: number, factor: number, sign: 1n | -1n): void {
  reserved.bytes += sign * BigInt(bytes);
  reserved.cb += sign * priceOf(bytes, factor);
}
