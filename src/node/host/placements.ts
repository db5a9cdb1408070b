import { after, type ChunkId, type Instant, SkerryError, toHex } from "../../lib/mod.ts";
import {
  type Copy,
  fetchPrice,
  hostKeyOf,
  type PlacedObject,
  PlacementOrder,
  type PlacementTerms,
  priceFactor,
} from "../../market/mod.ts";
import type { TransportEvent } from "../../transport/mod.ts";
import { SLICE_BYTES } from "../../content/mod.ts";
import type {
  PlacementReport,
  PlacementsStatus,
  PlacementSummary,
} from "../contract/placement_api.ts";
import type { LoopPart } from "../loop/driver.ts";
import { HostWatch, type WatchedHost } from "./host_watch.ts";
import { addOutcome, noOutcome, reasonOf } from "./place_outcome.ts";
import { placementReport } from "./placement_report.ts";
import type { PlacementsParts } from "./placements_parts.ts";
import {
  carriedOver,
  drawHeldBy,
  type Held,
  placesToPay,
  replace,
  restore,
  type Retry,
  running,
  type RunningOrder,
} from "./running_order.ts";

/** Objects placed at once, and hosts asked at once: the background class, beside readers. */
const JOBS_MAX = 4;
const CHECKS_MAX = 4;
/** All orders together: 16 GiB, some 20 MB of memory with three hosts each. */
export const PLACED_OBJECTS_MAX = 16_384;
/** What is missing is looked over so often. */
const LOOK_MS = 5_000;
/** An object that found no host waits, twice as long each time. */
const RETRY_MS = 60_000;
const RETRY_MS_MAX = 3_600_000;
/** What a slice may cost of a host whose place is not proven yet. */
const FACTOR_UNPROVEN = 20;
const ENDED = "It was replaced by a later order, or its content was unpublished";

/** Keeps this node's publications at as many hosts as were ordered: buys places, asks the hosts
 * whether they are there and hold what they are paid for, pays again before a place ends, replaces
 * who is lost, and says so when fewer hold something than should. */
export class Placements implements LoopPart {
  readonly #parts: PlacementsParts;
  readonly #watch: HostWatch;
  /** By manifest. BOUNDED by PLACED_OBJECTS_MAX, since each has an object. */
  readonly #orders = new Map<string, RunningOrder>();
  readonly #busy = new Set<PlacedObject>();
  readonly #retries = new WeakMap<PlacedObject, Retry>();
  #checks = 0;
  #hasFailed = false;
  #lookAt: Instant;
  #isStopped = false;

  constructor(parts: PlacementsParts) {
    this.#parts = parts;
    this.#watch = new HostWatch(parts.random);
    const { clock, table } = parts;
    for (const row of table.orders()) {
      const objects = table.objects(row.meta).map((object): PlacedObject => {
        return { ...object, copies: new Map() };
      });
      const byId = new Map(objects.map((object) => [toHex(object.id), object]));
      for (const { id, ...copy } of table.placements(row.meta)) {
        byId.get(toHex(id))?.copies.set(hostKeyOf(copy), copy);
        this.#watch.add(copy, clock.now());
      }
      const state = running(new PlacementOrder(row, objects));
      state.isSaved = true;
      this.#orders.set(toHex(row.meta), state);
    }
    this.#lookAt = clock.now();
  }

