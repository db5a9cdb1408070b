import type { Instant, Random } from "../lib/mod.ts";
import { prefix32 } from "./distance.ts";
import { IdIndex, widened } from "./id_index.ts";

/** Bits of a key's state: published here; we are or were one of those that are to hold it; it is
 * in an offer that waits for its answer. */
export const PLACED_OWN = 1, PLACED_GUARDED = 2, PLACED_OFFERED = 4;
/** What a node has said of a key: it has it; it does not take it; it is getting it. */
export const MARK_HELD = 1, MARK_REFUSED = 2, MARK_COMING = 3;

/** Nodes whose word about one key is remembered: twice the most copies there may be. */
const MARKS = 16;

/** The keys of a placement plan, each by a number, with what is known of it in typed arrays: ~130
 * bytes each. BOUNDED by `capacity`. */
export class PlacedKeys {
  readonly #index: IdIndex;
  /** First 32 bits of the key; of the distance of the farthest node that is to hold it, 2^32 - 1 =
   * any node may be. */
  prefix = new Uint32Array(64);
  reach = new Uint32Array(64);
  /** Bytes of the object. */
  bytes = new Uint32Array(64);
  /** Instant of the next look; Infinity = when something happens. */
  due = new Float64Array(64);
  state = new Uint8Array(64);
  #isUsed = new Uint8Array(64);
  /** Who said something, by nodeTag(), and what; 0 = nobody. */
  #markers = new Uint32Array(64 * MARKS);
  #marks = new Uint8Array(64 * MARKS);

  constructor(capacity: number, random: Random) {
    this.#index = new IdIndex(capacity, random);
  }

  get size(): number {
    return this.#index.size;
  }

  /** One more than the greatest number ever used; isUsed() tells which of them are. */
  get slots(): number {
    return this.#index.slots;
  }

  isUsed(slot: number): boolean {
    return this.#isUsed[slot] === 1;
  }

  find(key: Uint8Array): number | undefined {
    return this.#index.find(key);
  }

  /** A copy of the key with this number. */
  key(slot: number): Uint8Array {
    return Uint8Array.from(this.#index.idAt(slot));
  }

  /** The number of a new key of which nobody has said anything; undefined if there is no room. */
  enter(key: Uint8Array, bytes: number): number | undefined {
    const slot = this.#index.insert(key);
    if (slot === undefined) return undefined;
    this.#widen(slot + 1);
    this.#isUsed[slot] = 1;
    this.prefix[slot] = prefix32(key);
    this.reach[slot] = 2 ** 32 - 1;
    this.bytes[slot] = bytes;
    this.due[slot] = Infinity;
    this.state[slot] = 0;
    this.forgetMarks(slot);
    return slot;
  }

  remove(key: Uint8Array): void {
    const slot = this.#index.remove(key);
    if (slot !== undefined) this.#isUsed[slot] = 0;
  }

  has(slot: number, bit: number): boolean {
    return ((this.state[slot] ?? 0) & bit) !== 0;
  }

  set(slot: number, bit: number, isOn: boolean): void {
    const state = this.state[slot] ?? 0;
    this.state[slot] = isOn ? state | bit : state & ~bit;
  }

  isDue(slot: number, now: Instant): boolean {
    return this.#isUsed[slot] === 1 && (this.due[slot] ?? Infinity) <= now &&
      !this.has(slot, PLACED_OFFERED);
  }

  /** What a node has said of the key; 0 = nothing. */
  mark(slot: number, tag: number): number {
    const at = this.#markOf(slot, tag);
    return at < 0 ? 0 : this.#marks[at] ?? 0;
  }

  /** Notes what a node says; 0 forgets it. Where there is no room, the first one gives way. */
  setMark(slot: number, tag: number, mark: number): void {
    let at = this.#markOf(slot, tag);
    if (at < 0 && mark === 0) return;
    if (at < 0) at = Math.max(this.#firstFree(slot), slot * MARKS);
    this.#markers[at] = tag;
    this.#marks[at] = mark;
  }

  /** At most `max` guarded keys that a node has said to hold, from number `from` on and round. */
  guardedWith(tag: number, from: number, max: number): number[] {
    const found: number[] = [];
    for (let i = 0; i < this.slots && found.length < max; i++) {
      const slot = (from + i) % this.slots;
      if (!this.isUsed(slot) || !this.has(slot, PLACED_GUARDED)) continue;
      if (this.mark(slot, tag) === MARK_HELD) found.push(slot);
    }
    return found;
  }

  /** Forgets who has said so of the key. @returns whether anybody had. */
  forgetMark(slot: number, mark: number): boolean {
    let isFound = false;
    for (let at = slot * MARKS; at < (slot + 1) * MARKS; at++) {
      if (this.#marks[at] !== mark) continue;
      this.#marks[at] = 0;
      isFound = true;
    }
    return isFound;
  }

  /** Forgets what anybody said of the key. */
  forgetMarks(slot: number): void {
    this.#marks.fill(0, slot * MARKS, (slot + 1) * MARKS);
  }

  /** Whether a node is near enough to a key to be one of those that hold it. */
  isWithinReach(slot: number, nodePrefix: number): boolean {
    return ((nodePrefix ^ (this.prefix[slot] ?? 0)) >>> 0) <= (this.reach[slot] ?? 0);
  }

  #markOf(slot: number, tag: number): number {
    for (let at = slot * MARKS; at < (slot + 1) * MARKS; at++) {
      if (this.#marks[at] !== 0 && this.#markers[at] === tag) return at;
    }
    return -1;
  }

  #firstFree(slot: number): number {
    for (let at = slot * MARKS; at < (slot + 1) * MARKS; at++) if (this.#marks[at] === 0) return at;
    return -1;
  }

  #widen(slots: number): void {
    this.prefix = widened(this.prefix, slots);
    this.reach = widened(this.reach, slots);
    this.bytes = widened(this.bytes, slots);
    this.due = widened(this.due, slots);
    this.state = widened(this.state, slots);
    this.#isUsed = widened(this.#isUsed, slots);
    this.#markers = widened(this.#markers, slots * MARKS);
    this.#marks = widened(this.#marks, slots * MARKS);
  }
}

/** The last 32 bits of a node's id: neighbours differ in them as strangers do. */
export function nodeTag(nodeId: Uint8Array): number {
  // As prefix32, and without a view: this runs for every node near every key that is looked at.
  return ((nodeId[16] ?? 0) << 24 | (nodeId[17] ?? 0) << 16 | (nodeId[18] ?? 0) << 8 |
    (nodeId[19] ?? 0)) >>> 0;
}
