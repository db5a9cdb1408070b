import type { KeyPair } from "../identity/mod.ts";
import { equalBytes, type PublicKey, type UnixMs } from "../lib/mod.ts";
import type { Account, AccountState } from "./account.ts";
import { add, type Amount, greatest, least, noAmount } from "./amount.ts";
import { PRICE_FACTOR_MAX } from "./price.ts";
import {
  encodeQuestion,
  isSigned,
  parseQuestion,
  parseReceipt,
  type Receipt,
  type ReceiptQuestion,
  signReceipt,
} from "./receipt.ts";

/** What a client may leave unsigned for good: one window's worth, for what a crash loses, and this
 * share of all it was served, for slices that were called off while they travelled. */
const UNSIGNED_SHARE = 64n;

/** What becomes of a receipt that came: taken; we hold a later one, or another of the same number;
 * it asks for one, and we hold none; it is none that this peer may send us; it takes back what an
 * earlier one said. */
export type ReceiptVerdict =
  | { readonly verdict: "taken" }
  | { readonly verdict: "none" }
  | { readonly verdict: "held"; readonly held: Receipt }
  | { readonly verdict: "invalid" }
  | { readonly verdict: "fault"; readonly why: "equivocation" | "rollback" };

/** Signs for what we are served, judges what others sign for what we serve. */
export class ReceiptBook {
  readonly #key: KeyPair;
  readonly #networkId: Uint8Array;

  /** @param networkId 4 bytes. */
  constructor(key: KeyPair, networkId: Uint8Array) {
    this.#key = key;
    this.#networkId = networkId;
  }

  /** Bytes that we have had of this peer and not signed for. */
  unsignedBytes({ state, signed }: Account): bigint {
    return greatest(state.bought.bytes - signed.bytes, 0n);
  }

  /** Whether what we have had has grown since we last signed, if only by a fee. */
  isDue({ due, signed }: Account): boolean {
    return due.bytes > signed.bytes || due.cb > signed.cb;
  }

