import {
  after,
  BoundedMap,
  type Instant,
  type PublicKey,
  toHex,
  type UnixMs,
} from "../../lib/mod.ts";
import {
  AMOUNT_MAX,
  type Copy,
  hostKeyOf,
  least,
  type PlacedObject,
  type PlacementOrder,
  WEEK_MS,
} from "../../market/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { PlacementTable } from "../../store/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import { HOSTING_CODE } from "../../wire/mod.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { DhtService } from "../peers/dht_service.ts";
import type { LedgerKeeper } from "../trade/ledger_keeper.ts";
import type { ReceiptDesk } from "../trade/receipt_desk.ts";
import { type HostingClient, QUOTE_MS, STORE_MS } from "./hosting_client.ts";
import { noOutcome, type PlaceOutcome, type PlaceRefusal } from "./place_outcome.ts";

/** Who has refused or not answered is not asked again for so long: with N nodes near a file's
 * chunks, its thousand chunks would else ask each of them a thousand times. */
const AVOID_MS = 120_000;
const AVOIDED_MAX = 4_096;
/** Who sold less time than was paid for would do it again: it is not asked for a day. */
const AVOID_SHORT_MS = 86_400_000;
/** A place for less than four fifths of the time it was paid for is not what was ordered. Clocks
 * that differ take less, and so does a host that renews from today, a day before a week's end. */
const isTimeShort = (gotMs: number, paidMs: number): boolean => gotMs * 5 < paidMs * 4;
/** A STORE whose answer got lost is asked again on another connection; its host knows it by its
 * quote, and answers the same. More often would help no host that is gone. */
const STORE_TRIES = 2;

export interface PlacerParts {
  readonly client: Pick<HostingClient, "quote" | "store">;
  readonly dht: Pick<DhtService, "findClosest">;
  readonly transport: Pick<Transport, "connect">;
  readonly keeper: Pick<LedgerKeeper, "ledger" | "touch">;
  readonly desk: Pick<ReceiptDesk, "noteBought">;
  readonly table: PlacementTable;
  readonly store: Pick<ChunkStore, "writeRows">;
  readonly clock: Clock;
}

/** Buys places for objects at hosts, one at a time for each object, within its order's budget. */
export class Placer {
  readonly #parts: PlacerParts;
  /** Since when a host is not asked. BOUNDED by AVOIDED_MAX. */
  readonly #avoided = new BoundedMap<string, { until: Instant; why: PlaceRefusal }>(AVOIDED_MAX);

  constructor(parts: PlacerParts) {
    this.#parts = parts;
  }

  /** Looks for hosts near the object's id until it has as many as were ordered. Never rejects.
   * @param missing how many it lacks. @param shareCb the most that each may cost. */
  async place(
    order: PlacementOrder,
    object: PlacedObject,
    missing: number,
    shareCb: bigint,
  ): Promise<PlaceOutcome> {
    const outcome = noOutcome();
    const nodes = await this.#parts.dht.findClosest(object.id);
    outcome.candidates = nodes.length;
    await this.#dropEnded(order, object);
    for (const node of nodes) {
      if (outcome.placed >= missing) break;
      if (object.copies.has(toHex(node.publicKey))) continue;
      const refusal = await this.buy(order, object, node, shareCb, outcome);
      if (refusal === undefined) outcome.placed++;
      else note(outcome, refusal);
    }
    return outcome;
  }

  /** Buys a place at this host, or the next weeks of one that it gives already.
   * @returns why not. */
  async buy(
    order: PlacementOrder,
    object: PlacedObject,
    host: Pick<Copy, "publicKey" | "address">,
    shareCb: bigint,
    outcome: PlaceOutcome = noOutcome(),
  ): Promise<PlaceRefusal | undefined> {
    const avoided = this.#avoidedFor(host.publicKey);
    if (avoided !== undefined) return avoided;
    const { clock, transport, client } = this.#parts;
    const connection = transport.connect(host, clock.now());
    const { id, bytes } = object;
    const quote = await client.quote(connection, { id, bytes, weeks: order.terms.weeks });
    if (quote === undefined) return this.#avoid(host.publicKey, "silent");
    if (quote.code === HOSTING_CODE.rank) {
      outcome.rankWanted = Math.min(quote.rank, outcome.rankWanted ?? quote.rank);
    }
    const { price } = quote;
    if (quote.code !== HOSTING_CODE.agreed || price === undefined) {
      return this.#avoid(host.publicKey, refusalOf(quote.code));
    }
    if (price > shareCb || !order.promise(price)) {
      if (price < (outcome.priceWanted ?? price + 1n)) outcome.priceWanted = price;
      return "budget"; // another chunk may cost less there
    }
    const stored = await this.#store(host, { id, quote: quote.quote, price });
    const isBought = stored?.answer.code === HOSTING_CODE.agreed;
    order.settle(price, isBought);
    if (stored === undefined) return this.#avoid(host.publicKey, "silent");
    const { answer } = stored;
    if (!isBought) return this.#avoid(host.publicKey, refusalOf(answer.code));
    return await this.#bought(stored.connection, order, object, host, price, answer.until);
  }

