import fc from "fast-check";
import { LastView } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("law: it is what subarray() is, whatever was asked before", () => {
  const buffers = [new Uint8Array(40).map((_, i) => i), new Uint8Array(40).fill(9)];
  const asked = fc.tuple(fc.nat(1), fc.nat(40), fc.nat(40));
  fc.assert(fc.property(fc.array(asked), (all) => {
    const view = new LastView();
    for (const [which, a, b] of all) {
      const bytes = buffers[which] as Uint8Array;
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const got = view.of(bytes, from, to), wanted = bytes.subarray(from, to);
      expect(got).toEqual(wanted);
      expect([got.byteOffset, got.buffer === wanted.buffer]).toEqual([wanted.byteOffset, true]);
    }
  }));
});

test("the same place of the same bytes is the same view, which sees what is written there", () => {
  const bytes = new Uint8Array(8);
  const view = new LastView();
  const first = view.of(bytes, 2, 5);
  bytes[2] = 7;
  expect(view.of(bytes, 2, 5)).toBe(first);
  expect(first[0]).toBe(7);
});
