import {
  after,
  asChunkId,
  BoundedMap,
  type ChunkId,
  equalBytes,
  type Instant,
  type PublicKey,
  type Random,
  toHex,
  TokenBuckets,
  toSkerryError,
  type UnixMs,
} from "../../lib/mod.ts";
import {
  type Account,
  type AgreedPlace,
  AMOUNT_MAX,
  greatest,
  HOSTING_AHEAD_MAX_MS,
  type HostingContract,
  type HostingContracts,
  hostingEnd,
  hostingPrice,
  isHostingAsk,
  keptPrice,
  least,
  owedByWord,
  publisherRankMin,
  type Quote,
  QUOTE_TTL_MS,
  Quotes,
  type Sales,
  UnacknowledgedPlaces,
  WEEK_MS,
} from "../../market/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import type { HostingTable } from "../../store/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import { encodeMessage, HOSTING_CODE, type Message, type MessageOfType } from "../../wire/mod.ts";
import type { MessageHandlers } from "../contract/message_handlers.ts";
import type { OfferPuller, PullResult } from "../copies/pull_offer.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { LoopPart } from "../loop/driver.ts";
import { manifestAlias } from "../read/manifest_alias.ts";
import type { LedgerKeeper } from "../trade/ledger_keeper.ts";
import type { Standings } from "../trade/standings.ts";

/** Questions and orders of one publisher that are looked at: it places a few chunks at a time. */
const ASKS_PER_SECOND = 20;
const ASKS_BURST = 100;
const PUBLISHERS_MAX = 4_096;
/** Orders whose answer is remembered: some 300 bytes each. */
const ORDERS_MAX = 4_096;
/** Chunks pulled from one publisher at once, as many as it places (placements.ts): whoever orders
 * what it does not serve would else keep everybody's places. */
const PULLS_PER_PUBLISHER = 4;
/** Who did not hand over what it had ordered to be kept is not asked again for so long. */
const PULL_FAILED_MS = 60_000;
/** Contracts that are over are looked for so often, and so many ended at a time. */
const SWEEP_MS = 60_000;
const ENDED_AT_ONCE = 64;

type Code = (typeof HOSTING_CODE)[keyof typeof HOSTING_CODE];
type StoreReply = Omit<MessageOfType<"STORE_REPLY">, "type" | "requestId">;

export interface HostingParts {
  readonly transport: Pick<Transport, "sendMessage">;
  readonly store: Pick<ChunkStore, "has" | "host" | "put" | "writeRows">;
  readonly table: HostingTable;
  readonly contracts: HostingContracts;
  readonly puller: Pick<OfferPuller, "pull">;
  readonly standings: Pick<Standings, "publicKeyOf" | "rankOf" | "mayHaveRank">;
  readonly sales: Pick<Sales, "lineOf">;
  readonly keeper: Pick<LedgerKeeper, "ledger" | "touch" | "keep">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ranks and lines are held to (--credit). */
  readonly hasLimits: boolean;
  readonly ownRank: () => number;
  /** Bytes that may be kept for others in all. */
  readonly roomBytes: () => number;
  /** What those earn in that time that have to go for so many bytes; undefined if nobody can. */
  readonly bumpedCb: (bytes: number, periodMs: number) => bigint | undefined;
  readonly isDenied: (id: ChunkId) => boolean;
  /** It is here to stay: others may be told. */
  readonly onHosted: (names: readonly ChunkId[]) => void;
}

/** Keeps chunks for publishers who pay: tells the price, pulls what was ordered, charges for it,
 * and lets it go when its time is over (S2-10, S2-13). */
export class Hosting implements LoopPart {
  readonly #parts: HostingParts;
  readonly #quotes = new Quotes();
  readonly #asks = new TokenBuckets(ASKS_PER_SECOND, ASKS_BURST, PUBLISHERS_MAX);
  /** Orders by the number of their quote, so that one whose answer got lost may be sent again: it
   * is answered the same, and charged once. The oldest gives way. */
  readonly #orders = new BoundedMap<
    number,
    { readonly quote: Quote; readonly answer: Promise<StoreReply> }
  >(ORDERS_MAX);
  /** Pulls under way, by publisher. BOUNDED by the places of the puller. */
  readonly #pulling = new Map<string, number>();
  /** Publishers that a pull has failed with, and until when they are not asked. */
  readonly #failing = new BoundedMap<string, Instant>(PUBLISHERS_MAX);
  readonly #unacknowledged = new UnacknowledgedPlaces();
  #sweepAt: Instant;
  #isSweeping = false;
  /** Credit bytes agreed in this run. */
  earnedCb = 0n;

