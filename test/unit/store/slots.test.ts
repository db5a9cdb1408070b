import fc from "fast-check";
import { SEGMENT_SLOTS, SLOT_BYTES, type SlotAddress } from "../../../src/ports/mod.ts";
import { slotDiskBytes, Slots } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";

const MIB = SLOT_BYTES;
const at = (segment: number, slot: number): SlotAddress => ({ segment, slot });

/** Takes a slot and stores in it. */
function stored(slots: Slots, length = MIB): SlotAddress {
  const taken = slots.take(length);
  slots.settle(taken);
  return taken;
}

function flush(slots: Slots, succeeded = true): void {
  slots.beginFlush();
  slots.endFlush(succeeded);
}

test("slots are handed out lowest first, the next segment when one is full", () => {
  const slots = new Slots();
  for (let n = 0; n < SEGMENT_SLOTS; n++) expect(stored(slots, 1)).toEqual(at(0, n));
  expect(stored(slots, 1)).toEqual(at(1, 0));
  slots.retire(at(0, 77));
  flush(slots);
  slots.freed(slots.takeFreeable(9), true);
  expect(slots.take(1)).toEqual(at(0, 77));
  expect(slots.take(1)).toEqual(at(1, 1));
});

test("a slot is not handed out again before its deletion is durable", () => {
  const slots = new Slots();
  const first = stored(slots);
  slots.retire(first);
  expect(slots.takeFreeable(9)).toEqual([]);
  slots.beginFlush();
  const second = stored(slots);
  slots.retire(second); // committed after the flush began: not covered by it
  expect(slots.takeFreeable(9)).toEqual([]);
  slots.endFlush(true);
  expect(slots.takeFreeable(9)).toEqual([first]);
  expect(slots.take(MIB)).toEqual(at(0, 2)); // being freed is not free
  slots.freed([first], true);
  expect(slots.take(MIB)).toEqual(first);
  expect(slots.hasRetired).toBe(true);
});

test("a flush that failed makes nothing durable, the next one does", () => {
  const slots = new Slots();
  const taken = stored(slots);
  slots.retire(taken);
  flush(slots, false);
  expect(slots.takeFreeable(9)).toEqual([]);
  expect(slots.hasRetired).toBe(true);
  flush(slots);
  expect(slots.takeFreeable(9)).toEqual([taken]);
});

test("a slot that never had a row needs no flush", () => {
  const slots = new Slots();
  const taken = slots.take(MIB);
  slots.retire(taken, false);
  expect(slots.hasRetired).toBe(false);
  expect(slots.takeFreeable(9)).toEqual([taken]);
});

test("a slot is not handed out again while a reader holds it", () => {
  const slots = new Slots();
  const taken = stored(slots);
  slots.lease(taken);
  slots.lease(taken);
  slots.retire(taken);
  flush(slots);
  expect(slots.takeFreeable(9)).toEqual([]);
  expect(slots.release(taken)).toBe(false);
  expect(slots.takeFreeable(9)).toEqual([]);
  expect(slots.release(taken)).toBe(true); // now there is something to do
  expect(slots.takeFreeable(9)).toEqual([taken]);
  expect(() => slots.release(taken)).toThrow();
});

test("blocks are counted whole, until they are given back", () => {
  const slots = new Slots();
  const taken = stored(slots, 4097);
  expect(slots.allocatedBytes).toBe(8192);
  slots.retire(taken);
  expect([slots.allocatedBytes, slots.retiredBytes]).toEqual([8192, 8192]);
  flush(slots);
  slots.freed(slots.takeFreeable(1), true);
  expect([slots.allocatedBytes, slots.retiredBytes]).toEqual([0, 0]);
});

test("a slot that kept its blocks costs only what is beyond them", () => {
  const slots = new Slots();
  slots.retire(stored(slots, 8192));
  flush(slots);
  slots.freed(slots.takeFreeable(1), false);
  expect([slots.allocatedBytes, slots.retiredBytes]).toEqual([8192, 0]);
  expect([slots.costOf(100), slots.costOf(8192), slots.costOf(12_000)]).toEqual([0, 0, 4096]);
  stored(slots, 100);
  expect(slots.allocatedBytes).toBe(8192);
});

