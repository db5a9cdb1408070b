import { type PublicKey, toHex, type UnixMs } from "../lib/mod.ts";
import { Account, type AccountState, newAccountState } from "./account.ts";
import { greatest } from "./amount.ts";
import { forgivenOver } from "./credit_line.ts";

/** As many as sessions, so that whoever is connected can have one; about a kilobyte each. */
export const ACCOUNTS_MAX = 16_384;
/** A debt, theirs or ours, above this between two nodes that have served each other is not
 * forgotten while others may be: a chunk at factor 1, half of what a newcomer of rank 1 is lent. */
const FORGOTTEN_MAX = 2n ** 20n;
/** Making room looks at every account, so it makes room for several. */
const FORGOTTEN_AT_ONCE = 256;
/** As many debtors go where only debts are left: little is lost, and the next newcomers cost no
 * look at every account each. */
const DEBTORS_AT_ONCE = 16;

/** Every peer that we have traded with. */
export class Ledger {
  /** BOUNDED by ACCOUNTS_MAX. */
  readonly #accounts = new Map<string, Account>();
  readonly #changed = new Set<Account>();
  /** Keys whose rows are to be deleted. BOUNDED by ACCOUNTS_MAX: where a disk fails for so long,
   * the rest comes back at the next start. */
  readonly #forgotten = new Set<string>();
  readonly #capacity: number;
  /** Accounts were full of peers that are being served, or that we owe. */
  refusedNewcomers = 0;

  constructor(capacity = ACCOUNTS_MAX) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#accounts.size;
  }

  accounts(): IterableIterator<Account> {
    return this.#accounts.values();
  }

  get(publicKey: PublicKey): Account | undefined {
    return this.#accounts.get(toHex(publicKey));
  }

  /** The peer's account, a new one if there is none. Undefined if all are taken by peers that are
   * being served or that we owe: then there is no trade with a newcomer. */
  open(publicKey: PublicKey, nowMs: UnixMs): Account | undefined {
    const key = toHex(publicKey);
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    if (this.#accounts.size >= this.#capacity) this.#makeRoom();
    if (this.#accounts.size >= this.#capacity) {
      this.refusedNewcomers++;
      return undefined;
    }
    const account = new Account(newAccountState(publicKey, nowMs));
    this.#accounts.set(key, account);
    this.#forgotten.delete(key);
    return account;
  }

  /** Puts back what was kept; before any trade. */
  restore(states: Iterable<AccountState>): void {
    for (const state of states) {
      if (this.#accounts.size >= this.#capacity) return;
      const account = new Account(state);
      account.mayBeBehind = true;
      this.#accounts.set(toHex(state.publicKey), account);
    }
  }

  /** The account's lasting part is to be written down. */
  touch(account: Account, nowMs: UnixMs): void {
    account.state.usedMs = nowMs;
    this.#changed.add(account);
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0 || this.#forgotten.size > 0;
  }

  /** At most `limit` accounts to write down, and keys to delete; they count as written. */
  takeChanges(limit: number): { readonly accounts: Account[]; readonly forgotten: string[] } {
    const accounts = take(this.#changed, limit);
    return { accounts, forgotten: take(this.#forgotten, limit) };
  }

  /** Writing them failed. */
  putBack(accounts: readonly Account[], forgotten: readonly string[]): void {
    for (const account of accounts) this.#changed.add(account);
    for (const key of forgotten) if (!this.#accounts.has(key)) this.#forgotten.add(key);
  }

  /** Forgives debts for `elapsedMs` of an uplink that was idle for a share of it; none below
   * nothing owed, and none that was paid for with money. */
  refresh(elapsedMs: number, idleShare: number): void {
    for (const account of this.#accounts.values()) {
      const { forgiven, spentCb, unacknowledgedCb } = account.state;
      const [bytes, cb] = [account.balance.bytes - spentCb, account.balance.cb - spentCb];
      if (account.rank === 0 || (bytes <= 0n && cb <= 0n && unacknowledgedCb === 0n)) continue;
      const most = forgivenOver(elapsedMs, account.rank, idleShare);
      if (most === 0n) continue;
      forgiven.bytes += within(most, bytes);
      const forgivenCb = within(most, cb);
      forgiven.cb += forgivenCb;
      account.state.unacknowledgedCb -= within(most - forgivenCb, unacknowledgedCb);
      this.#changed.add(account);
    }
  }

  /** First go those who owe us and have never served us: the free pool bounds what coming again as
   * a stranger gets them, and so a flood of strangers pushes out only strangers. Then those with
   * whom little is open. Where that leaves nobody, those who owe us and have been away longest, as
   * debts can be made up and must not keep everybody else out; never one whom we owe more than
   * FORGOTTEN_MAX. */
  #makeRoom(): void {
    const leaving = [...this.#accounts.values()].filter(isForgettable)
      .sort((a, b) => weightOf(a) - weightOf(b) || a.state.usedMs - b.state.usedMs)
      .slice(0, FORGOTTEN_AT_ONCE);
    if (leaving.length === 0) {
      const debtors = [...this.#accounts.values()].filter(isIdleDebtor);
      debtors.sort((a, b) => a.state.usedMs - b.state.usedMs);
      leaving.push(...debtors.slice(0, DEBTORS_AT_ONCE));
    }
    for (const account of leaving) {
      const key = toHex(account.state.publicKey);
      this.#accounts.delete(key);
      this.#changed.delete(account);
      if (this.#forgotten.size < ACCOUNTS_MAX) this.#forgotten.add(key);
    }
  }
}

function isStranger({ state }: Account): boolean {
  const { bought, placedCb } = state;
  return bought.bytes === 0n && bought.cb === 0n && placedCb === 0n && !hasPayments(state);
}

function isForgettable(account: Account): boolean {
  if (account.isInUse) return false;
  return isStranger(account) || openWith(account) <= FORGOTTEN_MAX;
}

/** It owes us something that we have not paid it for, and we owe it nothing that counts. */
function isIdleDebtor(account: Account): boolean {
  const { bytes, cb } = account.balance;
  return !account.isInUse && account.state.spentCb === 0n && bytes >= -FORGOTTEN_MAX &&
    cb >= -FORGOTTEN_MAX;
}

function hasPayments({ paidCb, spentCb }: AccountState): boolean {
  return paidCb > 0n || spentCb > 0n;
}

/** What is open between us, whoever owes it. */
function openWith(account: Account): bigint {
  const { bytes, cb } = account.balance;
  return greatest(greatest(bytes, -bytes), greatest(cb, -cb));
}

function weightOf(account: Account): number {
  return isStranger(account) ? 0 : 1 + Number(openWith(account));
}

function within(most: bigint, owed: bigint): bigint {
  if (owed <= 0n) return 0n;
  return most < owed ? most : owed;
}

function take<T>(from: Set<T>, limit: number): T[] {
  const taken: T[] = [];
  for (const item of from) {
    if (taken.length >= limit) break;
    from.delete(item);
    taken.push(item);
  }
  return taken;
}
