import type { KeyPair } from "../identity/mod.ts";
import { assert, equalBytes, type PublicKey, type UnixMs } from "../lib/mod.ts";
import type { Account } from "./account.ts";
import { AMOUNT_MAX, greatest, least } from "./amount.ts";
import {
  type CreditNote,
  isCreditNoteSigned,
  parseCreditNote,
  signCreditNote,
} from "./credit_note.ts";
import { findInvoice, type Invoice, withInvoice } from "./invoice.ts";

/** What becomes of a credit note that came: taken; we hold a later one, or another one for this
 * invoice; it is none that this peer may send us. */
export type NoteVerdict =
  | { readonly verdict: "taken"; readonly invoice: Invoice }
  | { readonly verdict: "held"; readonly held: CreditNote }
  | { readonly verdict: "invalid" };

/** What a payment does to two accounts. Every change here is one of the account alone, so that one
 * transaction keeps it whole: paid once, credited once, whoever dies between two steps. */
export class PaymentBook {
  readonly #key: KeyPair;
  readonly #networkId: Uint8Array;

  /** @param networkId 4 bytes. */
  constructor(key: KeyPair, networkId: Uint8Array) {
    this.#key = key;
    this.#networkId = networkId;
  }

  /** The money for an invoice of ours is there: lowers what the peer owes, in both counts, raises
   * its line and signs for it, all at once. Doing it twice is doing it once. It must be on disk
   * before the note is sent. @returns false if it is not paid, or the sum would be beyond all
   * counting. */
  credit(account: Account, id: Uint8Array, nowMs: UnixMs): boolean {
    const { state } = account;
    const invoice = findInvoice(state.invoices, id, true);
    if (invoice?.state !== "paid" || state.paidCb + invoice.cb > AMOUNT_MAX) return false;
    state.paidCb += invoice.cb;
    state.repaidCb = least(state.repaidCb + invoice.cb, AMOUNT_MAX);
    this.#sign(account, { ...invoice, state: "credited" }, nowMs);
    return true;
  }

  /** Judges a peer's credit note. Cheap rules come before the signature. Notes of one peer come in
   * the order of their numbers, as it sends the next one when this one is confirmed. */
  take(account: Account, bytes: Uint8Array): NoteVerdict {
    const { state } = account;
    const note = parseCreditNote(bytes, this.#networkId);
    if (note === undefined || !this.#isBetween(note, state.publicKey, this.#key.publicKey)) {
      return { verdict: "invalid" };
    }
    const invoice = findInvoice(state.invoices, note.invoice, false);
    if (invoice === undefined || invoice.cb !== note.cb) return { verdict: "invalid" };
    if (invoice.note !== undefined) {
      if (equalBytes(invoice.note.bytes, note.bytes)) return { verdict: "taken", invoice };
      return { verdict: "held", held: invoice.note };
    }
    const last = state.theirNote;
    if (last !== undefined && !isLater(note, last)) return { verdict: "held", held: last };
    if (!isCreditNoteSigned(note, this.#networkId)) return { verdict: "invalid" };
    const before = last?.epoch === note.epoch ? last.totalCb : 0n;
    if (note.totalCb < before + note.cb) return { verdict: "held", held: last ?? note };
    state.spentCb = least(state.spentCb + note.totalCb - before, AMOUNT_MAX);
    state.theirNote = note;
    const credited: Invoice = { ...invoice, state: "credited", note };
    state.invoices = withInvoice(state.invoices, credited);
    return { verdict: "taken", invoice: credited };
  }

  /** The payer holds the note for this invoice. */
  confirm(account: Account, id: Uint8Array): void {
    const invoice = findInvoice(account.state.invoices, id, true);
    if (invoice?.state !== "credited") return;
    account.state.invoices = withInvoice(account.state.invoices, { ...invoice, state: "held" });
  }

  /** The note that the payer is to confirm next: the first of those that it has not. */
  unconfirmed({ state }: Account): CreditNote | undefined {
    return this.#unconfirmed(state.invoices)[0]?.note;
  }

  /** The payer holds another note of ours than the one that it was sent for this invoice. For the
   * same invoice: it is credited there already. A later one than we know of: our ledger was put
   * back to an earlier state, and goes on from there; what is not confirmed is signed anew on top.
   * @returns false if it shows none that says anything. */
  adopt(account: Account, id: Uint8Array, bytes: Uint8Array, nowMs: UnixMs): boolean {
    const { state } = account;
    const held = parseCreditNote(bytes, this.#networkId);
    const ours = state.ourNote;
    const asked = findInvoice(state.invoices, id, true);
    const sent = asked?.state === "credited" ? asked.note : undefined;
    if (held === undefined || ours === undefined || sent === undefined) return false;
    if (!this.#isBetween(held, this.#key.publicKey, state.publicKey)) return false;
    if (!isCreditNoteSigned(held, this.#networkId)) return false;
    const before = this.#unconfirmed(state.invoices);
    const isOfThis = equalBytes(held.invoice, id);
    if (isLater(sent, held) && !isOfThis) return false;
    // A later one that we know of says what the one that was sent does.
    if (isLater(sent, held) || equalBytes(held.bytes, ours.bytes)) {
      this.confirm(account, id);
      return true;
    }
    this.confirm(account, held.invoice);
    const open = this.#unconfirmed(state.invoices);
    if (held.epoch === ours.epoch) {
      // Both knew what ours says without the unconfirmed. What the held one says beyond that we had
      // lost, but for an unconfirmed one that it names: that has been counted here too.
      const known = ours.totalCb - sumOf(before);
      const missed = held.totalCb - known - (sumOf(before) - sumOf(open));
      state.paidCb = least(state.paidCb + greatest(missed, 0n), AMOUNT_MAX);
    }
    state.ourNote = held;
    for (const invoice of open) this.#sign(account, invoice, nowMs);
    return true;
  }

  #unconfirmed(invoices: readonly Invoice[]): Invoice[] {
    const seqOf = ({ note }: Invoice): bigint => note?.seq ?? 0n;
    return invoices.filter(({ isOurs, state }) => isOurs && state === "credited")
      .sort((a, b) => seqOf(a) < seqOf(b) ? -1 : 1);
  }

  #sign(account: Account, invoice: Invoice, nowMs: UnixMs): void {
    const { state } = account;
    assert(invoice.state === "credited", `a note for an invoice that is ${invoice.state}`);
    const note = signCreditNote(this.#key, this.#networkId, {
      clientKey: state.publicKey,
      epoch: state.ourNote?.epoch ?? state.epoch,
      seq: (state.ourNote?.seq ?? 0n) + 1n,
      cb: invoice.cb,
      totalCb: (state.ourNote?.totalCb ?? 0n) + invoice.cb,
      invoice: invoice.id,
      signedAtMs: BigInt(nowMs),
    });
    state.ourNote = note;
    state.invoices = withInvoice(state.invoices, { ...invoice, note });
  }

  #isBetween(note: CreditNote, server: PublicKey, client: PublicKey): boolean {
    return equalBytes(note.serverKey, server) && equalBytes(note.clientKey, client);
  }
}

const sumOf = (invoices: readonly Invoice[]): bigint =>
  invoices.reduce((sum, { cb }) => sum + cb, 0n);

function isLater(note: CreditNote, than: CreditNote): boolean {
  return note.epoch > than.epoch || (note.epoch === than.epoch && note.seq > than.seq);
}
