import {
  after,
  BoundedMap,
  equalBytes,
  type Instant,
  type PublicKey,
  toHex,
} from "../../lib/mod.ts";
import {
  type Account,
  defaultMaxPrice,
  isPriceFactor,
  type Order,
  PRICE_FACTOR_MAX,
  priceFactor,
  type Purchases,
  REFUSAL_MS,
  repaidFactorMax,
  type Spending,
  type ToldStanding,
} from "../../market/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import { type ConnectionHandle, FETCH_STATUS, type Transport } from "../../transport/mod.ts";
import { CLOSE_CODE } from "../../wire/mod.ts";
import type { LedgerKeeper } from "./ledger_keeper.ts";
import type { Payment, Purse } from "./purse.ts";
import type { Standings } from "./standings.ts";

/** Prices that a holder told before its place was proven; the rest it is believed. */
const UNPROVEN_PRICES_MAX = 256;
/** Holders whose refusal is remembered; an older one costs a FETCH that gets no answer. */
const RANKS_ASKED_MAX = 1_024;
/** Connections whose standing is remembered: as many as sessions. */
const CONNECTIONS_MAX = 16_384;

/** What a holder has said on this connection. */
interface Told {
  standing: ToldStanding | undefined;
  /** Its operator's price floor, by the first price above the formula's. */
  floor: number;
  /** Its prices while its place was not proven. BOUNDED by UNPROVEN_PRICES_MAX. */
  unproven: { readonly id: Uint8Array; readonly factor: number }[];
  /** Whose account it is, also while the connection's end is being told. */
  account: Account | undefined;
}

/** The client's side of accounts: reserves a price before it is asked for, compares the holder's
 * factor with its own, counts what came. */
