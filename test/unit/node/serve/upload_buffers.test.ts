import fc from "fast-check";
import { HELD_SLICES_MAX, UploadBuffers } from "../../../../src/node/serve/upload_buffers.ts";
import type { Instant } from "../../../../src/lib/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const SLICE = 65_536;
const NOW = 0 as Instant;

/** Takes runs until there is no room. @returns them. */
function fill(buffers: UploadBuffers, peer: number): { bytes: Uint8Array; slices: number }[] {
  const runs = [];
  for (let room = buffers.roomFor(peer); room > 0; room = buffers.roomFor(peer)) {
    const slices = Math.min(4, room);
    runs.push({ bytes: buffers.take(peer, slices, slices * SLICE, NOW), slices });
  }
  return runs;
}

describe("UploadBuffers", () => {
  test("one peer has half, the next half of the rest; as they give back, shares even out", () => {
    const buffers = new UploadBuffers();
    const runsOf = new Map([1, 2, 3].map((peer) => [peer, fill(buffers, peer)]));
    const held = (peer: number): number =>
      (runsOf.get(peer) ?? []).reduce((sum, { slices }) => sum + slices, 0);
    expect([held(1), held(2), held(3)]).toEqual([512, 256, 128]);
    for (let round = 0; round < 400; round++) { // each gives its oldest run back and fills up
      for (const [peer, runs] of runsOf) {
        const oldest = runs.shift();
        for (let i = 0; i < (oldest?.slices ?? 0); i++) {
          buffers.give(oldest?.bytes ?? new Uint8Array(), NOW);
        }
        runs.push(...fill(buffers, peer));
      }
    }
    const shares = [held(1), held(2), held(3)];
    expect(Math.min(...shares)).toBeGreaterThan(0.8 * HELD_SLICES_MAX / 4);
    expect(Math.max(...shares)).toBeLessThan(1.2 * HELD_SLICES_MAX / 4);
  });

  test("whoever keeps a run far longer than usual is named, but only while others wait", () => {
    const at = (seconds: number) => 1_000 * seconds as Instant;
    const buffers = new UploadBuffers();
    const first = fill(buffers, 1).slice(0, 1);
    let peer = 2;
    while (buffers.heldSlices < HELD_SLICES_MAX) fill(buffers, peer++);
    expect([buffers.overdueAt, buffers.overdue(at(99))]).toEqual([undefined, undefined]);
    expect(buffers.roomFor(5_000)).toBe(0);
    expect([buffers.overdueAt, buffers.overdue(at(29))]).toEqual([at(30), undefined]);
    expect(buffers.overdue(at(30))).toBe(1);
    for (const { bytes, slices } of first) {
      for (let i = 0; i < slices; i++) buffers.give(bytes, at(31));
    }
    expect([buffers.overdueAt, buffers.takeWaiting()]).toEqual([undefined, 5_000]);
  });

  test("where everything takes long, as behind a full uplink, nobody is overdue soon", () => {
    const at = (seconds: number) => 1_000 * seconds as Instant;
    const buffers = new UploadBuffers();
    for (let i = 0; i < 100; i++) { // each run is out for 50 s
      buffers.give(buffers.take(1, 1, SLICE, at(0)), at(50));
    }
    for (let peer = 2; buffers.heldSlices < HELD_SLICES_MAX; peer++) fill(buffers, peer);
    buffers.roomFor(5_000);
    expect(buffers.overdue(at(190))).toBeUndefined();
    expect(buffers.overdue(at(201))).toBe(2);
  });

  test("who holds nothing and found nothing left is named when there is something", () => {
    const buffers = new UploadBuffers();
    const runs = [];
    for (let peer = 0; buffers.heldSlices < HELD_SLICES_MAX; peer++) {
      runs.push(...fill(buffers, peer));
    }
    expect([buffers.roomFor(5_000), buffers.roomFor(5_001), buffers.roomFor(0)]).toEqual([0, 0, 0]);
    buffers.forget(5_001);
    expect(buffers.takeWaiting()).toBeUndefined();
    const { bytes, slices } = runs.at(-1) ?? { bytes: new Uint8Array(), slices: 0 };
    for (let i = 0; i < slices; i++) buffers.give(bytes, NOW);
    expect([buffers.takeWaiting(), buffers.takeWaiting()]).toEqual([5_000, undefined]);
    expect(buffers.roomFor(5_000)).toBe(slices);
  });

  for (const slices of [1, 2, 3, 4]) {
    test(`the memory of ${slices} is used again once each slice came back, not before`, () => {
      const buffers = new UploadBuffers();
      const run = buffers.take(1, slices, slices * SLICE - 100, NOW);
      expect(run.length).toBe(slices * SLICE - 100);
      for (let i = 0; i < slices - 1; i++) {
        expect(buffers.give(run.subarray(i * SLICE, (i + 1) * SLICE), NOW)).toBeUndefined();
      }
      expect(buffers.take(1, slices, slices * SLICE, NOW).buffer === run.buffer).toBe(false);
      expect(buffers.give(run.subarray((slices - 1) * SLICE), NOW)).toBe(1);
      expect(buffers.take(2, slices, slices * SLICE, NOW).buffer === run.buffer).toBe(true);
      expect(() => buffers.give(new Uint8Array(4), NOW)).toThrow();
    });
  }

  test("what is held is what was taken and not given back, and never more than the bound", () => {
    const step = fc.tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 4 }), fc.boolean());
    fc.assert(fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const buffers = new UploadBuffers();
      const open: { bytes: Uint8Array; slices: number }[] = [];
      for (const [peer, wanted, gives] of steps) {
        const slices = Math.min(wanted, buffers.roomFor(peer));
        if (slices > 0) open.push({ bytes: buffers.take(peer, slices, slices, NOW), slices });
        const run = gives ? open.shift() : undefined;
        for (let i = 0; i < (run?.slices ?? 0); i++) {
          buffers.give(run?.bytes ?? new Uint8Array(), NOW);
        }
        const sum = open.reduce((total, each) => total + each.slices, 0);
        expect(buffers.heldSlices).toBe(sum);
        expect(sum).toBeLessThanOrEqual(HELD_SLICES_MAX);
      }
    }));
  });
});