  /** Signs for all that we have had. It must be on disk before it is sent: after a crash we would
   * sign another one under the same number, which is what a cheat does. A total never falls: what
   * was signed for and then proved wrong is not signed for again. */
  sign(account: Account, nowMs: UnixMs): Receipt {
    const { state, signed, due } = account;
    const receipt = signReceipt(this.#key, this.#networkId, {
      serverKey: state.publicKey,
      epoch: state.epoch,
      seq: (state.ours?.seq ?? 0n) + 1n,
      total: greatestOf(due, signed),
      signedAtMs: BigInt(nowMs),
    });
    state.ours = receipt;
    state.placedSignedCb = state.placedCb;
    state.isOursHeld = false;
    return receipt;
  }

  /** What a server is shown that may hold a later receipt of ours than we know of: the last that we
   * know of, or the bare question. */
  shown({ state }: Account): Uint8Array {
    const { publicKey: serverKey, ours, epoch } = state;
    if (ours !== undefined) return ours.bytes;
    const clientKey = this.#key.publicKey;
    return encodeQuestion(this.#networkId, { serverKey, clientKey, epoch });
  }

  /** Judges what a peer has signed. Cheap rules come before the signature.
   * @param isFinal nothing is on its way to the peer: what this leaves out it means to leave out.
   * @param windowBytes what may be given up once.
   * @param placedCb what of its total the peer says to be for places here. */
  take(
    account: Account,
    bytes: Uint8Array,
    { isFinal, windowBytes, placedCb = 0n }: {
      readonly isFinal: boolean;
      readonly windowBytes: bigint;
      readonly placedCb?: bigint;
    },
    nowMs: UnixMs,
  ): ReceiptVerdict {
    const { state } = account;
    const held = state.theirs;
    const receipt = parseReceipt(bytes, this.#networkId);
    if (receipt === undefined) return this.#told(state, bytes);
    if (!this.#isBetween(receipt, state.publicKey)) return { verdict: "invalid" };
    if (held !== undefined && equalBytes(held.bytes, receipt.bytes)) {
      this.#settleAgain(account, windowBytes, nowMs);
      return { verdict: "taken" };
    }
    const isOlder = held !== undefined &&
      (receipt.epoch < held.epoch || (receipt.epoch === held.epoch && receipt.seq < held.seq));
    if (isOlder) return { verdict: "held", held };
    if (!isSigned(receipt, this.#networkId)) return { verdict: "invalid" };
    const fault = held === undefined ? undefined : breachOf(held, receipt);
    if (fault !== undefined) {
      account.noteFault(nowMs);
      return { verdict: "fault", why: fault };
    }
    if (held !== undefined && receipt.epoch > held.epoch) {
      add(state.theirsBefore, held.total.bytes, held.total.cb);
      add(state.sold, 0n, state.hostedCb); // it counts its places from nothing again
      state.hostedCb = 0n;
    }
    state.theirs = receipt;
    acknowledge(state, least(placedCb, receipt.total.cb), windowBytes);
    this.#settle(account, isFinal, windowBytes, nowMs);
    return { verdict: "taken" };
  }

  /** The server holds a later receipt of ours than we know of: our ledger was put back to an
   * earlier state, or lost and begun again by a clock that was behind, and goes on from there. What
   * we have had in this run is owed beside what that receipt tells, which is of an earlier one.
   * @returns false if it shows none. */
  adopt(account: Account, bytes: Uint8Array): boolean {
    const { state, dueBefore } = account;
    const receipt = parseReceipt(bytes, this.#networkId);
    if (receipt === undefined || receipt.epoch < state.epoch) return false;
    if (!equalBytes(receipt.clientKey, this.#key.publicKey)) return false;
    if (!equalBytes(receipt.serverKey, state.publicKey)) return false;
    const isLaterEpoch = receipt.epoch > state.epoch;
    if (!isLaterEpoch && receipt.seq <= (state.ours?.seq ?? 0n)) return false;
    if (!isSigned(receipt, this.#networkId)) return false;
    if (isLaterEpoch) {
      // That account had none of what came since; what the server has taken of it stays signed for.
      const taken = state.isOursHeld ? account.signed : noAmount();
      add(state.bought, 0n, state.placedCb);
      state.placedCb = state.placedSignedCb = 0n;
      state.bought.bytes = greatest(state.bought.bytes - taken.bytes, 0n);
      state.bought.cb = greatest(state.bought.cb - taken.cb, 0n);
      add(state.bought, receipt.total.bytes, receipt.total.cb);
      Object.assign(dueBefore, receipt.total);
      state.epoch = receipt.epoch;
    }
    state.ours = receipt;
    state.isOursHeld = true;
    const missing = {
      bytes: greatest(receipt.total.bytes - dueBefore.bytes, 0n),
      cb: greatest(receipt.total.cb - dueBefore.cb, 0n),
    };
    // What of it was for places nobody knows any more: it is owed all the same.
    add(state.bought, missing.bytes, missing.cb);
    add(dueBefore, missing.bytes, missing.cb);
    return true;
  }

  #told({ publicKey, theirs }: AccountState, bytes: Uint8Array): ReceiptVerdict {
    const question = parseQuestion(bytes, this.#networkId);
    if (question === undefined || !this.#isBetween(question, publicKey)) {
      return { verdict: "invalid" };
    }
    const isHeld = theirs !== undefined && theirs.epoch >= question.epoch;
    return isHeld ? { verdict: "held", held: theirs } : { verdict: "none" };
  }

  #isBetween({ serverKey, clientKey }: ReceiptQuestion, peer: PublicKey): boolean {
    return equalBytes(serverKey, this.#key.publicKey) && equalBytes(clientKey, peer);
  }

  /** Who shows once more what we hold has nothing to add: with nothing on its way to it, that
   * is how far its count goes, be it after a crash. */
  #settleAgain(account: Account, windowBytes: bigint, nowMs: UnixMs): void {
    const isAhead = account.unreceiptedBytes > 0n; // what it is ahead of us was believed once
    if (account.handedBytes === 0n && isAhead) this.#settle(account, true, windowBytes, nowMs);
  }

  /** Brings our count in line with what is signed, so that the two views of one trade do not drift
   * apart for ever: upwards at once (after a loss of ours the peer's word is the better one), but
   * by no more than such a loss may be, a window; down once the peer has had time to count
   * everything. What looked final and was not, as a receipt may be late, is taken back when it is
   * signed for after all. */
  #settle(account: Account, isFinal: boolean, windowBytes: bigint, nowMs: UnixMs): void {
    const { state, receipted } = account;
    const { sold, writtenOff, hostedCb } = state;
    const late = {
      bytes: least(receipted.bytes - sold.bytes, windowBytes),
      cb: least(receipted.cb - hostedCb - sold.cb, windowBytes * BigInt(PRICE_FACTOR_MAX)),
    };
    writtenOff.bytes = greatest(writtenOff.bytes - greatest(late.bytes, 0n), 0n);
    // What is owed after all was given up, or is the price of places that the peer counts as bought
    // since its ledger was put back: each credit byte is taken off one of the two, once.
    const lateCb = greatest(late.cb, 0n);
    const regained = least(writtenOff.cb, lateCb);
    writtenOff.cb -= regained;
    state.unacknowledgedCb = greatest(state.unacknowledgedCb - (lateCb - regained), 0n);
    if (isFinal) {
      add(writtenOff, greatest(-late.bytes, 0n), greatest(-late.cb, 0n));
      if (exceeds(writtenOff, sold, windowBytes)) {
        state.writtenOff = noAmount(); // paid for with a fault
        account.noteFault(nowMs);
      }
    }
    sold.bytes += isFinal ? late.bytes : greatest(late.bytes, 0n);
    sold.cb += isFinal ? late.cb : greatest(late.cb, 0n);
  }
}

/** What was agreed for places is owed from now on, as far as the peer says so. It may say more than
 * was agreed by our count after a loss of ours, but no more than such a loss may be, a window. */
function acknowledge(state: AccountState, placedCb: bigint, windowBytes: bigint): void {
  const most = state.unacknowledgedCb + windowBytes * BigInt(PRICE_FACTOR_MAX);
  const newCb = least(placedCb - state.hostedCb, most);
  if (newCb <= 0n) return; // a peer whose ledger was put back counts them as bought
  state.hostedCb += newCb;
  state.unacknowledgedCb = greatest(state.unacknowledgedCb - newCb, 0n);
}

function breachOf(held: Receipt, later: Receipt): "equivocation" | "rollback" | undefined {
  if (later.epoch !== held.epoch) return undefined;
  if (later.seq === held.seq) return "equivocation";
  const hasFallen = later.total.bytes < held.total.bytes || later.total.cb < held.total.cb;
  return hasFallen ? "rollback" : undefined;
}

/** More was given up than a window and a 64th of all, in either count; a window of bytes is worth
 * what they cost on average, fees included, at most the greatest price of a byte. */
function exceeds(writtenOff: Amount, sold: Amount, windowBytes: bigint): boolean {
  const average = greatest(sold.cb / greatest(sold.bytes, 1n), 1n);
  const windowCb = windowBytes * least(average, BigInt(PRICE_FACTOR_MAX));
  return writtenOff.bytes > windowBytes + sold.bytes / UNSIGNED_SHARE ||
    writtenOff.cb > windowCb + sold.cb / UNSIGNED_SHARE;
}

function greatestOf(a: Amount, b: Amount): Amount {
  return { bytes: greatest(a.bytes, b.bytes), cb: greatest(a.cb, b.cb) };
}
