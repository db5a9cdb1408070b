import type { KeyPair } from "../../src/identity/mod.ts";
import {
  commonPrefixLength,
  randomBelow,
  randomBytes,
  randomUnit,
  SeededRandom,
} from "../../src/lib/mod.ts";
import {
  type Account,
  FreePool,
  Ledger,
  Purchases,
  ReceiptBook,
  repaidFactorMax,
  Sales,
} from "../../src/market/mod.ts";
import { at, keyOf, MIB, NETWORK_ID, unixAt } from "./market_parts.ts";

export interface CrowdOptions {
  readonly seed: number;
  readonly users: number;
  /** Of them, those who never serve. */
  readonly leechers: number;
  readonly hours: number;
  readonly rank: number;
  readonly uplinkBytesPerSecond: number;
  /** Each user wants a chunk so often. */
  readonly everySeconds: number;
}

const CHUNKS = 5_000;
const ZIPF = 0.9;
/** Nodes nearest to a chunk that keep it for good. */
const NEAREST = 8;
/** Chunks that a user keeps of what it had. */
const CACHE = 100;
/** Holders that a user asks before it gives up. */
const ASKED_MAX = 5;
/** A holder whose uplink has so much before us is not asked. */
const BUSY_SECONDS = 20;
/** Debts are forgiven so often for what of the uplink was idle. */
const REFRESH_MS = 600_000;

/** Of one virtual hour. */
export interface HourOfTrade {
  /** |balance| as a share of the debtor's line, one per pair that has traded: in cb or bytes,
   * whichever is more. */
  readonly lineShares: readonly number[];
  /** Bytes had / bytes served, one per honest user, since the start. */
  readonly ratios: readonly number[];
  /** Chunks, by honest users. */
  readonly wanted: number;
  readonly had: number;
  /** FETCHes of theirs refused for want of credit, also where another holder served then. */
  readonly refused: number;
  /** Of what leechers wanted, what they had; NaN without any. */
  readonly leechersShare: number;
}

interface User {
  readonly number: number;
  readonly id: Uint8Array;
  readonly key: KeyPair;
  readonly ip: string;
  readonly isLeecher: boolean;
  readonly ledger: Ledger;
  /** Those of the ledger, by the peer's number. */
  readonly accounts: Account[];
  readonly sales: Sales;
  readonly book: ReceiptBook;
  readonly cache: Set<number>;
  busyUntil: number;
  /** Since debts were forgiven last. */
  sentBytes: number;
  hadBytes: number;
  servedBytes: number;
}

/** Many users of one network, each with the market's real core, who want chunks by Zipf's law and
 * keep some of what they had. A transfer is one step: nothing is lost on the way. */
