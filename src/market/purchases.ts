import type { Account } from "./account.ts";
import { add, type Amount, greatest, least, noAmount } from "./amount.ts";
import { priceOf, REQUEST_FEE_CB } from "./price.ts";
import { WINDOW_BYTES_MIN } from "./receipt_window.ts";

/** One FETCH that we asked for. */
export interface Order {
  readonly account: Account;
  readonly factor: number;
  /** Bytes asked for and not answered. */
  openBytes: number;
  isOpen: boolean;
}

/** What a server has told of our standing with it. */
export interface ToldStanding {
  /** What we owe it, and how far we may, in credit bytes. */
  readonly balance: bigint;
  readonly line: bigint;
  /** Our own balance when we asked: what we have had since, the server had not counted. */
  readonly ours: Readonly<Amount>;
  /** Whether it served what was asked then. */
  readonly isServed: boolean;
}

/** What we buy from whom. A price is reserved before it is asked for, so that no credit is spent
 * twice. */
export class Purchases {
  /** All that came in this run, proven or not. */
  readonly total = noAmount();

  /** Reserves the price of a FETCH for `bytes`. */
  open(account: Account, bytes: number, factor: number): Order {
    move(account, bytes, factor, 1n);
    account.ordered.cb += REQUEST_FEE_CB;
    return { account, factor, openBytes: bytes, isOpen: true };
  }

  /** Bytes that came; the server counts them too once we acknowledge them. */
  receive(order: Order, bytes: number): void {
    this.release(order, bytes);
    const [count, price] = [BigInt(bytes), priceOf(bytes, order.factor)];
    add(order.account.state.bought, count, price);
    add(this.total, count, price);
  }

  /** Bytes that came and prove right: only these earn the server credit.
   * @param countedFactorMax what of the factor does (repaidFactorMax). */
  prove({ state }: Account, bytes: number, factor: number, countedFactorMax: number): void {
    state.repaidCb += priceOf(bytes, Math.min(factor, countedFactorMax));
  }

  /** Bytes that came and prove wrong: they are not paid for. */
  refund({ state }: Account, bytes: number, factor: number): void {
    state.bought.bytes = less(state.bought.bytes, BigInt(bytes));
    state.bought.cb = less(state.bought.cb, priceOf(bytes, factor));
  }

  /** Bytes that will not come. */
  release(order: Order, bytes: number): void {
    const released = Math.min(bytes, order.openBytes);
    order.openBytes -= released;
    move(order.account, released, order.factor, -1n);
  }

  /** The FETCH is over. @param isCharged its fee is owed: it was not refused for want of credit. */
  close(order: Order, isCharged: boolean): void {
    if (!order.isOpen) return;
    order.isOpen = false;
    order.account.ordered.cb -= REQUEST_FEE_CB;
    this.release(order, order.openBytes);
    if (!isCharged) return;
    add(order.account.state.bought, 0n, REQUEST_FEE_CB);
    add(this.total, 0n, REQUEST_FEE_CB);
  }

  /** Bytes that our credit with this server still pays for, beside what is ordered. It counts from
   * what the server told: what it has forgiven us it alone knows. With nothing ordered it may
   * always be asked: it may forgive, or give what its uplink has to spare. */
  roomFor(account: Account, factor: number, told: ToldStanding | undefined): number {
    const { balance, ordered } = account;
    if (told === undefined || ordered.cb === 0n) return Infinity;
    // It tells cb alone. Bytes are forgiven at the same pace.
    const forgiven = greatest(-told.ours.cb - told.balance, 0n);
    const left = {
      bytes: told.line + told.ours.bytes + forgiven,
      cb: told.line - told.balance,
    };
    // It serves us beyond our line, from its pool: as much of that is asked for as it sends ahead.
    const isGiving = told.isServed && (left.bytes <= 0n || left.cb <= 0n);
    const given = isGiving ? WINDOW_BYTES_MIN - ordered.bytes : 0n;
    const cb = left.cb + balance.cb - told.ours.cb - ordered.cb - REQUEST_FEE_CB;
    const bytes = left.bytes + balance.bytes - told.ours.bytes - ordered.bytes;
    const room = factor === 0 ? bytes : least(bytes, cb / BigInt(factor));
    return Math.max(0, Number(greatest(room, given)));
  }
}

function move({ ordered }: Account, bytes: number, factor: number, sign: 1n | -1n): void {
  ordered.bytes += sign * BigInt(bytes);
  ordered.cb += sign * priceOf(bytes, factor);
}

const less = (from: bigint, what: bigint): bigint => from > what ? from - what : 0n;
