import type { Network } from "../identity/mod.ts";
import { type PublicKey, SkerryError, toHex, type UnixMs } from "../lib/mod.ts";
import { type Account, type LedgerStatement, makeStatement } from "../market/mod.ts";
import type { LedgerKeeper } from "./ledger_keeper.ts";
import { signedOf } from "./ledger_rows.ts";

/** How this node stands with one peer. Credit bytes are decimal text, since they may be more than a
 * JSON number holds. */
export interface LedgerEntry {
  /** 64 hex. */
  readonly publicKey: string;
  /** As far as it was proven in this run. */
  readonly rank: number;
  /** What it had of us, and we of it. */
  readonly sentBytes: number;
  readonly sentCb: string;
  readonly receivedBytes: number;
  readonly receivedCb: string;
  /** What it has paid us, and we it. */
  readonly paidCb: string;
  readonly spentCb: string;
  /** What it owes us; negative: we owe it. */
  readonly balanceBytes: number;
  readonly balanceCb: string;
  /** How far it may owe; absent where there are no limits (without --credit). */
  readonly limitCb?: string;
  /** Of sentBytes, what it has not signed for. */
  readonly unsignedBytes: number;
  /** When the last receipt was signed, by either; unix ms. */
  readonly lastReceiptMs?: number;
  /** Times it was caught within the last day that counts; 2 end trade for a day. */
  readonly faults: number;
}

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
  const { sold, bought, ours, theirs } = state;
  const signedAtMs = Math.max(Number(ours?.signedAtMs ?? 0), Number(theirs?.signedAtMs ?? 0));
  return {
    publicKey: toHex(state.publicKey),
    rank,
    sentBytes: Number(sold.bytes),
    sentCb: String(sold.cb),
    receivedBytes: Number(bought.bytes),
    receivedCb: String(bought.cb),
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
