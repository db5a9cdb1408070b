import { BoundedMap, type Instant, type PublicKey, toHex, type UnixMs } from "../lib/mod.ts";
import {
  add,
  type Copy,
  hostKeyOf,
  type PlacedObject,
  type PlacementOrder,
  WEEK_MS,
} from "../market/mod.ts";
import type { Clock } from "../ports/mod.ts";
import type { PlacementTable } from "../store/mod.ts";
import type { ConnectionHandle, Transport } from "../transport/mod.ts";
import { HOSTING_CODE } from "../wire/mod.ts";
import type { ChunkStore } from "./chunk_store.ts";
import type { DhtService } from "./dht_service.ts";
import type { HostingClient } from "./hosting_client.ts";
import type { LedgerKeeper } from "./ledger_keeper.ts";
import { noOutcome, type PlaceOutcome, type PlaceRefusal } from "./place_outcome.ts";
import type { ReceiptDesk } from "./receipt_desk.ts";

/** Who has refused or not answered is not asked again for so long: with N nodes near a file's
 * chunks, its thousand chunks would else ask each of them a thousand times. */
const AVOID_MS = 120_000;
const AVOIDED_MAX = 4_096;

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
    for (const node of nodes) {
      if (outcome.placed >= missing) break;
      if (object.copies.has(toHex(node.publicKey))) continue;
      const refusal = this.#avoidedFor(node.publicKey) ??
        await this.buy(order, object, node, shareCb, outcome);
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
    const answer = await client.store(connection, { id, quote: quote.quote, price });
    const isBought = answer?.code === HOSTING_CODE.agreed;
    order.settle(price, isBought);
    if (answer === undefined) return this.#avoid(host.publicKey, "silent");
    if (!isBought) return this.#avoid(host.publicKey, refusalOf(answer.code));
    await this.#bought(connection, order, object, host, price, answer.until);
    return undefined;
  }

  /** Counts it in the ledger and writes it down. */
  async #bought(
    connection: ConnectionHandle,
    order: PlacementOrder,
    object: PlacedObject,
    { publicKey, address }: Pick<Copy, "publicKey" | "address">,
    priceCb: bigint,
    untilSeconds: number,
  ): Promise<void> {
    const { clock, desk, keeper } = this.#parts;
    const nowMs = clock.unixMs();
    const account = keeper.ledger.open(publicKey, nowMs);
    if (account !== undefined) {
      add(account.state.bought, 0n, priceCb);
      keeper.touch(account);
      desk.noteBought(connection, account, 0);
    }
    const former = object.copies.get(toHex(publicKey));
    const fromMs = Math.max(former?.untilMs ?? nowMs, nowMs);
    const paidMs = fromMs + order.terms.weeks * WEEK_MS; // a host may say less, not more
    const untilMs = Math.min(untilSeconds * 1000, paidMs) as UnixMs;
    const copy: Copy = { publicKey, address, priceCb, untilMs, provenMs: former?.provenMs };
    object.copies.set(hostKeyOf(copy), copy);
    await this.keep(order, object, copy);
  }

  /** Writes down a copy, and what is spent. What cannot be written is lost to the next run alone:
   * it is placed and paid for again then. */
  async keep(order: PlacementOrder, { id }: PlacedObject, copy: Copy): Promise<void> {
    const { store, table } = this.#parts;
    const { meta, createdMs, spentCb, terms } = order;
    await store.writeRows(() => {
      table.saveOrder({ meta, createdMs, spentCb, ...terms });
      table.save(meta, { id, ...copy });
    }).catch(() => {});
  }

  #avoidedFor(publicKey: PublicKey): PlaceRefusal | undefined {
    const avoided = this.#avoided.get(toHex(publicKey));
    return avoided !== undefined && avoided.until > this.#parts.clock.now()
      ? avoided.why
      : undefined;
  }

  #avoid(publicKey: PublicKey, why: PlaceRefusal): PlaceRefusal {
    const key = toHex(publicKey);
    this.#avoided.delete(key);
    const until = this.#parts.clock.now() + AVOID_MS as Instant;
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
