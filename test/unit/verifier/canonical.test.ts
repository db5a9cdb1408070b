import fc from "fast-check";
import { readCanonical } from "../../../src/verifier/canonical.ts";
import { type CanonicalValue, encodeCanonical } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const leaf = fc.oneof(
  fc.maxSafeNat(),
  fc.string({ unit: "grapheme", maxLength: 300 }).filter((text) => text.isWellFormed()),
  fc.uint8Array({ maxLength: 300 }),
);
const value: fc.Arbitrary<CanonicalValue> = fc.array(
  fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.array(leaf, { maxLength: 20 })), { maxLength: 20 })),
  { maxLength: 20 },
);

test("law: what the node writes is read as it was meant", () => {
  fc.assert(fc.property(value, (one) => {
    const read: unknown = readCanonical(encodeCanonical(one));
    expect(read).toEqual(one);
  }));
});

test("law: any other bytes end in a value or a RangeError or TypeError, soon", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    try {
      readCanonical(bytes);
    } catch (error) {
      expect(error instanceof RangeError || error instanceof TypeError).toBe(true);
    }
  }));
  expect(() => readCanonical(new Uint8Array(10_000).fill(0x91))).toThrow(RangeError);
  expect(() => readCanonical(Uint8Array.of(0xdd, 255, 255, 255, 255))).toThrow(RangeError);
  expect(() => readCanonical(Uint8Array.of(0xc6, 255, 255, 255, 255, 1))).toThrow(RangeError);
  expect(() => readCanonical(Uint8Array.of(1, 2))).toThrow("bytes behind");
});
