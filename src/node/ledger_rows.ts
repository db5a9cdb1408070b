import type { PublicKey, UnixMs } from "../lib/mod.ts";
import { type AccountState, add, noAmount, parseReceipt, type Receipt } from "../market/mod.ts";
import type { LedgerReceipt, LedgerRow } from "../ports/mod.ts";

/** An account as it is kept on disk. */
export function rowOf(state: AccountState): LedgerRow {
  const { sold, bought, forgiven, writtenOff, theirsBefore, ours, theirs } = state;
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
    },
    isOursHeld: state.isOursHeld,
    ours: ours && keptOf(ours),
    theirs: theirs === undefined ? [] : [keptOf(theirs)],
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
  return {
    publicKey: row.publicKey as PublicKey,
    sold: amount(counts.soldBytes, counts.soldCb),
    bought: amount(counts.boughtBytes, counts.boughtCb),
    forgiven: amount(counts.forgivenBytes, counts.forgivenCb),
    repaidCb: counts.repaidCb,
    writtenOff: amount(counts.writtenOffBytes, counts.writtenOffCb),
    faultsMs: row.faultsMs as readonly UnixMs[],
    usedMs: row.usedMs as UnixMs,
    theirs: read(row.theirs[0]),
    theirsBefore: amount(counts.theirsBeforeBytes, counts.theirsBeforeCb),
    ours: read(row.ours),
    isOursHeld: row.isOursHeld,
    epoch: row.epoch,
  };
}

/** All receipts of a row, newest epoch first. @param networkId 4 bytes. */
export function receiptsOf(row: LedgerRow, networkId: Uint8Array) {
  const read = (kept: LedgerReceipt): Receipt[] => {
    const receipt = parseReceipt(kept.bytes, networkId);
    return receipt === undefined ? [] : [receipt];
  };
  return { theirs: row.theirs.flatMap(read), ours: row.ours === undefined ? [] : read(row.ours) };
}

function keptOf({ epoch, seq, bytes }: Receipt): LedgerReceipt {
  return { epoch, seq, bytes };
}
