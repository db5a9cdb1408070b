import fc from "fast-check";
import { Packr } from "msgpackr/pack";
import { AssertionError } from "../../../src/lib/mod.ts";
import { packValues, unpackValues, type WireValue } from "../../../src/wire/message_values.ts";
import { expect, test } from "../../support/harness.ts";

const edges = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1];
const value = fc.oneof(
  fc.constantFrom<WireValue>(...edges),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.uint8Array({ maxLength: 300 }),
);
const values = fc.array(value, { maxLength: 15 });

test("what is packed is what any MessagePack packs, and unpacks to the same", () => {
  const other = new Packr({ useRecords: false });
  fc.assert(fc.property(values, (given) => {
    const bytes = packValues(given);
    expect(bytes).toEqual(new Uint8Array(other.pack(given)));
    expect(unpackValues(bytes)).toEqual(given);
  }));
});

test("what is cut, longer, or anything else is left to others, and never read beyond", () => {
  const bytes = packValues([5, 300, 70_000, new Uint8Array(20), new Uint8Array(256), 1]);
  for (let end = 0; end < bytes.length; end++) {
    expect(unpackValues(bytes.subarray(0, end))).toBeUndefined();
  }
  expect(unpackValues(Uint8Array.of(...bytes, 0))).toBeUndefined();
  // a map, nil, a text, a negative number, an array within, a long array
  const others = [[0x80], [0x91, 0xc0], [0x91, 0xa1, 65], [0x91, 0xff], [0x91, 0x90], [0xdc, 0, 0]];
  for (const other of others) expect(unpackValues(Uint8Array.from(other))).toBeUndefined();
});

test("byte strings are copies", () => {
  const packed = packValues([Uint8Array.of(1, 2)]);
  for (const bytes of [packed, Buffer.from(packed)]) {
    const [copy] = unpackValues(bytes) ?? [];
    bytes.fill(9);
    expect(copy).toEqual(Uint8Array.of(1, 2));
  }
});

test("more values than a short array holds are our own bug", () => {
  expect(() => packValues(Array(16).fill(0))).toThrow(AssertionError);
});