export class TradingCrowd {
  readonly #options: CrowdOptions;
  readonly #random: SeededRandom;
  readonly #users: readonly User[];
  readonly #chunks: readonly Uint8Array[];
  readonly #holders: readonly User[][];
  /** Cumulated weights of the chunks, 0 … 1. */
  readonly #popularity: readonly number[];
  readonly #purchases = new Purchases();
  #nowMs = 0;
  #refreshedAt = 0;
  #honest = { wanted: 0, had: 0 };
  #leechers = { wanted: 0, had: 0 };
  #refused = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#users = Array.from({ length: options.users }, (_, i) => this.#userOf(i));
    this.#chunks = Array.from({ length: CHUNKS }, () => randomBytes(this.#random, 20));
    this.#holders = this.#chunks.map((chunk) => this.#nearest(chunk));
    this.#popularity = zipf(CHUNKS, ZIPF);
  }

  play(): HourOfTrade[] {
    const { hours, users, everySeconds } = this.#options;
    const trades = Math.floor(users * 3600 / everySeconds);
    return Array.from({ length: hours }, () => {
      this.#honest = { wanted: 0, had: 0 };
      this.#leechers = { wanted: 0, had: 0 };
      this.#refused = 0;
      for (let i = 0; i < trades; i++) {
        this.#nowMs += 3_600_000 / trades;
        const user = this.#users[randomBelow(this.#random, users)];
        if (user !== undefined) this.#want(user);
        if (this.#nowMs - this.#refreshedAt >= REFRESH_MS) this.#refresh();
      }
      return this.#summary();
    });
  }

  #userOf(i: number): User {
    const key = keyOf(i);
    const { leechers, uplinkBytesPerSecond } = this.#options;
    return {
      number: i,
      id: randomBytes(this.#random, 20),
      key,
      ip: `198.51.${i >> 8}.${i & 255}`,
      isLeecher: i < leechers,
      ledger: new Ledger(),
      accounts: [],
      sales: new Sales(new FreePool(uplinkBytesPerSecond), true),
      book: new ReceiptBook(key, NETWORK_ID),
      cache: new Set(),
      busyUntil: 0,
      sentBytes: 0,
      hadBytes: 0,
      servedBytes: 0,
    };
  }

  #nearest(chunk: Uint8Array): User[] {
    return this.#users.filter(({ isLeecher }) => !isLeecher)
      .map((user) => ({ user, bits: commonPrefixLength(user.id, chunk) }))
      .sort((a, b) => b.bits - a.bits).slice(0, NEAREST).map(({ user }) => user);
  }

  #want(user: User): void {
    const chunk = this.#drawChunk();
    const holders = this.#holders[chunk];
    if (holders === undefined || holders.includes(user)) return; // it has it
    const of = user.isLeecher ? this.#leechers : this.#honest;
    of.wanted++;
    if (!this.#buy(user, chunk, holders)) return;
    of.had++;
    this.#keep(user, chunk);
  }

  /** Asks some holders, in any order. */
  #buy(user: User, chunk: number, holders: readonly User[]): boolean {
    const asked = new Set<User>();
    for (let i = 0; i < ASKED_MAX; i++) {
      const holder = holders[randomBelow(this.#random, holders.length)];
      if (holder === undefined || asked.has(holder)) continue;
      asked.add(holder);
      if (holder.busyUntil - this.#nowMs >= BUSY_SECONDS * 1000) continue;
      if (this.#trade(user, holder, chunk)) return true;
    }
    return false;
  }

  /** One chunk from one to the other, as both count it. @returns false if it was refused. */
  #trade(user: User, holder: User, chunk: number): boolean {
    const [now, nowMs] = [at(this.#nowMs), unixAt(Math.floor(this.#nowMs))];
    const id = this.#chunks[chunk] ?? new Uint8Array(20);
    const atHolder = this.#accountOf(holder, user);
    const atUser = this.#accountOf(user, holder);
    if (atHolder === undefined || atUser === undefined) return false;
    const factor = commonPrefixLength(holder.id, id);
    const { ip } = user;
    const sale = holder.sales.open({ account: atHolder, factor, bytes: MIB, ip }, now, nowMs);
    if (sale === undefined) {
      if (!user.isLeecher) this.#refused++;
      return false;
    }
    const order = this.#purchases.open(atUser, MIB, factor);
    holder.sales.hand(sale, MIB);
    this.#purchases.receive(order, MIB);
    this.#purchases.prove(atUser, MIB, factor, repaidFactorMax(this.#options.users));
    this.#purchases.close(order, true);
    holder.sales.settle(sale, MIB, MIB, now);
    holder.sales.close(sale, now);
    if (holder.sales.windowRoom(atHolder, factor, 0, nowMs) <= 0) {
      const windowBytes = holder.sales.windowOf(atHolder, 1, 0, nowMs);
      const receipt = user.book.sign(atUser, nowMs);
      holder.book.take(atHolder, receipt.bytes, { isFinal: true, windowBytes }, nowMs);
    }
    user.hadBytes += MIB;
    holder.servedBytes += MIB;
    holder.sentBytes += MIB;
    const sendMs = MIB * 1000 / this.#options.uplinkBytesPerSecond;
    holder.busyUntil = Math.max(holder.busyUntil, this.#nowMs) + sendMs;
    return true;
  }

  #accountOf(whose: User, peer: User): Account | undefined {
    const known = whose.accounts[peer.number];
    if (known !== undefined) return known;
    const account = whose.ledger.open(peer.key.publicKey, unixAt(Math.floor(this.#nowMs)));
    if (account === undefined) return undefined;
    account.rank = this.#options.rank;
    return whose.accounts[peer.number] = account;
  }

  #keep(user: User, chunk: number): void {
    if (user.isLeecher) return;
    user.cache.add(chunk);
    this.#holders[chunk]?.push(user);
    if (user.cache.size <= CACHE) return;
    const [oldest] = user.cache;
    if (oldest === undefined) return;
    user.cache.delete(oldest);
    const holders = this.#holders[oldest];
    holders?.splice(holders.indexOf(user), 1);
  }

  #drawChunk(): number {
    const drawn = randomUnit(this.#random);
    let [low, high] = [0, CHUNKS - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#popularity[middle] ?? 1) < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #refresh(): void {
    const elapsedMs = this.#nowMs - this.#refreshedAt;
    for (const user of this.#users) {
      const carries = this.#options.uplinkBytesPerSecond * elapsedMs / 1000;
      user.ledger.refresh(elapsedMs, 1 - user.sentBytes / carries);
      user.sentBytes = 0;
    }
    this.#refreshedAt = this.#nowMs;
  }

  #summary(): HourOfTrade {
    const nowMs = unixAt(Math.floor(this.#nowMs));
    const honest = this.#users.filter(({ isLeecher }) => !isLeecher);
    const lineShares = honest.flatMap(({ ledger }) =>
      [...ledger.accounts()].map((account) => {
        const { bytes, cb } = account.balance;
        return Math.max(Number(bytes), Number(cb), 0) / Number(account.lineAt(nowMs));
      })
    );
    return {
      lineShares,
      ratios: honest.map(({ hadBytes, servedBytes }) => hadBytes / Math.max(servedBytes, MIB)),
      ...this.#honest,
      refused: this.#refused,
      leechersShare: this.#leechers.had / this.#leechers.wanted,
    };
  }
}

function zipf(count: number, exponent: number): number[] {
  const weights = Array.from({ length: count }, (_, i) => 1 / (i + 1) ** exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight) / total);
}