  /** Orders hosts for a publication and waits until each of its objects has been tried. What could
   * not be placed then is tried again as long as the order stands. A second order for the same
   * publication takes the place of the first, with a budget of its own.
   * @throws {SkerryError} REFUSED if not one place could be bought: then there is no order; and if
   * a later order took its place meanwhile. DRAINING. */
  async order(
    meta: ChunkId,
    objects: readonly { readonly id: ChunkId; readonly bytes: number }[],
    terms: PlacementTerms,
    onProgress: (done: number, all: number) => void,
  ): Promise<PlacementSummary> {
    const former = this.#orders.get(toHex(meta));
    const others = this.status().objects - (former?.order.objects.length ?? 0);
    if (others + objects.length > PLACED_OBJECTS_MAX) {
      const why = `${PLACED_OBJECTS_MAX} objects are placed at most, ${others} are`;
      throw new SkerryError("REFUSED", `Cannot place ${objects.length} objects: ${why}`);
    }
    const placed = carriedOver(objects, former?.order.objects ?? []);
    const createdMs = this.#parts.clock.unixMs();
    const order = new PlacementOrder({ meta, ...terms, spentCb: 0n, createdMs }, placed);
    const state = running(order, placed);
    for (const object of placed) this.#retries.delete(object);
    if (former !== undefined) replace(former);
    this.#orders.set(toHex(meta), state);
    await this.#saveFirst(state, former);
    await new Promise<void>((resolve) => {
      if (order.isReplaced) return resolve();
      state.onTried = resolve;
      state.onProgress = () => onProgress(placed.length - state.untried.size, placed.length);
      this.#look();
    });
    if (order.isReplaced) throw new SkerryError("REFUSED", ENDED);
    if (this.#isStopped) throw new SkerryError("DRAINING", "This node is stopping: placed in part");
    return await this.#summary(state);
  }

  /** Ends the order for a publication: no place is paid for again, and who waits for it hears so.
   * @returns false if there is none. */
  async end(meta: ChunkId): Promise<boolean> {
    const state = this.#orders.get(toHex(meta));
    if (state === undefined) return false;
    replace(state);
    this.#orders.delete(toHex(meta));
    await this.#parts.store.writeRows(() => this.#parts.table.removeOrder(meta));
    return true;
  }

  report(meta: ChunkId): PlacementReport | undefined {
    const state = this.#orders.get(toHex(meta));
    if (state === undefined) return undefined;
    const nowMs = this.#parts.clock.unixMs();
    return placementReport(state.order, nowMs, this.#watch.isLost, state.reason);
  }

  status(): PlacementsStatus {
    const nowMs = this.#parts.clock.unixMs();
    let objects = 0;
    let short = 0;
    for (const { order } of this.#orders.values()) {
      objects += order.objects.length;
      short += order.lacking(nowMs, this.#watch.isLost).objects.length;
    }
    return { orders: this.#orders.size, objects, short };
  }

  handleClosed(event: Extract<TransportEvent, { kind: "closed" }>, now: Instant): void {
    this.#parts.client.handleClosed(event.connection);
    if (event.reason !== "local") this.#watch.noteBroken(event.publicKey, now);
  }

  turn(now: Instant): void {
    if (now < this.#lookAt || this.#isStopped) return;
    this.#lookAt = after(now, LOOK_MS);
    if (this.#orders.size === 0) return;
    this.#checkHosts(now);
    for (const state of this.#orders.values()) this.#attend(state, now);
  }

  nextTimeout(): Instant | undefined {
    return this.#orders.size === 0 || this.#isStopped ? undefined : this.#lookAt;
  }

  stop(): void {
    this.#isStopped = true;
    this.#parts.client.stop();
    for (const { onTried } of this.#orders.values()) onTried();
  }

  #look(): void {
    this.#lookAt = this.#parts.clock.now();
    this.#parts.wake();
  }

  /** Starts what is to be done for one order, as far as there are places for it. */
  #attend(state: RunningOrder, now: Instant): void {
    const { order } = state;
    if (!state.isSaved) return;
    const nowMs = this.#parts.clock.unixMs();
    const { isLost } = this.#watch;
    const lacking = order.lacking(nowMs, isLost);
    const due = order.due(nowMs, isLost);
    const wanted = lacking.copies + due.copies;
    this.#tell(state, lacking.objects.length);
    for (const object of new Set([...lacking.objects, ...state.untried])) {
      if (this.#busy.size >= JOBS_MAX) return;
      if (this.#busy.has(object) || (this.#retries.get(object)?.at ?? now) > now) continue;
      void this.#place(state, object, order.shareCb(wanted));
    }
    for (const [object, copies] of due.objects) {
      if (this.#busy.size >= JOBS_MAX) return;
      const isWaiting = this.#busy.has(object) || (this.#retries.get(object)?.at ?? now) > now;
      if (!isWaiting) void this.#renew(state, object, copies, order.shareCb(wanted));
    }
  }

  async #place(state: RunningOrder, object: PlacedObject, shareCb: bigint): Promise<void> {
    const { order } = state;
    this.#busy.add(object);
    const nowMs = this.#parts.clock.unixMs();
    const missing = order.terms.hosts - order.holders(object, nowMs, this.#watch.isLost).length;
    const outcome = await this.#parts.placer.place(order, object, missing, shareCb)
      .catch((error: unknown) => {
        this.#unsure(error);
        return noOutcome();
      });
    const isWhole = outcome.placed >= missing;
    if (!isWhole) state.reason = reasonOf(outcome, placesToPay(order, nowMs, this.#watch.isLost));
    addOutcome(state.total, outcome);
    this.#done(state, object, isWhole);
    state.untried.delete(object);
    state.onProgress();
    if (state.untried.size === 0) state.onTried();
  }

  /** Who refuses holds up no other. */
  async #renew(
    state: RunningOrder,
    object: PlacedObject,
    copies: readonly Copy[],
    shareCb: bigint,
  ): Promise<void> {
    this.#busy.add(object);
    let isWell = true;
    for (const copy of copies) {
      isWell = await this.#renewOne(state, object, copy, shareCb) && isWell;
    }
    this.#done(state, object, isWell);
  }

  async #renewOne(
    state: RunningOrder,
    object: PlacedObject,
    copy: Copy,
    shareCb: bigint,
  ): Promise<boolean> {
    const refusal = await this.#parts.placer.buy(state.order, object, copy, shareCb)
      .catch((error: unknown) => this.#unsure(error));
    if (refusal !== undefined) {
      this.#parts.logger.log("warn", "placement_not_renewed", {
        id: toHex(object.id),
        host: toHex(copy.publicKey),
        reason: refusal,
      });
    }
    return refusal === undefined;
  }

  #done({ order }: RunningOrder, object: PlacedObject, isWell: boolean): void {
    const now = this.#parts.clock.now();
    this.#busy.delete(object);
    for (const copy of object.copies.values()) this.#watch.add(copy, now);
    if (isWell || order.isReplaced) this.#retries.delete(object);
    else {
      const waitMs = Math.min(
        (this.#retries.get(object)?.waitMs ?? RETRY_MS / 2) * 2,
        RETRY_MS_MAX,
      );
      this.#retries.set(object, { at: after(now, waitMs), waitMs });
    }
    this.#look();
  }

  /** Says so when fewer hold something than should, and when that is over. */
  #tell(state: RunningOrder, short: number): void {
    if (state.untried.size > 0 || short > 0 === state.isShort) return;
    state.isShort = short > 0;
    const meta = toHex(state.order.meta);
    const { logger } = this.#parts;
    if (short === 0) logger.log("info", "placement_whole", { meta });
    else {
      const objects = state.order.objects.length;
      logger.log("warn", "placement_short", { meta, short, objects, reason: state.reason ?? "" });
    }
  }

  #checkHosts(now: Instant): void {
    while (this.#checks < CHECKS_MAX) {
      const next = this.#watch.next(now);
      if (next === undefined) return;
      this.#checks++;
      const { publicKey } = next.host;
      void this.#check(next.host, next.withSlice).catch((error: unknown) => {
        this.#unsure(error);
        return !this.#watch.isLost(publicKey); // our fault: it counts as it did
      }).then((isThere) => {
        this.#checks--;
        this.#watch.checked(next.host, isThere, this.#parts.clock.now());
        if (!isThere) this.#look();
      });
    }
  }

  /** Something of this node's own failed, its disk say: nobody else is blamed, and the operator is
   * told the first time. */
  #unsure(error: unknown): "unsure" {
    if (this.#hasFailed || this.#isStopped) return "unsure";
    this.#hasFailed = true;
    this.#parts.logger.log("warn", "placement_failed", { reason: String(error) });
    return "unsure";
  }

  /** @returns whether the host is there. */
  async #check(host: WatchedHost, withSlice: boolean): Promise<boolean> {
    const { clock, challenger, client, placer, random, standings, transport } = this.#parts;
    const orders = this.#orders.values();
    const held = drawHeldBy(orders, host.publicKey, clock.unixMs(), random);
    if (held === undefined) {
      this.#watch.remove(host.publicKey);
      return true;
    }
    const { state: { order }, object, copy } = held;
    const connection = transport.connect(host, clock.now());
    const { id, bytes } = object;
    const answer = await client.quote(connection, { id, bytes, weeks: order.terms.weeks });
    if (answer === undefined) return false;
    const nodeId = standings.nodeIdOf(connection);
    const factor = nodeId === undefined ? FACTOR_UNPROVEN : priceFactor(nodeId, id);
    const costCb = fetchPrice(Math.min(SLICE_BYTES, bytes), factor);
    if (!withSlice || !order.promise(costCb)) return true;
    const result = await challenger.ask(connection, id)
      .catch((error: unknown) => this.#unsure(error));
    order.settle(costCb, result === "shown");
    if (result === "shown") {
      const proven = { ...copy, ...object.copies.get(hostKeyOf(copy)), provenMs: clock.unixMs() };
      object.copies.set(hostKeyOf(copy), proven);
      await placer.keep(order, object, proven);
    } else if (result === "lacks") await this.#caught(held);
    return result !== "silent";
  }

  /** A host is paid for what it has not got: that place is no longer counted on, and the next is
   * asked for at once. */
  async #caught({ state: { order }, object, copy }: Held): Promise<void> {
    const { logger, store, table } = this.#parts;
    object.copies.delete(hostKeyOf(copy));
    const fields = { id: toHex(object.id), host: toHex(copy.publicKey) };
    logger.log("warn", "placement_broken", fields);
    await store.writeRows(() => table.remove(order.meta, object.id, copy.publicKey))
      .catch(() => {});
    this.#look();
  }

  async #summary({ order, total, reason }: RunningOrder): Promise<PlacementSummary> {
    const { objects, meta, spentCb, terms } = order;
    const nowMs = this.#parts.clock.unixMs();
    const lacking = order.lacking(nowMs, this.#watch.isLost);
    const wanted = objects.length * terms.hosts;
    const placed = wanted - lacking.copies;
    if (placed === 0) {
      const why = reasonOf(total, placesToPay(order, nowMs, this.#watch.isLost));
      await this.end(meta).catch(() => {});
      throw new SkerryError("REFUSED", `No host keeps any of it: ${why}`);
    }
    const amounts = { objects: objects.length, placed, wanted, spentCb: String(spentCb) };
    return { ...amounts, ...(lacking.copies > 0 && reason !== undefined && { reason }) };
  }

  /** Nothing is bought for an order that is not written down; else the former stands. */
  async #saveFirst(state: RunningOrder, former: RunningOrder | undefined): Promise<void> {
    try {
      await this.#save(state.order);
      state.isSaved = true;
    } catch (error) {
      const key = toHex(state.order.meta);
      if (this.#orders.get(key) === state) {
        if (former === undefined) this.#orders.delete(key);
        else this.#orders.set(key, restore(former));
      }
      throw error;
    }
  }

  async #save({ meta, createdMs, spentCb, terms, objects }: PlacementOrder): Promise<void> {
    const { store, table } = this.#parts;
    await store.writeRows(() => {
      table.saveOrder({ meta, createdMs, spentCb, ...terms });
      for (const object of objects) table.saveObject(meta, object);
    });
  }
}