export class Buying implements Purse {
  readonly #purchases: Purchases;
  readonly #keeper: LedgerKeeper;
  readonly #standings: Standings;
  readonly #transport: Pick<Transport, "close">;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #hasLimits: boolean;
  readonly #maxPrice: number | undefined;
  readonly #networkSize: () => number;
  readonly #onBought: (connection: ConnectionHandle, account: Account, factor: number) => void;
  readonly #told = new BoundedMap<ConnectionHandle, Told>(CONNECTIONS_MAX);
  readonly #ownRank: () => number;
  /** What holders have asked for, by key: who has said so once says nothing for a while. */
  readonly #ranksAsked = new BoundedMap<string, { readonly rank: number; readonly at: Instant }>(
    RANKS_ASKED_MAX,
  );
  /** Holders whose price was not the formula's. */
  mismatches = 0;

  constructor(options: {
    purchases: Purchases;
    keeper: LedgerKeeper;
    standings: Standings;
    transport: Pick<Transport, "close">;
    clock: Clock;
    logger: Logger;
    /** False: any price is agreed to, as nothing is refused for it (without `--credit`). */
    hasLimits: boolean;
    /** The operator's; else it follows from the network's size. */
    maxPrice: number | undefined;
    networkSize: () => number;
    /** This node's, as told to holders. */
    ownRank: () => number;
    /** Something came that is to be signed for. */
    onBought: (connection: ConnectionHandle, account: Account, factor: number) => void;
  }) {
    this.#purchases = options.purchases;
    this.#keeper = options.keeper;
    this.#standings = options.standings;
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#hasLimits = options.hasLimits;
    this.#maxPrice = options.maxPrice;
    this.#networkSize = options.networkSize;
    this.#ownRank = options.ownRank;
    this.#onBought = options.onBought;
  }

  get maxPrice(): number {
    if (this.#maxPrice !== undefined) return this.#maxPrice;
    return this.#hasLimits ? defaultMaxPrice(this.#networkSize()) : PRICE_FACTOR_MAX;
  }

  isTooDear(connection: ConnectionHandle, id: Uint8Array): boolean {
    if (this.rankAskedBy(connection) !== undefined) return true;
    const { maxPrice } = this;
    return maxPrice < PRICE_FACTOR_MAX && (this.priceOf(connection, id) ?? 0) > maxPrice;
  }

  rankAskedBy(connection: ConnectionHandle): number | undefined {
    if (this.#ranksAsked.size === 0) return undefined;
    const publicKey = this.#standings.publicKeyOf(connection);
    const asked = publicKey && this.#ranksAsked.get(toHex(publicKey));
    if (asked === undefined || this.#ownRank() >= asked.rank) return undefined;
    return this.#clock.now() < after(asked.at, REFUSAL_MS) ? asked.rank : undefined;
  }

  /** This holder has been paid: who has repaid is not asked for a rank. */
  handlePaid(publicKey: PublicKey): void {
    this.#ranksAsked.delete(toHex(publicKey));
  }

  #noteRankAsked(connection: ConnectionHandle, rank: number): void {
    const publicKey = this.#standings.publicKeyOf(connection);
    if (publicKey === undefined) return;
    const key = toHex(publicKey);
    this.#ranksAsked.delete(key); // so that it is young again
    this.#ranksAsked.set(key, { rank, at: this.#clock.now() });
    this.#logger.log("warn", "rank_required", {
      public_key: key,
      required: rank,
      rank: this.#ownRank(),
    });
  }

  factorOf(connection: ConnectionHandle, id: Uint8Array): number {
    return this.priceOf(connection, id) ?? Math.min(this.maxPrice, PRICE_FACTOR_MAX);
  }

  roomFor(connection: ConnectionHandle, id: Uint8Array, spending?: Spending): number {
    const factor = this.factorOf(connection, id);
    const paid = spending?.roomFor(factor) ?? Infinity;
    const account = this.#hasLimits ? this.#accountOf(connection) : undefined;
    if (account === undefined) return paid;
    const told = this.#told.get(connection)?.standing;
    return Math.min(paid, this.#purchases.roomFor(account, factor, told));
  }

  begin(
    connection: ConnectionHandle,
    id: Uint8Array,
    bytes: number,
    spending?: Spending,
  ): Payment | undefined {
    const account = this.#accountOf(connection);
    const expected = this.priceOf(connection, id);
    if (account === undefined || this.rankAskedBy(connection) !== undefined) return undefined;
    if ((expected ?? 0) > this.maxPrice) return undefined;
    const factor = expected ?? Math.min(this.maxPrice, PRICE_FACTOR_MAX);
    // Who has a budget plans with prices: a holder whose floor is not known yet refuses and tells.
    const maxPrice = spending?.hasBudget === true ? factor : this.maxPrice;
    const expense = spending?.open(toHex(account.state.publicKey), bytes, factor);
    if (spending !== undefined && expense === undefined) return undefined;
    this.#toldBy(connection).account = account;
    const ours = account.balance;
    let order = this.#purchases.open(account, bytes, factor);
    let isCharged = true;
    return {
      maxPrice,
      answered: (status, standing, coming) => {
        const isServed = status === FETCH_STATUS.ok;
        const { balance, line } = standing;
        this.#toldBy(connection).standing = { balance, line, ours, isServed };
        if (status === FETCH_STATUS.rank) this.#noteRankAsked(connection, standing.factor);
        isCharged = status !== FETCH_STATUS.credit && status !== FETCH_STATUS.rank;
        if (status === FETCH_STATUS.credit) this.#noteFloor(connection, id, standing.factor);
        if (!isCharged) return true;
        const isAgreed = this.#isWithin(connection, id, standing.factor, maxPrice) &&
          this.#isAgreed(connection, id, standing.factor) &&
          expense?.answered(coming, Math.min(standing.factor, PRICE_FACTOR_MAX)) !== false;
        if (!isAgreed) {
          isCharged = false;
          return false;
        }
        this.#purchases.close(order, false);
        order = this.#purchases.open(account, coming, standing.factor);
        return true;
      },
      arrived: (count) => {
        this.#purchases.receive(order, count);
        expense?.arrived(count);
        this.#noteBought(connection, order);
      },
      released: (count) => {
        this.#purchases.release(order, count);
        expense?.released(count);
      },
      ended: () => {
        if (!order.isOpen) return;
        this.#purchases.close(order, isCharged);
        expense?.ended(isCharged);
        if (isCharged) this.#noteBought(connection, order);
      },
      unasked: () => {
        this.#purchases.close(order, false);
        expense?.ended(false);
      },
    };
  }

  proven(connection: ConnectionHandle, id: Uint8Array, bytes: number): void {
    const account = this.#told.get(connection)?.account;
    const factor = this.#agreedFor(connection, id);
    if (account === undefined || factor === undefined) return;
    this.#purchases.prove(account, bytes, factor, repaidFactorMax(this.#networkSize()));
    this.#keeper.touch(account);
  }

  refund(connection: ConnectionHandle, id: Uint8Array, bytes: number, spending?: Spending): void {
    const account = this.#told.get(connection)?.account;
    const factor = this.#agreedFor(connection, id);
    if (account === undefined || factor === undefined) return;
    this.#purchases.refund(account, bytes, factor);
    spending?.refund(toHex(account.state.publicKey), bytes, factor);
    this.#keeper.touch(account);
  }

  /** The holder's place has been proven: the prices that it told before are checked. */
  handleProven(connection: ConnectionHandle): void {
    const told = this.#told.get(connection);
    const unproven = told?.unproven.splice(0) ?? [];
    for (const { id, factor } of unproven) {
      if (!this.#isAgreed(connection, id, factor)) return;
    }
  }

  /** What this holder told of our standing with it. */
  toldBy(connection: ConnectionHandle): ToldStanding | undefined {
    return this.#told.get(connection)?.standing;
  }

  forget(connection: ConnectionHandle): void {
    this.#told.delete(connection);
  }

  #accountOf(connection: ConnectionHandle): Account | undefined {
    const publicKey = this.#standings.publicKeyOf(connection);
    if (publicKey === undefined) return undefined;
    const account = this.#keeper.ledger.open(publicKey, this.#clock.unixMs());
    if (account !== undefined) account.rank = this.#standings.rankOf(publicKey);
    return account;
  }

  #noteBought(connection: ConnectionHandle, { account, factor }: Order): void {
    this.#keeper.touch(account);
    this.#onBought(connection, account, factor);
  }

  /** The price by the formula and the holder's floor; undefined while its place is not proven. */
  priceOf(connection: ConnectionHandle, id: Uint8Array): number | undefined {
    const nodeId = this.#standings.nodeIdOf(connection);
    const floor = this.#told.get(connection)?.floor ?? 0;
    return nodeId && priceFactor(nodeId, id, floor);
  }

  /** What this object was sold at. */
  #agreedFor(connection: ConnectionHandle, id: Uint8Array): number | undefined {
    const told = this.#told.get(connection)?.unproven.find((price) => equalBytes(price.id, id));
    return this.priceOf(connection, id) ?? told?.factor;
  }

  #toldBy(connection: ConnectionHandle): Told {
    const known = this.#told.get(connection);
    if (known !== undefined) return known;
    const told: Told = { standing: undefined, floor: 0, unproven: [], account: undefined };
    this.#told.set(connection, told);
    return told;
  }

  /** Who refuses for the price tells it too: it is not asked again for less. */
  #noteFloor(connection: ConnectionHandle, id: Uint8Array, factor: number): void {
    const told = this.#toldBy(connection);
    const expected = this.priceOf(connection, id);
    if (expected === undefined || told.floor !== 0 || !isPriceFactor(factor)) return;
    if (factor > expected) told.floor = factor;
  }

  /** The FETCH has named its highest price: who serves it for more was to refuse it. Without this
   * a dear answer would pass for the holder's floor, on a budget that planned with less. */
  #isWithin(
    connection: ConnectionHandle,
    id: Uint8Array,
    factor: number,
    maxPrice: number,
  ): boolean {
    if (factor <= maxPrice) return true;
    this.#noteMismatch(connection, id, factor, { max_price: maxPrice });
    if (this.#hasLimits) this.#transport.close(connection, CLOSE_CODE.protocol, this.#clock.now());
    return false;
  }

  /** Both ends compute the price from ids (S2-07). A seller's floor shows as one and the same price
   * for all that the formula makes cheaper: the first that is above it names the floor. */
  #isAgreed(connection: ConnectionHandle, id: Uint8Array, factor: number): boolean {
    const told = this.#toldBy(connection);
    const expected = this.priceOf(connection, id);
    if (!isPriceFactor(factor) || factor > this.maxPrice) return false;
    if (expected === factor) return true;
    if (expected === undefined) {
      if (told.unproven.length < UNPROVEN_PRICES_MAX) told.unproven.push({ id, factor });
      return true;
    }
    if (factor > expected && told.floor === 0) {
      told.floor = factor;
      return true;
    }
    this.#noteMismatch(connection, id, factor, { expected });
    if (!this.#hasLimits) return true; // nothing is owed: it costs nothing to go on
    this.#transport.close(connection, CLOSE_CODE.protocol, this.#clock.now());
    return false;
  }

  #noteMismatch(
    connection: ConnectionHandle,
    id: Uint8Array,
    told: number,
    due: { readonly expected: number } | { readonly max_price: number },
  ): void {
    this.mismatches++;
    const publicKey = this.#standings.publicKeyOf(connection);
    this.#logger.log("warn", "price_mismatch", {
      id: toHex(id),
      told,
      ...due,
      ...(publicKey && { public_key: toHex(publicKey) }),
    });
  }
}
