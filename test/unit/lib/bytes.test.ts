import fc from "fast-check";
import {
  compareBytes,
  concatBytes,
  equalBytes,
  equalSecrets,
  fromBase32,
  fromHex,
  fromUtf8,
  requireRoom,
  toBase32,
  toBase64,
  toHex,
  utf8,
  viewOf,
} from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const anyBytes = fc.uint8Array({ maxLength: 64 });

describe("bytes", () => {
  test("law: hex and base32 round-trip, in either case", () => {
    fc.assert(fc.property(anyBytes, (bytes) => {
      expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      expect(fromBase32(toBase32(bytes))).toEqual(bytes);
      expect(fromBase32(toBase32(bytes).toUpperCase())).toEqual(bytes);
    }));
  });

  test("encoding a Buffer leaves its bytes alone", () => {
    const buffer = Buffer.from("skerry");
    toHex(buffer);
    toBase32(buffer);
    expect(buffer.toString()).toBe("skerry");
  });

  test("base32 is RFC 4648, lower case, unpadded", () => {
    expect(toBase32(utf8("foobar"))).toBe("mzxw6ytboi");
    expect(toBase32(utf8("f"))).toBe("my");
  });

  test("base64 is RFC 4648, padded", () => {
    expect([utf8("f"), utf8("fo"), utf8("foo")].map(toBase64)).toEqual(["Zg==", "Zm8=", "Zm9v"]);
    expect(toBase64(Uint8Array.of(251, 255))).toBe("+/8=");
  });

  test("each value has one base32 spelling: stray low bits are refused", () => {
    const text = toBase32(new Uint8Array(32).fill(255));
    expect(text).toMatch(/[aq]$/);
    expect(fromBase32(`${text.slice(0, -1)}b`)).toBeUndefined();
    for (const wrong of ["a", "abc", "abcdef", "m0xw6ytboi", "my======"]) {
      expect(fromBase32(wrong)).toBeUndefined();
    }
  });

  test("fromHex() refuses odd lengths and other characters", () => {
    for (const wrong of ["a", "0g", "0x00", " 00"]) expect(fromHex(wrong)).toBeUndefined();
  });

  test("law: compareBytes is the order of the hex texts", () => {
    fc.assert(fc.property(anyBytes, anyBytes, (a, b) => {
      const byText = toHex(a) < toHex(b) ? -1 : toHex(a) > toHex(b) ? 1 : 0;
      expect(Math.sign(compareBytes(a, b))).toBe(byText);
      expect(equalBytes(a, b)).toBe(byText === 0);
      expect(equalSecrets(a, b)).toBe(byText === 0);
    }));
  });

  test("requireRoom() lets a place inside pass and throws for every other", () => {
    const bytes = new Uint8Array(10);
    for (const [at, length] of [[0, 0], [0, 10], [10, 0], [3, 7]] as const) {
      requireRoom(bytes, at, length);
    }
    for (const [at, length] of [[0, 11], [11, 0], [-1, 1], [5, -1], [NaN, 1]] as const) {
      expect(() => requireRoom(bytes, at, length)).toThrow(RangeError);
    }
  });

  test("concatBytes, viewOf and UTF-8", () => {
    expect(concatBytes(utf8("ab"), utf8(""), utf8("c"))).toEqual(utf8("abc"));
    expect(viewOf(Uint8Array.of(0, 1, 2).subarray(1)).getUint16(0)).toBe(0x0102);
    expect(fromUtf8(utf8("ą\u{1f30a}"))).toBe("ą\u{1f30a}");
    expect(fromUtf8(Uint8Array.of(0xc0, 0x80))).toBeUndefined();
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
  });
});
