import type { Instant, Random } from "../lib/mod.ts";
import { prefix32 } from "./distance.ts";
import { IdIndex, widened } from "./id_index.ts";

/** Bits of a key's state: in a running task; to be announced before others; held in part; cached
 * without a manifest. */
export const KEY_RUNNING = 1, KEY_URGENT = 2, KEY_PARTIAL = 4, KEY_ALONE = 8;

/** The keys of an announce plan, each by a number, with what is known of it in typed arrays: 1 TiB
 * of chunks is a million keys, at ~60 bytes each. BOUNDED by `capacity`. */
export class PlannedKeys {
  readonly #index: IdIndex;
  /** First 32 bits of the key, and distance of the k-th nearest node at the last announce. */
  prefix = new Uint32Array(64);
  reach = new Uint32Array(64);
  /** Instants: next announce due; last announce, -Infinity = never. */
  due = new Float64Array(64);
  announcedAt = new Float64Array(64);
  /** Other nodes that confirmed the record, at most 255 told. */
  holders = new Uint8Array(64);
  state = new Uint8Array(64);
  #isUsed = new Uint8Array(64);
  #aloneCount = 0;

  constructor(capacity: number, random: Random) {
    this.#index = new IdIndex(capacity, random);
  }

  get size(): number {
    return this.#index.size;
  }

  /** Keys in state KEY_ALONE. */
  get aloneCount(): number {
    return this.#aloneCount;
  }

  find(key: Uint8Array): number | undefined {
    return this.#index.find(key);
  }

  /** A copy of the key with this number. */
  key(slot: number): Uint8Array {
    return Uint8Array.from(this.#index.idAt(slot));
  }

  /** The number of a new key, never announced; undefined if there is no room. */
  enter(key: Uint8Array): number | undefined {
    const slot = this.#index.insert(key);
    if (slot === undefined) return undefined;
    this.#widen(slot + 1);
    this.#isUsed[slot] = 1;
    this.state[slot] = 0;
    this.prefix[slot] = prefix32(key);
    this.reach[slot] = 2 ** 32 - 1;
    this.holders[slot] = 0;
    this.announcedAt[slot] = -Infinity;
    return slot;
  }

  remove(key: Uint8Array): void {
    const slot = this.#index.remove(key);
    if (slot === undefined) return;
    this.set(slot, KEY_ALONE, false);
    this.#isUsed[slot] = 0;
  }

  has(slot: number, bit: number): boolean {
    return ((this.state[slot] ?? 0) & bit) !== 0;
  }

  set(slot: number, bit: number, isOn: boolean): void {
    const state = this.state[slot] ?? 0;
    if (bit === KEY_ALONE && this.has(slot, bit) !== isOn) this.#aloneCount += isOn ? 1 : -1;
    this.state[slot] = isOn ? state | bit : state & ~bit;
  }

  isDue(slot: number, now: Instant): boolean {
    return this.#isUsed[slot] === 1 && !this.has(slot, KEY_RUNNING) &&
      (this.due[slot] ?? 0) <= now;
  }

  /** One more than the greatest number ever used; isUsed() tells which of them are. */
  get slots(): number {
    return this.#index.slots;
  }

  isUsed(slot: number): boolean {
    return this.#isUsed[slot] === 1;
  }

  /** Whether a node is near enough to a key to hold its record, and came after it was announced. */
  lacks(slot: number, nodePrefix: number, since: Instant): boolean {
    if (since <= (this.announcedAt[slot] ?? 0)) return false;
    const reach = this.reach[slot] ?? 0;
    const distance = (nodePrefix ^ (this.prefix[slot] ?? 0)) >>> 0;
    return distance < reach || reach === 2 ** 32 - 1;
  }

  /** At most `max` of the keys that suit, those nearest to `first`, which suits too. All keys are
   * counted by the bits that they share with it, and then those gathered that share enough: two
   * plain passes over a million keys are some ms, a list of all that suit were many more. */
  nearest(first: number, max: number, suits: (slot: number) => boolean): number[] {
    const { prefix, slots } = this;
    const ownPrefix = prefix[first] ?? 0;
    const counts = new Uint32Array(33);
    for (let slot = 0; slot < slots; slot++) {
      if (slot === first || !suits(slot)) continue;
      const shared = Math.clz32((prefix[slot] ?? 0) ^ ownPrefix);
      counts[shared] = (counts[shared] ?? 0) + 1;
    }
    let sharedMin = 32;
    for (let enough = max - 1; sharedMin > 0; sharedMin--) {
      enough -= counts[sharedMin] ?? 0;
      if (enough <= 0) break;
    }
    const groups: number[][] = Array.from({ length: 33 }, () => []);
    for (let slot = 0; slot < slots; slot++) {
      const shared = Math.clz32((prefix[slot] ?? 0) ^ ownPrefix);
      const group = groups[shared];
      if (shared < sharedMin || group === undefined || group.length >= max) continue;
      if (slot !== first && suits(slot)) group.push(slot);
    }
    return [first, ...groups.reverse().flat()].slice(0, max);
  }

  #widen(slots: number): void {
    this.prefix = widened(this.prefix, slots);
    this.reach = widened(this.reach, slots);
    this.due = widened(this.due, slots);
    this.announcedAt = widened(this.announcedAt, slots);
    this.holders = widened(this.holders, slots);
    this.state = widened(this.state, slots);
    this.#isUsed = widened(this.#isUsed, slots);
  }
}
