import { fromHex, toHex } from "../../../src/lib/mod.ts";
import {
  type CanonicalValue,
  decodeCanonical,
  drop,
  encodeCanonical,
} from "../../../src/wire/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const LIMITS = { bytesMax: 2 ** 20, depthMax: 4, valuesMax: 1_000 };
const NOT_CANONICAL = drop("not_canonical");

function decodeHex(text: string) {
  return decodeCanonical(fromHex(text.replaceAll(" ", "")) ?? new Uint8Array(), LIMITS);
}

describe("canonical", () => {
  test("writes each integer in its shortest form, at every border", () => {
    const spellings: [number | bigint, string][] = [
      [0, "00"],
      [127, "7f"],
      [128, "cc80"],
      [255, "ccff"],
      [256, "cd0100"],
      [65_535, "cdffff"],
      [65_536, "ce00010000"],
      [2 ** 32 - 1, "ceffffffff"],
      [2 ** 32, "cf0000000100000000"],
      [2 ** 53 - 1, "cf001fffffffffffff"],
      [2n ** 53n, "cf0020000000000000"],
      [2n ** 64n - 1n, "cfffffffffffffffff"],
    ];
    for (const [value, hex] of spellings) {
      expect(toHex(encodeCanonical(value))).toBe(hex);
      expect(decodeHex(hex)).toBe(value as never);
    }
  });

  test("writes lengths of bin, str and array in their shortest form, at every border", () => {
    const heads: [CanonicalValue, string][] = [
      [new Uint8Array(0), "c400"],
      [new Uint8Array(255), "c4ff"],
      [new Uint8Array(256), "c50100"],
      [new Uint8Array(65_536), "c600010000"],
      ["", "a0"],
      ["a".repeat(31), "bf"],
      ["a".repeat(32), "d920"],
      ["a".repeat(256), "da0100"],
      ["a".repeat(65_536), "db00010000"],
      [[], "90"],
      [new Array(15).fill(1), "9f"],
      [new Array(16).fill(1), "dc0010"],
      [new Array(65_536).fill(1), "dd00010000"],
    ];
    for (const [value, head] of heads) {
      const bytes = encodeCanonical(value);
      expect(toHex(bytes.subarray(0, head.length / 2))).toBe(head);
      expect(decodeCanonical(bytes, { ...LIMITS, valuesMax: 100_000 })).toEqual(value as never);
    }
  });

  test("refuses every form that has a shorter one", () => {
    const longForms = [
      "cc7f", // 127 in two bytes
      "cd00ff",
      "ce0000ffff",
      "cf00000000ffffffff",
      "c50001aa",
      "c60000000100",
      "d90161",
      "da000161",
      "db0000000161",
      "dc000101",
      "dd0000000101",
      `dd0000000f${"01".repeat(15)}`,
    ];
    for (const hex of longForms) expect(decodeHex(hex)).toBe(NOT_CANONICAL);
  });

  test("refuses nil, bool, floats, negatives, maps, ext and unused formats", () => {
    const operand = "0000000000000000000000";
    const formats = ["80", "81", "c0", "c1", "c2", "c3", "c7", "c8", "c9", "ca", "cb", "d0", "d1"];
    formats.push("d2", "d3", "d4", "d5", "d6", "d7", "d8", "de", "df", "e0", "ff");
    for (const format of formats) {
      expect(decodeHex(format)).toBe(NOT_CANONICAL);
      for (let bytes = 1; bytes <= operand.length / 2; bytes++) {
        expect(decodeHex(format + operand.slice(0, 2 * bytes))).toBe(NOT_CANONICAL);
      }
    }
  });

  test("refuses trailing bytes, nothing at all, and text that is not UTF-8", () => {
    for (const hex of ["", "0000", "9000", "a1ff", "a2c080", "a3eda080", "a4f4908080"]) {
      expect(decodeHex(hex)).toBe(NOT_CANONICAL);
    }
  });

  test("announced lengths beyond the bytes there are allocate nothing", () => {
    for (const hex of ["c6ffffffff", "dbffffffff", "ddffffffff", "92ddffffffff", "dcffff00"]) {
      expect(decodeHex(hex)).toBe(NOT_CANONICAL);
    }
  });

  test("keeps to the bounds on bytes, depth and values", () => {
    expect(decodeHex("91919100")).toEqual([[[0]]]);
    expect(decodeHex("9191919100")).toEqual([[[[0]]]]);
    expect(decodeHex("919191919100")).toBe(NOT_CANONICAL);
    const many = encodeCanonical(new Array<number>(999).fill(0));
    expect(decodeCanonical(many, LIMITS)).toHaveLength(999);
    expect(decodeCanonical(encodeCanonical(new Array<number>(1_000).fill(0)), LIMITS))
      .toBe(NOT_CANONICAL);
    expect(decodeCanonical(many, { ...LIMITS, bytesMax: many.length - 1 })).toBe(drop("too_large"));
    expect(decodeCanonical(new Uint8Array(60_000).fill(0x91), { ...LIMITS, valuesMax: 1e6 }))
      .toBe(NOT_CANONICAL);
  });

  test("byte strings are views into the input", () => {
    const bytes = encodeCanonical([Uint8Array.of(1, 2, 3)]);
    const decoded = decodeCanonical(bytes, LIMITS) as readonly Uint8Array[];
    bytes.fill(9, bytes.length - 3);
    expect(decoded[0]).toEqual(Uint8Array.of(9, 9, 9));
  });

  test("encodeCanonical() throws on values of ours that have no spelling", () => {
    for (const wrong of [-1, 0.5, NaN, Infinity, 2 ** 53, 5n, -1n, 2n ** 64n, "\ud800"]) {
      expect(() => encodeCanonical(wrong)).toThrow(RangeError);
    }
    const knot: CanonicalValue[] = [];
    knot.push(knot);
    expect(() => encodeCanonical(knot)).toThrow(RangeError);
  });
});