  constructor(parts: HostingParts) {
    this.#parts = parts;
    const endMs = parts.clock.unixMs() + HOSTING_AHEAD_MAX_MS;
    for (const row of parts.table.all()) {
      const untilMs = Math.min(row.untilMs, endMs) as UnixMs; // earlier versions had no such bound
      parts.contracts.put({ ...row, untilMs });
    }
    this.#sweepAt = after(parts.clock.now(), SWEEP_MS);
  }

  readonly handlers: MessageHandlers = {
    QUOTE: (connection, message, now) => this.#quote(connection, message, now),
    STORE: (connection, message, now) => this.#order(connection, message, now),
  };

  turn(now: Instant): void {
    if (now < this.#sweepAt || this.#isSweeping) return;
    this.#sweepAt = after(now, SWEEP_MS);
    const { clock, contracts, keeper } = this.#parts;
    const accountOf = (publisher: PublicKey) => keeper.ledger.get(publisher);
    for (const place of this.#unacknowledged.over(accountOf, now)) this.#shorten(place);
    const over = contracts.expired(clock.unixMs(), ENDED_AT_ONCE);
    if (over.length === 0) return;
    this.#isSweeping = true;
    void this.#end(over).finally(() => this.#isSweeping = false);
  }

  nextTimeout(): Instant | undefined {
    return this.#parts.contracts.count === 0 ? undefined : this.#sweepAt;
  }

  #quote(connection: ConnectionHandle, message: MessageOfType<"QUOTE">, now: Instant) {
    const publisher = this.#parts.standings.publicKeyOf(connection);
    if (publisher === undefined || !this.#asks.take(toHex(publisher), now)) return "limit";
    const { requestId, bytes, weeks } = message;
    const reply = (code: Code, more: Partial<MessageOfType<"QUOTE_REPLY">> = {}) => {
      const empty = { quote: 0, price: undefined, ttl: 0, rank: 0 };
      this.#send(connection, { type: "QUOTE_REPLY", requestId, code, ...empty, ...more }, now);
    };
    const id = asChunkId(message.id);
    const refusal = isHostingAsk(bytes, weeks)
      ? this.#refusalOf({ publisher, id, bytes, weeks })
      : HOSTING_CODE.refused;
    if (refusal === HOSTING_CODE.rank) {
      reply(refusal, { rank: publisherRankMin(this.#parts.ownRank()) });
    } else if (refusal !== undefined) {
      reply(refusal);
    } else {
      const bumped = this.#parts.store.has(id) ? 0n : this.#parts.bumpedCb(bytes, weeks * WEEK_MS);
      if (bumped === undefined) return void reply(HOSTING_CODE.full);
      const priceCb = hostingPrice(bytes, weeks, bumped);
      const quote = this.#parts.random.u32();
      this.#orders.delete(quote); // a number that is drawn again
      this.#quotes.add(quote, { id, publisher, bytes, weeks, priceCb }, now);
      reply(HOSTING_CODE.agreed, { quote, price: priceCb, ttl: QUOTE_TTL_MS / 1000 });
    }
    return undefined;
  }

  #refusalOf({ publisher, id, bytes, weeks }: Omit<Quote, "priceCb">): Code | undefined {
    const { clock, contracts, hasLimits, isDenied, ownRank, roomBytes, standings } = this.#parts;
    if (isDenied(id)) return HOSTING_CODE.refused;
    if (hasLimits && !standings.mayHaveRank(publisher, publisherRankMin(ownRank()))) {
      return HOSTING_CODE.rank;
    }
    const formerMs = contracts.get(id, publisher)?.untilMs;
    if (hostingEnd(weeks, formerMs, clock.unixMs()) === undefined) return HOSTING_CODE.full;
    return contracts.hasRoom(id, publisher, bytes, roomBytes()) ? undefined : HOSTING_CODE.full;
  }

  /** Who names no quote of his own is dropped, before anything moves. */
  #order(connection: ConnectionHandle, message: MessageOfType<"STORE">, now: Instant) {
    const publisher = this.#parts.standings.publicKeyOf(connection);
    if (publisher === undefined || !this.#asks.take(toHex(publisher), now)) return "limit";
    const { requestId } = message;
    const reply = ({ code, price, until }: StoreReply): void => {
      const at = this.#parts.clock.now();
      this.#send(connection, { type: "STORE_REPLY", requestId, code, price, until }, at);
    };
    const quote = this.#quotes.find(message.quote, publisher, message.id, now);
    if (quote !== undefined && (message.price ?? 0n) < quote.priceCb) {
      reply({ code: HOSTING_CODE.underpaid, price: quote.priceCb, until: 0 });
      return undefined; // the quote holds: he may say more
    }
    if (quote !== undefined) {
      this.#quotes.close(message.quote);
      this.#orders.set(message.quote, { quote, answer: this.#carryOut(connection, quote) });
    }
    const order = this.#orders.get(message.quote);
    const isOwn = order !== undefined && equalBytes(order.quote.publisher, publisher) &&
      equalBytes(order.quote.id, message.id);
    if (!isOwn) return "unexpected";
    void order.answer.then(reply).catch((error: unknown) => {
      this.#parts.logger.log("error", "hosting_failed", { reason: String(error) });
    });
    return undefined;
  }

  async #carryOut(connection: ConnectionHandle, quote: Quote): Promise<StoreReply> {
    const { keeper, clock } = this.#parts;
    const account = keeper.ledger.open(quote.publisher, clock.unixMs());
    const no = (code: Code): StoreReply => ({ code, price: quote.priceCb, until: 0 });
    const refusal = this.#refusalOf(quote);
    if (refusal !== undefined) return no(refusal);
    if (account === undefined || !this.#mayOwe(account, quote)) return no(HOSTING_CODE.credit);
    account.reserved.cb += quote.priceCb; // while it is pulled nothing else may be bought for it
    try {
      const failure = await this.#bring(connection, quote);
      if (failure !== undefined) return no(failure);
      const contract = await this.#sign(quote);
      if (contract === undefined) return no(HOSTING_CODE.full);
      const { state } = account;
      state.unacknowledgedCb = least(state.unacknowledgedCb + quote.priceCb, AMOUNT_MAX);
      this.#unacknowledged.note({ ...quote, owed: owedByWord(account) }, clock.now());
      this.earnedCb += quote.priceCb;
      keeper.touch(account);
      await keeper.keep();
      return {
        code: HOSTING_CODE.agreed,
        price: quote.priceCb,
        until: Math.floor(contract.untilMs / 1000),
      };
    } catch (error) {
      const { code, message } = toSkerryError(error, "DISK_FAILED", "Cannot keep a chunk");
      this.#parts.logger.log("warn", "hosting_failed", {
        id: toHex(quote.id),
        ...{ code, reason: message },
      });
      return no(code === "STORE_FULL" ? HOSTING_CODE.full : HOSTING_CODE.failed);
    } finally {
      account.reserved.cb -= quote.priceCb;
    }
  }

  #mayOwe(account: Account, { publisher, priceCb }: Quote): boolean {
    const { clock, hasLimits, sales, standings } = this.#parts;
    if (!hasLimits) return true;
    const nowMs = clock.unixMs();
    account.rank = standings.rankOf(publisher);
    // What it does not say to owe buys no second place either, nor what it has fallen short of by
    // telling bytes to be places.
    const { unacknowledgedCb, writtenOff } = account.state;
    const owed = account.balance.cb + unacknowledgedCb + writtenOff.cb;
    const demand = owed + account.reserved.cb + priceCb;
    return demand <= sales.lineOf(account, nowMs) && !account.isBannedAt(nowMs);
  }

  /** Has the chunk here. @returns why that cannot be. */
  async #bring(connection: ConnectionHandle, quote: Quote): Promise<Code | undefined> {
    const { id } = quote;
    const { store } = this.#parts;
    if (store.has(id)) return undefined;
    // What comes has others go: no chunk may come for a place that another order gets.
    const giveBack = this.#parts.contracts.promise(quote.publisher, quote.bytes);
    try {
      const pulled = await this.#pull(connection, quote);
      if (pulled.result === "busy") return HOSTING_CODE.busy;
      if (pulled.result !== "pulled") return HOSTING_CODE.failed;
      const alias = manifestAlias(pulled.bytes);
      const names = alias === undefined ? { isAlone: true } : { alias }; // no manifest came with it
      await store.put(id, pulled.bytes, { pinned: false, ...names });
      this.#parts.onHosted(alias === undefined ? [id] : [alias, id]);
      return undefined;
    } finally {
      giveBack();
    }
  }

