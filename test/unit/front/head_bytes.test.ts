import fc from "fast-check";
import { headEnd, headText } from "../../../src/front/head_bytes.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a head ends behind its first empty line, wherever the search goes on from", () => {
  const parts = fc.array(fc.constantFrom("\r\n", "\r", "\n", "a", "\r\n\r\n"), { maxLength: 12 });
  fc.assert(fc.property(parts, fc.nat(30), fc.nat(30), (some, from, max) => {
    const text = some.join("");
    const found = text.indexOf("\r\n\r\n", from);
    const end = found < 0 || found + 4 > max ? undefined : found + 4;
    expect(headEnd(utf8(text), from, max)).toBe(end);
  }));
});

test("ASCII comes out as it is, and nothing else comes out as ASCII alone", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const text = headText(bytes);
    const isAscii = bytes.every((byte) => byte < 128);
    expect(text === String.fromCharCode(...bytes)).toBe(isAscii);
    expect([...text].some((one) => (one.codePointAt(0) ?? 0) > 127)).toBe(!isAscii);
  }));
  expect(headText(new Uint8Array([0xef, 0xbb, 0xbf, 65]))).toBe("\ufeffA"); // no mark is dropped
});
