import type { Network } from "../../identity/mod.ts";
import { type PublicKey, SkerryError, toHex, type UnixMs } from "../../lib/mod.ts";
import { type Account, type LedgerStatement, makeStatement } from "../../market/mod.ts";
import type { LedgerEntry } from "../contract/operator_api.ts";
import type { LedgerKeeper } from "./ledger_keeper.ts";
import { signedOf } from "./ledger_rows.ts";

/** All accounts, the greatest balance first, whoever owes it. */
export function ledgerEntries(
  { keeper, hasLimits }: { readonly keeper: LedgerKeeper; readonly hasLimits: boolean },
  nowMs: UnixMs,
): LedgerEntry[] {
  const size = ({ balance: { cb } }: Account): bigint => cb < 0n ? -cb : cb;
  return [...keeper.ledger.accounts()]
    .sort((a, b) => Number(size(b) - size(a)))
    .map((account) => entryOf(account, hasLimits, nowMs));
}

function entryOf(account: Account, hasLimits: boolean, nowMs: UnixMs): LedgerEntry {
  const { state, balance, rank } = account;
  const { sold, bought, hostedCb, placedCb, unacknowledgedCb, ours, theirs } = state;
  const signedAtMs = Math.max(Number(ours?.signedAtMs ?? 0), Number(theirs?.signedAtMs ?? 0));
  return {
    publicKey: toHex(state.publicKey),
    rank,
    sentBytes: Number(sold.bytes),
    sentCb: String(sold.cb + hostedCb),
    receivedBytes: Number(bought.bytes),
    receivedCb: String(bought.cb + placedCb),
    ...(unacknowledgedCb > 0n && { unacknowledgedCb: String(unacknowledgedCb) }),
    paidCb: String(state.paidCb),
    spentCb: String(state.spentCb),
    balanceBytes: Number(balance.bytes),
    balanceCb: String(balance.cb),
    ...(hasLimits && { limitCb: String(account.lineAt(nowMs)) }),
    unsignedBytes: Number(account.unreceiptedBytes),
    ...(signedAtMs > 0 && { lastReceiptMs: signedAtMs }),
    faults: account.faultsAt(nowMs),
  };
}

/** What signatures prove about the account with a peer, as it is on disk.
 * @throws {SkerryError} INVALID_ID if there is none, DISK_FAILED. */
export async function statementOf(
  keeper: LedgerKeeper,
  network: Network,
  self: PublicKey,
  peer: PublicKey,
): Promise<LedgerStatement> {
  const row = await keeper.rowOf(peer);
  if (row !== undefined) {
    return makeStatement(network.name, self, peer, signedOf(row, network.id));
  }
  const why = "this node has never traded with it; skerry ledger lists whom it has";
  throw new SkerryError("INVALID_ID", `Cannot prove an account with ${toHex(peer)}: ${why}`);
}
