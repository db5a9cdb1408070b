import type { PublicKey, UnixMs } from "../../lib/mod.ts";
import {
  type AccountState,
  add,
  type CreditNote,
  noAmount,
  parseCreditNote,
  parseReceipt,
  type Receipt,
} from "../../market/mod.ts";
import type { LedgerReceipt, LedgerRow } from "../../ports/mod.ts";
import { invoiceOf, invoiceRowOf } from "./invoice_rows.ts";

/** An account as it is kept on disk. */
export function rowOf(state: AccountState): LedgerRow {
  const { sold, bought, forgiven, writtenOff, theirsBefore } = state;
  const { ours, theirs, ourNote, theirNote } = state;
  return {
    publicKey: state.publicKey,
    epoch: state.epoch,
    usedMs: state.usedMs,
    faultsMs: state.faultsMs,
    counts: {
      soldBytes: sold.bytes,
      soldCb: sold.cb,
      boughtBytes: bought.bytes,
      boughtCb: bought.cb,
      forgivenBytes: forgiven.bytes,
      forgivenCb: forgiven.cb,
      repaidCb: state.repaidCb,
      writtenOffBytes: writtenOff.bytes,
      writtenOffCb: writtenOff.cb,
      theirsBeforeBytes: theirsBefore.bytes,
      theirsBeforeCb: theirsBefore.cb,
      paidCb: state.paidCb,
      spentCb: state.spentCb,
      hostedCb: state.hostedCb,
      unacknowledgedCb: state.unacknowledgedCb,
      placedCb: state.placedCb,
      placedSignedCb: state.placedSignedCb,
    },
    isOursHeld: state.isOursHeld,
    ours: ours && keptOf(ours),
    theirs: theirs === undefined ? [] : [keptOf(theirs)],
    ourNote: ourNote && keptOf(ourNote),
    theirNotes: theirNote === undefined ? [] : [keptOf(theirNote)],
    invoices: state.invoices.map(invoiceRowOf),
  };
}

/** A kept account. Receipts were checked before they were kept; one of another form than this
 * version knows is left out. @param networkId 4 bytes. */
export function stateOf(row: LedgerRow, networkId: Uint8Array): AccountState {
  const { counts } = row;
  const amount = (bytes: bigint, cb: bigint) => {
    const total = noAmount();
    add(total, bytes, cb);
    return total;
  };
  const read = (kept: LedgerReceipt | undefined): Receipt | undefined =>
    kept === undefined ? undefined : parseReceipt(kept.bytes, networkId);
  const readNote = (kept: LedgerReceipt | undefined): CreditNote | undefined =>
    kept === undefined ? undefined : parseCreditNote(kept.bytes, networkId);
  return {
    publicKey: row.publicKey as PublicKey,
    sold: amount(counts.soldBytes, counts.soldCb),
    bought: amount(counts.boughtBytes, counts.boughtCb),
    forgiven: amount(counts.forgivenBytes, counts.forgivenCb),
    paidCb: counts.paidCb,
    spentCb: counts.spentCb,
    repaidCb: counts.repaidCb,
    hostedCb: counts.hostedCb,
    unacknowledgedCb: counts.unacknowledgedCb,
    placedCb: counts.placedCb,
    placedSignedCb: counts.placedSignedCb,
    writtenOff: amount(counts.writtenOffBytes, counts.writtenOffCb),
    faultsMs: row.faultsMs as readonly UnixMs[],
    usedMs: row.usedMs as UnixMs,
    theirs: read(row.theirs[0]),
    theirsBefore: amount(counts.theirsBeforeBytes, counts.theirsBeforeCb),
    ours: read(row.ours),
    isOursHeld: row.isOursHeld,
    ourNote: readNote(row.ourNote),
    theirNote: readNote(row.theirNotes[0]),
    invoices: row.invoices.flatMap((invoice) => invoiceOf(invoice, networkId)),
    epoch: row.epoch,
  };
}

/** All that was signed, as a statement shows it: newest epoch first. @param networkId 4 bytes. */
export function signedOf(row: LedgerRow, networkId: Uint8Array) {
  const receipt = ({ bytes }: LedgerReceipt): Receipt[] => {
    const read = parseReceipt(bytes, networkId);
    return read === undefined ? [] : [read];
  };
  const note = ({ bytes }: LedgerReceipt): CreditNote[] => {
    const read = parseCreditNote(bytes, networkId);
    return read === undefined ? [] : [read];
  };
  return {
    theirs: row.theirs.flatMap(receipt),
    ours: row.ours === undefined ? [] : receipt(row.ours),
    theirNotes: row.theirNotes.flatMap(note),
    ourNotes: row.ourNote === undefined ? [] : note(row.ourNote),
  };
}

function keptOf({ epoch, seq, bytes }: Receipt | CreditNote): LedgerReceipt {
  return { epoch, seq, bytes };
}
