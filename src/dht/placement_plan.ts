import {
  after,
  ByteBudget,
  earliest,
  equalBytes,
  type Instant,
  type Random,
  randomUnit,
} from "../lib/mod.ts";
import { compareDistance, prefix32 } from "./distance.ts";
import type { KnownNode } from "./events.ts";
import { type KeyPlace, keyPlace, type PlaceWord } from "./key_place.ts";
import {
  MARK_COMING,
  MARK_HELD,
  MARK_REFUSED,
  nodeTag,
  PLACED_GUARDED,
  PLACED_OFFERED,
  PLACED_OWN,
  PlacedKeys,
} from "./placed_keys.ts";
import { PLACEMENT_WIDTH, type PlacementConfig } from "./placement_config.ts";
import type { OfferAnswer, OfferedKey, PlacementStep, PlaceOptions } from "./placement_events.ts";
import { PlacementNeighbours } from "./placement_neighbours.ts";
import { PlacementRegions } from "./placement_regions.ts";

interface Offer {
  readonly to: KnownNode;
  readonly keys: readonly Uint8Array[];
  readonly isProbe: boolean;
}

const MARK_OF = {
  wanted: MARK_COMING,
  coming: MARK_COMING,
  held: MARK_HELD,
  refused: MARK_REFUSED,
} as const;

/** Due keys looked at for one step: each costs some 10 µs. */
const LOOKS_MAX = 64;
/** At once, before the hourly budget counts: 5 minutes' worth, and four chunks at least. */
const BURST_SHARE = 1 / 12, BURST_BYTES_MIN = 2 ** 22;

/** Where copies belong and who is still to get one (S3-08 … S3-11). A key's place are the
 * `replicas` nodes nearest to it. Who is one of them and holds it offers it to the others until
 * each says that it has it; who holds it and is not, but was, or published it, offers it to them
 * and may then forget it. So an insertion goes to the nearest and is handed on, a newcomer gets
 * what it is nearest to, what lies too far moves, and what a node held that is gone is copied to
 * the next. Nothing moves unasked: whoever is offered something fetches it, or not. Pure planning;
 * BOUNDED by `keysMax`. */
export class PlacementPlan {
  readonly #self: Uint8Array;
  readonly #config: PlacementConfig;
  readonly #random: Random;
  readonly #nearest: (key: Uint8Array, count: number) => readonly KnownNode[];
  readonly #keys: PlacedKeys;
  readonly #neighbours: PlacementNeighbours;
  readonly #regions = new PlacementRegions();
  readonly #budget: ByteBudget;
  readonly #offers = new Map<number, Offer>();
  #searching: Uint8Array | undefined;
  #nextOffer = 1;
  #nextAt: Instant;
  /** No key is due before this. */
  #earliestDue = Infinity as Instant;
  #cursor = 0;
  /** Bytes of what is guarded here for others. */
  guardedBytes = 0;
  /** Keys offered so far, and bytes of them that were handed over. */
  offered = 0;
  givenBytes = 0;