  async #pull(connection: ConnectionHandle, { id, publisher, bytes }: Quote): Promise<PullResult> {
    const { clock, puller } = this.#parts;
    const key = toHex(publisher);
    const count = this.#pulling.get(key) ?? 0;
    const failingUntil = this.#failing.get(key);
    const isFailing = failingUntil !== undefined && clock.now() < failingUntil;
    if (count >= PULLS_PER_PUBLISHER || isFailing) return { result: "busy" };
    this.#pulling.set(key, count + 1);
    try {
      const pulled = await puller.pull(connection, id, bytes);
      this.#failing.delete(key);
      if (pulled.result !== "pulled" && pulled.result !== "busy") {
        this.#failing.set(key, after(clock.now(), PULL_FAILED_MS));
      }
      return pulled;
    } finally {
      const left = (this.#pulling.get(key) ?? 1) - 1;
      if (left > 0) this.#pulling.set(key, left);
      else this.#pulling.delete(key);
    }
  }

  /** Writes down for whom it is kept, together with that it is. @returns undefined if it has had to
   * go in the meantime, which happens where a store is all but full of what may not go. */
  async #sign({ id, publisher, bytes, weeks }: Quote): Promise<HostingContract | undefined> {
    const { clock, contracts, store, table } = this.#parts;
    const nowMs = clock.unixMs();
    const former = contracts.get(id, publisher);
    const untilMs = hostingEnd(weeks, former?.untilMs, nowMs);
    if (untilMs === undefined) return undefined;
    const contract = { id, publisher, bytes, untilMs };
    // others may have been agreed with while this one was pulled
    if (!contracts.hasRoom(id, publisher, bytes, this.#parts.roomBytes())) return undefined;
    contracts.put(contract);
    let isKept = false;
    try {
      isKept = await store.host(id, true, () => table.save(contract));
    } finally {
      if (!isKept) {
        contracts.remove(contract);
        if (former !== undefined) contracts.put(former);
      }
    }
    return isKept ? contract : undefined;
  }

  /** A place that nobody owes for: it is kept for as long as without it, and no more is waited for
   * its price but for the time that it was kept: who lets each place lapse has so many days of them
   * as his line pays for. After a crash before it is written down it is kept for its weeks. */
  #shorten({ id, publisher, weeks, priceCb }: AgreedPlace): void {
    const { clock, contracts, keeper, logger, store, table } = this.#parts;
    const contract = contracts.get(id, publisher);
    const account = keeper.ledger.get(publisher);
    if (contract === undefined || account === undefined) return;
    const { state } = account;
    const untilMs = contract.untilMs - weeks * WEEK_MS as UnixMs; // where it began
    const shorter = { ...contract, untilMs };
    const backCb = priceCb - keptPrice(priceCb, weeks, clock.unixMs() - untilMs);
    state.unacknowledgedCb = greatest(state.unacknowledgedCb - backCb, 0n);
    keeper.touch(account);
    contracts.put(shorter);
    logger.log("info", "place_let_go", { id: toHex(id), publisher: toHex(publisher) });
    void store.writeRows(() => {
      if (contracts.get(id, publisher) === shorter) table.save(shorter);
    }).catch((error: unknown) => {
      logger.log("warn", "hosting_not_ended", { reason: String(error) });
    });
  }

  async #end(over: readonly HostingContract[]): Promise<void> {
    const { contracts, logger, store, table } = this.#parts;
    try {
      for (const contract of over) {
        contracts.remove(contract);
        const remove = (): void => table.remove(contract);
        const isKept = contracts.isHosted(contract.id);
        if (isKept || !await store.host(contract.id, false, remove)) await store.writeRows(remove);
      }
    } catch (error) {
      // What is written down still ends with the next start.
      logger.log("warn", "hosting_not_ended", { reason: String(error) });
    }
  }

  #send(connection: ConnectionHandle, message: Message, now: Instant): void {
    this.#parts.transport.sendMessage(connection, encodeMessage(message), now);
  }
}
