import {
  BAD,
  bin,
  type Field,
  id20,
  ids,
  maybeU64,
  u16,
  u32,
  u64,
  u8,
} from "../../../src/wire/fields.ts";
import { AssertionError } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("unsigned fields take whole numbers of their width and nothing else", () => {
  const cases: readonly [Field<number>, number][] = [[u8, 255], [u16, 65_535], [
    u32,
    4_294_967_295,
  ]];
  for (const [field, max] of cases) {
    for (const good of [0, 1, max]) {
      expect(field.decode(good)).toBe(good);
      expect(field.encode(good)).toBe(good);
    }
    for (const bad of [-1, max + 1, 0.5, NaN, Infinity, 1n, "1", null, undefined, [1], true]) {
      expect(field.decode(bad)).toBe(BAD);
      expect(() => field.encode(bad as number)).toThrow(AssertionError);
    }
  }
});

test("bin() bounds its length and takes bytes only", () => {
  const field = bin(2, 3);
  const isTaken = (length: number) => field.decode(new Uint8Array(length)) !== BAD;
  expect([1, 2, 3, 4].map(isTaken)).toEqual([false, true, true, false]);
  expect(field.decode([1, 2])).toBe(BAD);
  expect(() => field.encode(new Uint8Array(4))).toThrow(AssertionError);
  expect(id20.decode(new Uint8Array(20))).toEqual(new Uint8Array(20));
  expect(id20.decode(new Uint8Array(21))).toBe(BAD);
});

test("ids() is one bin of n × 20, within its bounds", () => {
  const field = ids(1, 3);
  const two = Uint8Array.from({ length: 40 }, (_, i) => i);
  const list = field.decode(two);
  expect(list).toEqual([two.slice(0, 20), two.slice(20)]);
  expect(field.encode(list as Uint8Array[])).toEqual(two);
  for (const length of [0, 19, 21, 80]) expect(field.decode(new Uint8Array(length))).toBe(BAD);
  expect(field.decode("two")).toBe(BAD);
  for (const count of [0, 4]) {
    expect(() => field.encode(Array.from({ length: count }, () => new Uint8Array(20)))).toThrow();
  }
});

test("maybeU64 is eight bytes, or none for none", () => {
  for (const value of [0n, 1n, 2n ** 53n, 2n ** 64n - 1n]) {
    const bytes = maybeU64.encode(value);
    expect(bytes).toHaveLength(8);
    expect(maybeU64.decode(bytes)).toBe(value);
  }
  expect(maybeU64.encode(undefined)).toEqual(new Uint8Array());
  expect(maybeU64.decode(new Uint8Array())).toBeUndefined();
  for (const length of [1, 7, 9]) expect(maybeU64.decode(new Uint8Array(length))).toBe(BAD);
  expect(maybeU64.decode(7n)).toBe(BAD);
});

test("a field carries its note", () => {
  expect(u32.note).toEqual({ field: "uint", min: 0, max: 2 ** 32 - 1, wire: "u32" });
  expect(id20.note.wire).toBe("bin 20");
  expect(ids(1, 48).note.wire).toBe("bin n × 20, n = 1 … 48");
});

test("a u64 is eight bytes, whatever it is", () => {
  for (const value of [0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
    const wire = u64.encode(value);
    expect((wire as Uint8Array).length).toBe(8);
    expect(u64.decode(wire)).toBe(value);
  }
  for (const bad of [7, "7", new Uint8Array(), new Uint8Array(7), new Uint8Array(9)]) {
    expect(u64.decode(bad)).toBe(BAD);
  }
  for (const bad of [-1n, 2n ** 64n]) expect(() => u64.encode(bad)).toThrow(AssertionError);
});