  /** Orders what was quoted, and again if the answer got lost, be the quote over meanwhile: a host
   * that has pulled for longer than that knows the order by its number. Else it would keep a place
   * that nobody counts on. Both together take little longer than one: who was silent all the time
   * keeps the job, and what is promised of the budget, no second time. */
  async #store(
    host: Pick<Copy, "publicKey" | "address">,
    ask: Parameters<HostingClient["store"]>[1],
  ) {
    const { clock, transport, client } = this.#parts;
    const orderedAt = clock.now();
    for (let tries = 0; tries < STORE_TRIES; tries++) {
      const restMs = STORE_MS - (clock.now() - orderedAt);
      const connection = transport.connect(host, clock.now());
      const answer = await client.store(connection, ask, Math.max(restMs, QUOTE_MS));
      if (answer !== undefined) return { connection, answer };
    }
    return undefined;
  }

  /** Counts it in the ledger and writes it down.
   * @returns "failed" if it is for far less time than was paid: that place is not counted on. */
  async #bought(
    connection: ConnectionHandle,
    order: PlacementOrder,
    object: PlacedObject,
    { publicKey, address }: Pick<Copy, "publicKey" | "address">,
    priceCb: bigint,
    untilSeconds: number,
  ): Promise<PlaceRefusal | undefined> {
    const { clock, desk, keeper } = this.#parts;
    const nowMs = clock.unixMs();
    const account = keeper.ledger.open(publicKey, nowMs);
    if (account !== undefined) {
      account.state.placedCb = least(account.state.placedCb + priceCb, AMOUNT_MAX);
      keeper.touch(account);
      desk.noteBought(connection, account, 0);
    }
    const former = object.copies.get(toHex(publicKey));
    const fromMs = Math.max(former?.untilMs ?? nowMs, nowMs);
    const paidMs = fromMs + order.terms.weeks * WEEK_MS; // a host may say less, not more
    const untilMs = Math.min(untilSeconds * 1000, paidMs) as UnixMs;
    if (isTimeShort(untilMs - fromMs, paidMs - fromMs)) {
      await this.keep(order, object, former);
      return this.#avoid(publicKey, "failed", AVOID_SHORT_MS);
    }
    const copy: Copy = { publicKey, address, priceCb, untilMs, provenMs: former?.provenMs };
    object.copies.set(hostKeyOf(copy), copy);
    await this.keep(order, object, copy);
    return undefined;
  }

  /** Writes down a copy, if there is one, and what is spent. What cannot be written is lost to the
   * next run alone: it is placed and paid for again then. */
  async keep(order: PlacementOrder, { id }: PlacedObject, copy: Copy | undefined): Promise<void> {
    const { store, table } = this.#parts;
    await store.writeRows(() => {
      const { meta, createdMs, spentCb, terms, isReplaced } = order;
      if (!isReplaced) table.saveOrder({ meta, createdMs, spentCb, ...terms });
      if (copy !== undefined) table.save(meta, { id, ...copy });
    }).catch(() => {});
  }

  /** Places whose time is over are nobody's: who gave one may be asked for the next. */
  async #dropEnded({ meta }: PlacementOrder, { id, copies }: PlacedObject): Promise<void> {
    const { clock, store, table } = this.#parts;
    const nowMs = clock.unixMs();
    const ended = [...copies.values()].filter(({ untilMs }) => untilMs <= nowMs);
    if (ended.length === 0) return;
    for (const copy of ended) copies.delete(hostKeyOf(copy));
    await store.writeRows(() => {
      for (const { publicKey } of ended) table.remove(meta, id, publicKey);
    }).catch(() => {}); // the next run reads them, and drops them as well
  }

  #avoidedFor(publicKey: PublicKey): PlaceRefusal | undefined {
    const avoided = this.#avoided.get(toHex(publicKey));
    return avoided !== undefined && avoided.until > this.#parts.clock.now()
      ? avoided.why
      : undefined;
  }

  #avoid(publicKey: PublicKey, why: PlaceRefusal, forMs = AVOID_MS): PlaceRefusal {
    const key = toHex(publicKey);
    this.#avoided.delete(key);
    const until = after(this.#parts.clock.now(), forMs);
    this.#avoided.set(key, { until, why });
    return why;
  }
}

function note({ refusals }: PlaceOutcome, why: PlaceRefusal): void {
  refusals.set(why, (refusals.get(why) ?? 0) + 1);
}

function refusalOf(code: number): PlaceRefusal {
  switch (code) {
    case HOSTING_CODE.rank:
      return "rank";
    case HOSTING_CODE.underpaid:
      return "budget";
    case HOSTING_CODE.credit:
      return "credit";
    case HOSTING_CODE.full:
    case HOSTING_CODE.busy:
      return "full";
    case HOSTING_CODE.failed:
      return "failed";
    default:
      return "refused";
  }
}
