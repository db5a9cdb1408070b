import fc from "fast-check";
import {
  readI64,
  readU16,
  readU24,
  readU32,
  readU48,
  readU64,
  writeI64,
  writeU16,
  writeU24,
  writeU32,
  writeU48,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("integers are big-endian", () => {
  const out = new Uint8Array(8);
  writeU48(0x0102_0304_0506, out, 1);
  expect([...out]).toEqual([0, 1, 2, 3, 4, 5, 6, 0]);
  expect(readU16(out, 1)).toBe(0x0102);
  expect(readU24(out, 1)).toBe(0x01_0203);
  expect(readU32(out, 1)).toBe(0x0102_0304);
  expect(readU48(out, 1)).toBe(0x0102_0304_0506);
});

test("every width gives back what was written, up to its largest value", () => {
  const out = new Uint8Array(10);
  const widths = [
    { bits: 16, write: writeU16, read: readU16 },
    { bits: 24, write: writeU24, read: readU24 },
    { bits: 32, write: writeU32, read: readU32 },
    { bits: 48, write: writeU48, read: readU48 },
  ];
  for (const { bits, write, read } of widths) {
    const max = 2 ** bits - 1;
    const check = (value: number) => {
      write(value, out, 1);
      expect(read(out, 1)).toBe(value);
    };
    [0, 1, max - 1, max].forEach(check);
    fc.assert(fc.property(fc.integer({ min: 0, max }), check), { numRuns: 50 });
  }
});

test("unsigned 64-bit integers keep all their bits, at any place", () => {
  const out = new Uint8Array(12);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat({ max: 4 }), (value, at) => {
      new DataView(out.buffer).setBigUint64(at, value);
      expect(readU64(out, at)).toBe(value);
    }),
  );
});

test("signed 64-bit integers keep their sign", () => {
  const out = new Uint8Array(8);
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
    writeI64(value, out, 0);
    expect(readI64(out, 0)).toBe(value);
  }));
  writeI64(-1n, out, 0);
  expect([...out]).toEqual(new Array(8).fill(255));
});
