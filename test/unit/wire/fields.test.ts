import * as z from "zod";
import { bin, fieldNote, id20, ids, maybeU64, u16, u32, u8 } from "../../../src/wire/fields.ts";
import { expect, test } from "../../support/harness.ts";

test("unsigned pieces take whole numbers of their width and nothing else", () => {
  const cases: readonly [z.ZodType, number][] = [[u8, 255], [u16, 65_535], [u32, 4_294_967_295]];
  for (const [piece, max] of cases) {
    for (const good of [0, 1, max]) expect(piece.safeParse(good).success).toBe(true);
    for (const bad of [-1, max + 1, 0.5, NaN, Infinity, 1n, "1", null, undefined, [1], true]) {
      expect(piece.safeParse(bad).success).toBe(false);
    }
  }
});

test("bin() bounds its length and takes bytes only", () => {
  const piece = bin(2, 3);
  expect([1, 2, 3, 4].map((n) => piece.safeParse(new Uint8Array(n)).success))
    .toEqual([false, true, true, false]);
  expect(piece.safeParse([1, 2]).success).toBe(false);
  expect(id20.safeParse(new Uint8Array(20)).success).toBe(true);
  expect(id20.safeParse(new Uint8Array(21)).success).toBe(false);
});

test("ids() is one bin of n × 20, within its bounds", () => {
  const piece = ids(1, 3);
  const two = Uint8Array.from({ length: 40 }, (_, i) => i);
  const list = z.decode(piece, two);
  expect(list).toEqual([two.slice(0, 20), two.slice(20)]);
  expect(z.encode(piece, list)).toEqual(two);
  for (const length of [0, 19, 21, 80]) {
    expect(piece.safeParse(new Uint8Array(length)).success).toBe(false);
  }
});

test("maybeU64 is eight bytes, or none for none", () => {
  for (const value of [0n, 1n, 2n ** 53n, 2n ** 64n - 1n]) {
    const bytes = z.encode(maybeU64, value);
    expect(bytes).toHaveLength(8);
    expect(z.decode(maybeU64, bytes)).toBe(value);
  }
  expect(z.encode(maybeU64, undefined)).toEqual(new Uint8Array());
  expect(maybeU64.safeParse(new Uint8Array())).toEqual({ success: true, data: undefined });
  for (const length of [1, 7, 9]) {
    expect(maybeU64.safeParse(new Uint8Array(length)).success).toBe(false);
  }
  expect(maybeU64.safeParse(7n as never).success).toBe(false);
});

test("a piece carries its note, other schemas carry none", () => {
  expect(fieldNote(u32)).toEqual({ field: "uint", min: 0, max: 2 ** 32 - 1, wire: "u32" });
  expect(fieldNote(id20)?.wire).toBe("bin 20");
  expect(fieldNote(ids(1, 48))?.wire).toBe("bin n × 20, n = 1 … 48");
  expect(fieldNote(z.string())).toBeUndefined();
});
