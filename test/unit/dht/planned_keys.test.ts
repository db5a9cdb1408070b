import fc from "fast-check";
import { KEY_RUNNING, KEY_URGENT, PlannedKeys } from "../../../src/dht/planned_keys.ts";
import { commonPrefixLength, SeededRandom } from "../../../src/lib/mod.ts";
import { at, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { anyBytes } from "../../support/wire_arbitraries.ts";

const fresh = (capacity = 1000) => new PlannedKeys(capacity, new SeededRandom(1));

test("a key enters as never announced; a freed number begins anew", () => {
  const keys = fresh(1);
  const slot = keys.enter(idFrom("01")) ?? -1;
  expect([keys.holders[slot], keys.announcedAt[slot], keys.reach[slot], keys.prefix[slot]])
    .toEqual([0, -Infinity, 2 ** 32 - 1, 0x01000000]);
  keys.holders[slot] = 9;
  keys.set(slot, KEY_URGENT, true);
  expect(keys.enter(idFrom("02"))).toBeUndefined();
  keys.remove(idFrom("01"));
  expect([keys.isUsed(slot), keys.size]).toEqual([false, 0]);
  expect(keys.enter(idFrom("02"))).toBe(slot);
  expect([keys.holders[slot], keys.has(slot, KEY_URGENT)]).toEqual([0, false]);
  expect(keys.key(slot)).toEqual(idFrom("02"));
});

test("state bits are set and cleared one by one", () => {
  const keys = fresh();
  const slot = keys.enter(idFrom("01")) ?? -1;
  keys.set(slot, KEY_RUNNING, true);
  keys.set(slot, KEY_URGENT, true);
  keys.set(slot, KEY_RUNNING, false);
  expect([keys.has(slot, KEY_RUNNING), keys.has(slot, KEY_URGENT)]).toEqual([false, true]);
});

test("a key is due at its time, unless it runs or is gone", () => {
  const keys = fresh();
  const slot = keys.enter(idFrom("01")) ?? -1;
  keys.due[slot] = 100;
  expect([keys.isDue(slot, at(99)), keys.isDue(slot, at(100))]).toEqual([false, true]);
  keys.set(slot, KEY_RUNNING, true);
  expect(keys.isDue(slot, at(100))).toBe(false);
  keys.set(slot, KEY_RUNNING, false);
  keys.remove(idFrom("01"));
  expect(keys.isDue(slot, at(100))).toBe(false);
});

test("a node is lacking that is nearer than the reach and came later than the announce", () => {
  const keys = fresh();
  const slot = keys.enter(idFrom("01")) ?? -1;
  expect(keys.lacks(slot, 0xffffffff, at(0))).toBe(true); // never announced
  keys.announcedAt[slot] = 50;
  keys.reach[slot] = 0x10;
  expect(keys.lacks(slot, 0x01000005, at(50))).toBe(false);
  expect(keys.lacks(slot, 0x01000005, at(51))).toBe(true);
  expect(keys.lacks(slot, 0x01000010, at(51))).toBe(false);
  keys.reach[slot] = 2 ** 32 - 1; // fewer than k nodes: everybody is near enough
  expect(keys.lacks(slot, 0xfeffffff, at(51))).toBe(true);
});

test("law: nearest() takes the keys that share most bits with the first", () => {
  const anyKeys = fc.array(anyBytes(20), { minLength: 1, maxLength: 60 });
  fc.assert(fc.property(anyKeys, fc.integer({ min: 1, max: 20 }), (list, max) => {
    const keys = fresh();
    const slots = [...new Set(list.map((key) => keys.enter(key) ?? -1))];
    const [first = -1] = slots;
    const suits = (slot: number) => slot === first || slot % 3 !== 0;
    const chosen = keys.nearest(first, max, suits);
    const shared = (slot: number) =>
      Math.min(commonPrefixLength(keys.key(slot), keys.key(first)), 32);
    const left = slots.filter((slot) => suits(slot) && !chosen.includes(slot));
    expect(chosen[0]).toBe(first);
    expect(new Set(chosen).size).toBe(chosen.length);
    expect(chosen.every(suits)).toBe(true);
    expect(chosen.length).toBe(Math.min(max, chosen.length + left.length));
    const least = Math.min(...chosen.map(shared));
    for (const slot of left) expect(shared(slot)).toBeLessThanOrEqual(least);
  }));
});