  /** @param nearest nodes known to be alive, nearest to the key first, without this one: all that
   * exist if fewer than asked for come back. */
  constructor(options: {
    self: Uint8Array;
    config: PlacementConfig;
    random: Random;
    nearest: (key: Uint8Array, count: number) => readonly KnownNode[];
    now: Instant;
  }) {
    const { self, config, random, nearest, now } = options;
    this.#self = self;
    this.#config = config;
    this.#random = random;
    this.#nearest = nearest;
    this.#keys = new PlacedKeys(config.keysMax, random);
    this.#neighbours = new PlacementNeighbours(config, random);
    const burst = Math.max(config.bytesPerHour * BURST_SHARE, BURST_BYTES_MIN);
    this.#budget = new ByteBudget(config.bytesPerHour, burst, now);
    this.#nextAt = now;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Whether this node is near enough to a key to take it: among twice as many as are to hold it,
   * since the others' view of the neighbourhood differs. */
  isInRange(key: Uint8Array): boolean {
    const width = Math.min(2 * this.#config.replicas, PLACEMENT_WIDTH);
    const farthest = this.#nearest(key, width)[width - 1];
    return farthest === undefined || compareDistance(key, this.#self, farthest.nodeId) < 0;
  }

  /** Looks after a key that is held here; one that is neither published here nor taken stays only
   * if this node is one of those that are to hold it. @returns false if the plan is full. */
  add(key: Uint8Array, bytes: number, now: Instant, options: PlaceOptions = {}): boolean {
    const { isOwn = false, isTaken = false, spreadMs = 0 } = options;
    const slot = this.#keys.find(key) ?? this.#keys.enter(key, bytes);
    if (slot === undefined) return false;
    if (isOwn) this.#setState(slot, PLACED_OWN, true);
    if (isTaken) this.#setState(slot, PLACED_GUARDED, true);
    this.#setDue(slot, after(now, spreadMs * randomUnit(this.#random)));
    return true;
  }

  /** Whether the hour allows to hand over anything of what was offered. */
  mayGive(now: Instant): boolean {
    return this.#budget.balance(now) > 0;
  }

  /** So many bytes are being handed over. */
  noteGiven(bytes: number, now: Instant): void {
    this.#budget.spend(bytes, now);
    this.givenBytes += bytes;
  }

  /** The key is held no more. */
  remove(key: Uint8Array): void {
    const slot = this.#keys.find(key);
    if (slot === undefined) return;
    this.#setState(slot, PLACED_GUARDED, false);
    this.#keys.remove(key);
  }

  /** Whether this node is one of those that are to hold a key, and does. */
  isGuarding(key: Uint8Array): boolean {
    const slot = this.#keys.find(key);
    return slot !== undefined && this.#keys.has(slot, PLACED_GUARDED);
  }

  /** A node has offered us keys that we hold, and so says that it holds them. What had been handed
   * on and is still here may be ours to look after again. */
  handleOffered(by: KnownNode, keys: readonly OfferedKey[], now: Instant): void {
    const isBack = this.#neighbours.hear(by.nodeId);
    let isNeighbour = false;
    for (const { key, bytes } of keys) {
      const isNews = this.#keys.find(key) === undefined;
      if (isNews && this.isInRange(key)) this.add(key, bytes, now, { isTaken: true });
      const slot = this.#keys.find(key);
      if (slot === undefined) continue;
      this.#keys.setMark(slot, nodeTag(by.nodeId), MARK_HELD);
      isNeighbour ||= this.#keys.has(slot, PLACED_GUARDED);
    }
    if (isNeighbour) this.#neighbours.noteSpoken(by, now);
    if (isBack) this.handleContact(by, now);
  }

  /** A node came into the routing table: what it is near enough to hold is looked at again. */
  handleContact(node: Pick<KnownNode, "nodeId">, now: Instant): void {
    this.#neighbours.hear(node.nodeId);
    const prefix = prefix32(node.nodeId);
    for (let slot = 0; slot < this.#keys.slots; slot++) {
      if (!this.#keys.isUsed(slot) || !this.#keys.isWithinReach(slot, prefix)) continue;
      this.#setDue(slot, this.#soon(now));
    }
  }

  /** A node left the routing table: what it held needs another. */
  handleLoss(node: Pick<KnownNode, "nodeId">, now: Instant): void {
    this.#neighbours.forget(node.nodeId);
    const tag = nodeTag(node.nodeId);
    for (let slot = 0; slot < this.#keys.slots; slot++) {
      if (!this.#keys.isUsed(slot) || this.#keys.mark(slot, tag) === 0) continue;
      this.#keys.setMark(slot, tag, 0);
      this.#setDue(slot, this.#soon(now));
    }
  }

  /** What to do now, if anything. */
  next(now: Instant): PlacementStep | undefined {
    if (this.#offers.size >= this.#config.offersMax || this.#nextAt > now) return undefined;
    for (;;) {
      const forgiven = this.#neighbours.takeForgiven(now);
      if (forgiven === undefined) break;
      this.handleContact(forgiven, now);
    }
    const step = this.#probe(now) ?? this.#look(now);
    if (step !== undefined || this.#earliestDue <= now) {
      this.#nextAt = after(now, this.#config.intervalMs);
    }
    return step;
  }

  /** @param answers one for each key, in their order; undefined: the node did not answer. */
  handleAnswers(id: number, answers: readonly OfferAnswer[] | undefined, now: Instant): void {
    const offer = this.#offers.get(id);
    if (offer === undefined) return;
    this.#offers.delete(id);
    offer.keys.forEach((key, i) => {
      const slot = this.#keys.find(key);
      if (slot === undefined) return;
      this.#keys.set(slot, PLACED_OFFERED, false);
      if (answers === undefined) this.#setDue(slot, this.#soon(now));
      else this.#note(slot, offer, answers[i] ?? "refused", now);
    });
    if (answers !== undefined) return;
    this.#neighbours.noteSilence(offer.to, now);
    this.handleLoss(offer.to, now);
  }

  /** A search has ended. @param nodes the nearest to its target, nearest first. */
  handleFound(nodes: readonly KnownNode[], now: Instant): void {
    const target = this.#searching;
    this.#searching = undefined;
    if (target === undefined) return;
    const others = nodes.filter(({ nodeId }) => !equalBytes(nodeId, this.#self));
    if (others.length > 0) return this.#regions.add(target, others, now);
    const slot = this.#keys.find(target);
    if (slot !== undefined) this.#keys.due[slot] = after(now, this.#config.retryMs);
  }

  nextTimeout(now: Instant): Instant | undefined {
    if (this.#offers.size >= this.#config.offersMax) return undefined;
    let due = this.#neighbours.nextTimeout();
    if (this.#earliestDue !== Infinity) {
      const paidAt = this.#budget.availableAt(now);
      due = earliest(due, Math.max(this.#earliestDue, paidAt) as Instant);
    }
    return due === undefined ? undefined : Math.max(due, this.#nextAt) as Instant;
  }

  /** Asks a neighbour for some of what it has said to hold. */
  #probe(now: Instant): PlacementStep | undefined {
    for (;;) {
      const neighbour = this.#neighbours.takeDue(now);
      if (neighbour === undefined) return undefined;
      const { node, cursor } = neighbour;
      const slots = this.#keys.guardedWith(nodeTag(node.nodeId), cursor, this.#config.offerKeysMax);
      neighbour.cursor = (slots.at(-1) ?? -1) + 1;
      if (slots.length > 0) return this.#offer(node, slots, true);
      this.#neighbours.forget(node.nodeId);
    }
  }

  /** Looks at keys that are due, for a node that lacks one of them and for others that it lacks. */
  #look(now: Instant): PlacementStep | undefined {
    if (this.#earliestDue > now || this.#budget.balance(now) <= 0) return undefined;
    let roomBytes = this.#budget.balance(now);
    let to: KnownNode | undefined;
    let target: Uint8Array | undefined;
    const chosen: number[] = [];
    const { slots } = this.#keys;
    let looks = 0, first = Infinity;
    for (let i = 0; i < slots; i++) {
      const slot = (this.#cursor + i) % slots;
      if (!this.#keys.isUsed(slot)) continue;
      if (this.#keys.isDue(slot, now)) {
        if (++looks > LOOKS_MAX || chosen.length >= this.#config.offerKeysMax) {
          this.#cursor = slot;
          first = now;
          break;
        }
        const lacking = this.#lookAt(slot, now);
        if (lacking === undefined) target ??= this.#keys.key(slot);
        to ??= lacking?.[0];
        const bytes = this.#keys.bytes[slot] ?? 0;
        const isRoom = chosen.length === 0 || bytes <= roomBytes;
        if (to !== undefined && lacking !== undefined && isRoom && isOneOf(lacking, to)) {
          this.#keys.set(slot, PLACED_OFFERED, true);
          chosen.push(slot);
          roomBytes -= bytes;
        }
      }
      if (this.#keys.has(slot, PLACED_OFFERED)) continue;
      first = Math.min(first, this.#keys.due[slot] ?? Infinity);
    }
    this.#earliestDue = first as Instant;
    if (to !== undefined) return this.#offer(to, chosen, false);
    if (target === undefined || this.#searching !== undefined) return undefined;
    this.#searching = target;
    return { kind: "search", target };
  }

  /** Who is to hold the key and does not, nearest first; with nobody, when to look again is set.
   * @returns undefined if it is not known who its neighbours are. */
  #lookAt(slot: number, now: Instant): readonly KnownNode[] | undefined {
    const key = this.#keys.key(slot);
    const isSelfNearer = ({ nodeId }: KnownNode) => compareDistance(key, this.#self, nodeId) < 0;
    const known = this.#nearest(key, PLACEMENT_WIDTH);
    const last = known[PLACEMENT_WIDTH - 1];
    const isNear = last === undefined || isSelfNearer(last);
    const isOurs = this.#keys.has(slot, PLACED_OWN) || this.#keys.has(slot, PLACED_GUARDED);
    if (!isNear && !isOurs) return this.#release(slot, key);
    const nodes = isNear ? known : this.#regions.nearest(key, now);
    if (nodes === undefined) return undefined;
    const wanted = isNear ? this.#config.replicas : this.#config.insertCopies;
    const self = isNear ? this.#self : undefined;
    const place = keyPlace(key, self, nodes, wanted, (nodeId) => this.#wordOf(slot, nodeId));
    this.#keys.reach[slot] = place.reach;
    if (place.isInside) this.#setState(slot, PLACED_GUARDED, true);
    else if (!isOurs) return this.#release(slot, key);
    if (place.lacking.length === 0) this.#settle(slot, key, place, now);
    return place.lacking;
  }

  #wordOf(slot: number, nodeId: Uint8Array): PlaceWord {
    const mark = this.#keys.mark(slot, nodeTag(nodeId));
    if (mark === MARK_REFUSED || this.#neighbours.isSilent(nodeId)) return "out";
    return mark === 0 ? undefined : "has";
  }

  /** Whoever is to hold the key does, or is getting it. */
  #settle(slot: number, key: Uint8Array, { isInside, isShort }: KeyPlace, now: Instant): void {
    const { wantedMs, retryMs, ownMs } = this.#config;
    if (this.#keys.forgetMark(slot, MARK_COMING)) { // they are asked whether it has come
      this.#keys.due[slot] = after(now, wantedMs);
    } else if ((this.#keys.forgetMark(slot, MARK_REFUSED) && isInside) || isShort) {
      this.#keys.due[slot] = after(now, retryMs);
    } else if (isInside) this.#keys.due[slot] = Infinity;
    else if (this.#keys.has(slot, PLACED_OWN)) {
      this.#keys.forgetMarks(slot); // others look after it now: only their word of then counts
      this.#setState(slot, PLACED_GUARDED, false);
      this.#keys.due[slot] = after(now, ownMs);
    } else this.#release(slot, key);
  }

  /** Others are to hold the key: here it may go. */
  #release(slot: number, key: Uint8Array): readonly KnownNode[] {
    this.#setState(slot, PLACED_GUARDED, false);
    this.#keys.remove(key);
    return [];
  }

  #offer(to: KnownNode, slots: readonly number[], isProbe: boolean): PlacementStep {
    const id = this.#nextOffer++;
    const keys = slots.map((slot) => {
      return { key: this.#keys.key(slot), bytes: this.#keys.bytes[slot] ?? 0 };
    });
    this.#offers.set(id, { to, keys: keys.map(({ key }) => key), isProbe });
    this.offered += keys.length;
    return { kind: "offer", id, to, keys };
  }

  #note(slot: number, { to, isProbe }: Offer, answer: OfferAnswer, now: Instant): void {
    const tag = nodeTag(to.nodeId);
    this.#keys.setMark(slot, tag, MARK_OF[answer]);
    if (answer === "held") {
      if (this.#keys.has(slot, PLACED_GUARDED)) this.#neighbours.note(to, now);
      if (isProbe) return;
    }
    this.#setDue(slot, now);
  }

  #dueOf(slot: number): Instant {
    return (this.#keys.due[slot] ?? Infinity) as Instant;
  }

  #setState(slot: number, bit: number, isOn: boolean): void {
    const isCounted = () =>
      this.#keys.has(slot, PLACED_GUARDED) && !this.#keys.has(slot, PLACED_OWN);
    const before = isCounted();
    this.#keys.set(slot, bit, isOn);
    this.guardedBytes += (Number(isCounted()) - Number(before)) * (this.#keys.bytes[slot] ?? 0);
  }

  #soon(now: Instant): Instant {
    return after(now, this.#config.soonMs * randomUnit(this.#random));
  }

  /** No later than `due`. */
  #setDue(slot: number, due: Instant): void {
    this.#keys.due[slot] = Math.min(due, this.#dueOf(slot));
    this.#earliestDue = Math.min(this.#earliestDue, this.#dueOf(slot)) as Instant;
  }
}

const isOneOf = (nodes: readonly KnownNode[], node: KnownNode): boolean =>
  nodes.some(({ nodeId }) => equalBytes(nodeId, node.nodeId));
