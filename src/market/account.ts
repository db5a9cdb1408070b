import type { Instant, PublicKey, UnixMs } from "../lib/mod.ts";
import { type Amount, AMOUNT_MAX, greatest, least, noAmount, sum } from "./amount.ts";
import { lineOf } from "./credit_line.ts";
import type { CreditNote } from "./credit_note.ts";
import { type Invoice, isPending } from "./invoice.ts";
import type { Receipt } from "./receipt.ts";

/** A fault halves the line for so long; a second one within it ends all trade for as long. */
const FAULT_MS = 86_400_000;
const FAULTS_FOR_BAN = 2;

/** What of an account outlives a run. */
export interface AccountState {
  readonly publicKey: PublicKey;
  /** What we served it, counted when acknowledged. */
  readonly sold: Amount;
  /** What it served us, counted when proven. */
  readonly bought: Amount;
  /** Of `sold`, what we do not ask back: refreshed while the uplink was idle. */
  readonly forgiven: Amount;
  /** What it has paid us, and we it, by credit notes. Paid is paid in both counts: half of all
   * pairs have factor 0, and owe each other bytes alone. */
  paidCb: bigint;
  spentCb: bigint;
  /** Of `bought` and `paidCb`, what earns the peer credit. */
  repaidCb: bigint;
  /** What it owes for places here, by its own word: beside `sold`. */
  hostedCb: bigint;
  /** Agreed for places here, its word still to come: not owed, since the answer that told it may
   * have got lost, but as good as owed where it orders more. */
  unacknowledgedCb: bigint;
  /** What we owe for places there, beside `bought`; and of that, what our last receipt tells. */
  placedCb: bigint;
  placedSignedCb: bigint;
  /** Sold by our count, never signed for, and given up. */
  writtenOff: Amount;
  /** When it was caught, unix ms; the last two. */
  faultsMs: readonly UnixMs[];
  usedMs: UnixMs;
  /** The last receipt it signed, and what those of its earlier epochs came to. */
  theirs: Receipt | undefined;
  readonly theirsBefore: Amount;
  /** The last receipt that we signed. */
  ours: Receipt | undefined;
  isOursHeld: boolean;
  /** The last credit note that we signed, and the last that it signed. */
  ourNote: CreditNote | undefined;
  theirNote: CreditNote | undefined;
  /** Payments of either, the oldest first. BOUNDED by INVOICES_MAX. */
  invoices: readonly Invoice[];
  /** Tells this account from one that was lost: unix seconds at its beginning. */
  epoch: number;
}

export function newAccountState(publicKey: PublicKey, nowMs: UnixMs): AccountState {
  return {
    publicKey,
    sold: noAmount(),
    bought: noAmount(),
    forgiven: noAmount(),
    paidCb: 0n,
    spentCb: 0n,
    repaidCb: 0n,
    hostedCb: 0n,
    unacknowledgedCb: 0n,
    placedCb: 0n,
    placedSignedCb: 0n,
    writtenOff: noAmount(),
    faultsMs: [],
    usedMs: nowMs,
    theirs: undefined,
    theirsBefore: noAmount(),
    ours: undefined,
    isOursHeld: false,
    ourNote: undefined,
    theirNote: undefined,
    invoices: [],
    epoch: Math.floor(nowMs / 1000),
  };
}

/** One peer's standing with us. */
export class Account {
  readonly state: AccountState;
  /** Its proven rank; 0 until the proof was checked in this run. */
  rank = 0;
  /** Promised to it by open sales, and of us by open orders. */
  readonly reserved = noAmount();
  readonly ordered = noAmount();
  /** It was kept by an earlier run, and the peer has not told in this one what it holds of ours:
   * the disk may have been put back to an earlier state. What is signed meanwhile could bear the
   * number of a receipt that the peer holds, as only a cheat's would. */
  mayBeBehind = false;
  /** When the peer was asked for it over its last connection. */
  askedAt: Instant | undefined;
  /** When something that it was sent was last acknowledged or called off. */
  lastSoldAt: Instant | undefined;
  /** Of `reserved`, bytes on their way. */
  handedBytes = 0n;
  /** How much of `due` stands in what earlier runs wrote down or signed: no receipt of theirs can
   * tell of the rest. */
  readonly dueBefore: Amount;

  constructor(state: AccountState) {
    this.state = state;
    this.dueBefore = { ...this.due };
  }

  /** What it owes us; negative: we owe it. */
  get balance(): Readonly<Amount> {
    const { sold, bought, forgiven, paidCb, spentCb, hostedCb, placedCb } = this.state;
    const paid = paidCb - spentCb;
    const places = hostedCb - placedCb;
    return {
      bytes: sold.bytes - bought.bytes - forgiven.bytes - paid,
      cb: sold.cb - bought.cb + places - forgiven.cb - paid,
    };
  }

  /** Something is promised, or a payment on its way: the account is not forgotten meanwhile. */
  get isInUse(): boolean {
    return this.reserved.bytes > 0n || this.reserved.cb > 0n || this.ordered.cb > 0n ||
      this.state.invoices.some(isPending);
  }

  /** What it has signed for, places included. */
  get receipted(): Readonly<Amount> {
    const { theirs, theirsBefore } = this.state;
    return theirs === undefined ? theirsBefore : sum(theirsBefore, theirs.total);
  }

  /** What we have had of it in all, places included. */
  get due(): Readonly<Amount> {
    const { bought, placedCb } = this.state;
    return { bytes: bought.bytes, cb: least(bought.cb + placedCb, AMOUNT_MAX) };
  }

  /** What we have signed for. */
  get signed(): Readonly<Amount> {
    return this.state.ours?.total ?? noAmount();
  }

  /** Sold and not signed for, in bytes. */
  get unreceiptedBytes(): bigint {
    return greatest(this.state.sold.bytes - this.receipted.bytes, 0n);
  }

  lineAt(nowMs: UnixMs): bigint {
    return lineOf(this.rank, this.state.repaidCb, this.faultsAt(nowMs));
  }

  isBannedAt(nowMs: UnixMs): boolean {
    return this.faultsAt(nowMs) >= FAULTS_FOR_BAN;
  }

  /** It was caught at something that no honest node does. */
  noteFault(nowMs: UnixMs): void {
    this.state.faultsMs = [...this.state.faultsMs, nowMs].slice(-FAULTS_FOR_BAN);
  }

  /** Faults that still count; by a clock that was set back one counts until then. */
  faultsAt(nowMs: UnixMs): number {
    let count = 0; // asked for every slice: it makes no garbage
    for (const at of this.state.faultsMs) if (nowMs < at + FAULT_MS) count++;
    return count;
  }
}
