import fc from "fast-check";
import { fromHex } from "../../../src/lib/mod.ts";
import {
  readVarint,
  VARINT_MAX,
  varintBytes,
  varintBytesAt,
  writeVarint,
} from "../../../src/wire/mod.ts";
import { written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("the examples of RFC 9000, Appendix A.1", () => {
  const read = (hex: string) => {
    const bytes = fromHex(hex) ?? new Uint8Array();
    return readVarint(bytes, 0, bytes.length);
  };
  expect(read("9d7f3e7d")).toBe(494_878_333);
  expect(read("7bbd")).toBe(15_293);
  expect(read("25")).toBe(37);
  expect(read("4025")).toBe(37);
  // the 8-byte example is above 2^53: no field of ours holds it
  expect(read("c2197c5eff14e88c")).toBeUndefined();
});

test("a varint is read back, says its own length and is refused when cut", () => {
  const check = (value: number) => {
    const bytes = written((out, at) => writeVarint(value, out, at));
    expect(bytes.length).toBe(varintBytes(value));
    expect(varintBytesAt(bytes[0] ?? 0)).toBe(bytes.length);
    expect(readVarint(bytes, 0, bytes.length)).toBe(value);
    for (let cut = 0; cut < bytes.length; cut++) expect(readVarint(bytes, 0, cut)).toBeUndefined();
  };
  for (const edge of [2 ** 6, 2 ** 14, 2 ** 30, 2 ** 32, 2 ** 48]) [edge - 1, edge].forEach(check);
  [0, VARINT_MAX].forEach(check);
  fc.assert(fc.property(fc.maxSafeNat(), check));
});
