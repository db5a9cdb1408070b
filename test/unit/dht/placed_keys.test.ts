import {
  MARK_COMING,
  MARK_HELD,
  MARK_REFUSED,
  nodeTag,
  PLACED_GUARDED,
  PLACED_OFFERED,
  PlacedKeys,
} from "../../../src/dht/placed_keys.ts";
import { prefix32 } from "../../../src/dht/distance.ts";
import { SeededRandom } from "../../../src/lib/mod.ts";
import { at, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const fresh = (capacity = 1000) => new PlacedKeys(capacity, new SeededRandom(1));

test("a freed number begins anew: nothing is due, nobody has said anything", () => {
  const keys = fresh(1);
  const slot = keys.enter(idFrom("01"), 7) ?? -1;
  keys.setMark(slot, 5, MARK_HELD);
  keys.set(slot, PLACED_GUARDED, true);
  keys.due[slot] = 0;
  expect(keys.enter(idFrom("02"), 7)).toBeUndefined();
  keys.remove(idFrom("01"));
  expect(keys.isDue(slot, at(1))).toBe(false);
  expect(keys.enter(idFrom("02"), 8)).toBe(slot);
  expect([keys.mark(slot, 5), keys.has(slot, PLACED_GUARDED), keys.bytes[slot], keys.due[slot]])
    .toEqual([0, false, 8, Infinity]);
});

test("what is in an offer is not due", () => {
  const keys = fresh();
  const slot = keys.enter(idFrom("01"), 7) ?? -1;
  keys.due[slot] = 5;
  expect([keys.isDue(slot, at(4)), keys.isDue(slot, at(5))]).toEqual([false, true]);
  keys.set(slot, PLACED_OFFERED, true);
  expect(keys.isDue(slot, at(5))).toBe(false);
});

test("the last word of each of sixteen nodes counts; a seventeenth takes the place of one", () => {
  const keys = fresh();
  const slot = keys.enter(idFrom("01"), 7) ?? -1;
  for (let tag = 1; tag <= 16; tag++) keys.setMark(slot, tag, MARK_REFUSED);
  keys.setMark(slot, 3, MARK_HELD);
  keys.setMark(slot, 4, 0);
  expect([keys.mark(slot, 3), keys.mark(slot, 4), keys.mark(slot, 16)])
    .toEqual([MARK_HELD, 0, MARK_REFUSED]);
  keys.setMark(slot, 17, MARK_COMING);
  keys.setMark(slot, 18, MARK_COMING);
  expect([1, 2, 17, 18].map((tag) => keys.mark(slot, tag)))
    .toEqual([0, MARK_REFUSED, MARK_COMING, MARK_COMING]);
});

test("all words of one kind are forgotten at once", () => {
  const keys = fresh();
  const slot = keys.enter(idFrom("01"), 7) ?? -1;
  keys.setMark(slot, 1, MARK_HELD);
  keys.setMark(slot, 2, MARK_REFUSED);
  expect([keys.forgetMark(slot, MARK_REFUSED), keys.forgetMark(slot, MARK_REFUSED)])
    .toEqual([true, false]);
  expect([keys.mark(slot, 1), keys.mark(slot, 2)]).toEqual([MARK_HELD, 0]);
  keys.forgetMarks(slot);
  expect(keys.mark(slot, 1)).toBe(0);
});

test("guarded keys that a node holds are told some at a time, and all in the end", () => {
  const keys = fresh();
  for (let i = 0; i < 5; i++) {
    const slot = keys.enter(idFrom(`0${i}`), 7) ?? -1;
    if (i !== 1) keys.set(slot, PLACED_GUARDED, true);
    if (i !== 3) keys.setMark(slot, 9, MARK_HELD);
  }
  expect(keys.guardedWith(9, 0, 2)).toEqual([0, 2]);
  expect(keys.guardedWith(9, 3, 2)).toEqual([4, 0]);
  expect(keys.guardedWith(9, 5, 9)).toEqual([0, 2, 4]);
  expect(keys.guardedWith(8, 0, 9)).toEqual([]);
});

test("before anything is known any node is within reach", () => {
  const keys = fresh();
  const slot = keys.enter(idFrom("80"), 7) ?? -1;
  expect(keys.isWithinReach(slot, prefix32(idFrom("00")))).toBe(true);
  keys.reach[slot] = 0x01000000;
  expect(["80", "81", "82"].map((id) => keys.isWithinReach(slot, prefix32(idFrom(id)))))
    .toEqual([true, true, false]);
});

test("neighbours, whose ids begin alike, have different tags", () => {
  expect(nodeTag(idFrom("80".padEnd(38, "0") + "07"))).toBe(7);
  expect(nodeTag(idFrom("80".padEnd(32, "0") + "80000000"))).toBe(0x80000000);
});