test("at a start, rows claim the slots that files hold, each once", () => {
  const slots = new Slots();
  slots.addSegment({ segment: 3, slots: SEGMENT_SLOTS, allocatedBytes: MIB });
  expect(slots.claim(at(3, 5), MIB)).toBe(true);
  expect(slots.claim(at(3, 5), MIB)).toBe(false);
  expect(slots.claim(at(2, 5), MIB)).toBe(false);
  expect(slots.claim(at(3, SEGMENT_SLOTS), MIB)).toBe(false);
  expect(slots.claim(at(3, 6), MIB + 1)).toBe(false);
  expect(slots.claim(at(3, 6), 0)).toBe(false);
  expect(slots.take(1)).toEqual(at(0, 0)); // a missing segment is made anew
});

test("at a start, blocks that no row accounts for are found", () => {
  const slots = new Slots();
  slots.addSegment({ segment: 0, slots: SEGMENT_SLOTS, allocatedBytes: MIB + 8192 });
  slots.addSegment({ segment: 1, slots: SEGMENT_SLOTS, allocatedBytes: 3 * MIB });
  slots.claim(at(0, 0), MIB);
  slots.claim(at(1, 1), MIB);
  const strays = slots.strays();
  expect(strays.length).toBe(SEGMENT_SLOTS - 1);
  expect(strays[0]).toEqual(at(1, 0));
  slots.assumeAllocated(strays, 2 * MIB + 1);
  expect(slots.allocatedBytes).toBe(4 * MIB + 4096);
});

test("law: no two users of a slot, and the counts are what a list would count", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("take"), length: fc.integer({ min: 1, max: MIB }) }),
    fc.record({ kind: fc.constantFrom("retire", "lease", "release"), pick: fc.nat() }),
    fc.record({ kind: fc.constantFrom("begin", "end", "fail", "free", "keep") }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const slots = new Slots();
    const used = new Map<string, { at: SlotAddress; length: number }>();
    const kept = new Map<string, number>(); // bytes on disk, by slot
    const leased: SlotAddress[] = [];
    const waiting = new Map<string, "new" | "flushing" | "durable">();
    let isFlushing = false;
    const key = (slot: SlotAddress) => `${slot.segment}/${slot.slot}`;
    for (const step of steps) {
      const pick = <T>(items: T[]): T | undefined =>
        "pick" in step ? items[step.pick % Math.max(1, items.length)] : undefined;
      if ("length" in step) {
        const taken = stored(slots, step.length);
        expect(used.has(key(taken)) || waiting.has(key(taken))).toBe(false);
        expect(leased.some((lease) => key(lease) === key(taken))).toBe(false);
        used.set(key(taken), { at: taken, length: step.length });
        kept.set(key(taken), Math.max(kept.get(key(taken)) ?? 0, slotDiskBytes(step.length)));
      } else if (step.kind === "retire") {
        const victim = pick([...used.values()]);
        if (victim === undefined) continue;
        slots.retire(victim.at);
        used.delete(key(victim.at));
        waiting.set(key(victim.at), "new");
      } else if (step.kind === "lease") {
        const read = pick([...used.values()]);
        if (read === undefined) continue;
        slots.lease(read.at);
        leased.push(read.at);
      } else if (step.kind === "release") {
        const lease = pick(leased);
        if (lease === undefined) continue;
        slots.release(lease);
        leased.splice(leased.indexOf(lease), 1);
      } else if (step.kind === "begin" && !isFlushing) {
        isFlushing = true;
        slots.beginFlush();
        for (const [slot, state] of waiting) if (state === "new") waiting.set(slot, "flushing");
      } else if ((step.kind === "end" || step.kind === "fail") && isFlushing) {
        isFlushing = false;
        slots.endFlush(step.kind === "end");
        const next = step.kind === "end" ? "durable" : "new";
        for (const [slot, state] of waiting) if (state === "flushing") waiting.set(slot, next);
      } else if (step.kind === "free" || step.kind === "keep") {
        const freeable = slots.takeFreeable(3);
        for (const slot of freeable) {
          expect(waiting.get(key(slot))).toBe("durable");
          expect(leased.some((lease) => key(lease) === key(slot))).toBe(false);
          waiting.delete(key(slot));
          if (step.kind === "free") kept.delete(key(slot));
        }
        slots.freed(freeable, step.kind === "free");
      }
      const sum = (keys: Iterable<string>) =>
        [...keys].reduce((bytes, slot) => bytes + (kept.get(slot) ?? 0), 0);
      expect(slots.allocatedBytes).toBe(sum(kept.keys()));
      expect(slots.retiredBytes).toBe(sum(waiting.keys()));
    }
  }));
});
