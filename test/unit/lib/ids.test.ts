import {
  asChunkId,
  asNodeId,
  asPublicKey,
  asStrongId,
  formatMetaId,
  parseChunkId,
  parseKey32,
  parseMetaId,
  toBase32,
} from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("ids are refused at any other length", () => {
  for (const brand of [asChunkId, asNodeId]) {
    expect(brand(new Uint8Array(20)).length).toBe(20);
    expect(() => brand(new Uint8Array(19))).toThrow("20 bytes, not 19");
  }
  for (const brand of [asPublicKey, asStrongId]) {
    expect(() => brand(new Uint8Array(20))).toThrow(RangeError);
  }
});

test("parseMetaId() tells a plain id from a strong one", () => {
  const plain = "00112233445566778899aabbccddeeff00112233";
  const strong = toBase32(new Uint8Array(32).fill(7));
  expect(parseMetaId(plain.toUpperCase())?.kind).toBe("plain");
  expect(parseMetaId(strong)?.kind).toBe("strong");
  for (const text of [plain, strong]) {
    const meta = parseMetaId(text);
    expect(meta === undefined ? "" : formatMetaId(meta)).toBe(text);
  }
  expect(parseMetaId(plain.slice(1))).toBeUndefined();
  expect(parseChunkId(`${plain.slice(0, 39)}g`)).toBeUndefined();
  expect(parseKey32(`${strong.slice(0, 51)}b`)).toBeUndefined();
});
