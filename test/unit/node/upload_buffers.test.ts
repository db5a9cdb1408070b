import fc from "fast-check";
import { HELD_SLICES_MAX, UploadBuffers } from "../../../src/node/upload_buffers.ts";
import { describe, expect, test } from "../../support/harness.ts";

const SLICE = 65_536;

/** Takes runs until there is no room. @returns them. */
function fill(buffers: UploadBuffers, peer: number): { bytes: Uint8Array; slices: number }[] {
  const runs = [];
  for (let room = buffers.roomFor(peer); room > 0; room = buffers.roomFor(peer)) {
    const slices = Math.min(4, room);
    runs.push({ bytes: buffers.take(peer, slices, slices * SLICE), slices });
  }
  return runs;
}

describe("UploadBuffers", () => {
  test("one peer has half of all, and of several each the same share, whoever comes first", () => {
    const buffers = new UploadBuffers();
    const held: number[] = [];
    for (const peer of [1, 2, 3]) {
      held.push(fill(buffers, peer).reduce((sum, { slices }) => sum + slices, 0));
    }
    expect(held).toEqual([512, 256, 128]);
    for (let round = 0; round < 12; round++) { // all take what they can and give back half of it
      for (const peer of [1, 2, 3]) {
        const runs = fill(buffers, peer);
        for (const { bytes, slices } of runs.slice(runs.length / 2)) {
          for (let i = 0; i < slices; i++) buffers.give(bytes);
        }
      }
    }
    expect(buffers.heldSlices).toBeLessThanOrEqual(HELD_SLICES_MAX);
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
    for (let i = 0; i < slices; i++) buffers.give(bytes);
    expect([buffers.takeWaiting(), buffers.takeWaiting()]).toEqual([5_000, undefined]);
    expect(buffers.roomFor(5_000)).toBe(slices);
  });

  test("a run's memory is used again once each of its slices came back, and not before", () => {
    const buffers = new UploadBuffers();
    const run = buffers.take(1, 4, 4 * SLICE - 100);
    expect(run.length).toBe(4 * SLICE - 100);
    for (let i = 0; i < 3; i++) {
      expect(buffers.give(run.subarray(i * SLICE, (i + 1) * SLICE))).toBeUndefined();
    }
    expect(buffers.take(1, 4, 4 * SLICE).buffer === run.buffer).toBe(false);
    expect(buffers.give(run.subarray(3 * SLICE))).toBe(1);
    expect(buffers.take(2, 4, 4 * SLICE).buffer === run.buffer).toBe(true);
    expect(() => buffers.give(new Uint8Array(4))).toThrow();
  });

  test("what is held is what was taken and not given back, and never more than the bound", () => {
    const step = fc.tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 4 }), fc.boolean());
    fc.assert(fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const buffers = new UploadBuffers();
      const open: { bytes: Uint8Array; slices: number }[] = [];
      for (const [peer, wanted, gives] of steps) {
        const slices = Math.min(wanted, buffers.roomFor(peer));
        if (slices > 0) open.push({ bytes: buffers.take(peer, slices, slices), slices });
        const run = gives ? open.shift() : undefined;
        for (let i = 0; i < (run?.slices ?? 0); i++) buffers.give(run?.bytes ?? new Uint8Array());
        const sum = open.reduce((total, each) => total + each.slices, 0);
        expect(buffers.heldSlices).toBe(sum);
        expect(sum).toBeLessThanOrEqual(HELD_SLICES_MAX);
      }
    }));
  });
});
