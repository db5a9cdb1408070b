import fc from "fast-check";
import {
  decodeReceipt,
  encodeReceipt,
  RECEIPT_BYTES,
  RECEIPT_SIGNED_BYTES,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { anyBytes, anyKey } from "../../support/wire_arbitraries.ts";

const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
const anyFields = fc.record({
  networkId: anyBytes(4),
  serverKey: anyKey,
  clientKey: anyKey,
  epoch: fc.nat(2 ** 32 - 1),
  seq: u64,
  totalBytes: u64,
  totalCb: u64,
  signedAtMs: u64,
});

test("a receipt is 169 bytes: version, network, two keys, epoch, four numbers, signature", () => {
  expect([RECEIPT_BYTES, RECEIPT_SIGNED_BYTES]).toEqual([169, 105]);
  const bytes = encodeReceipt({
    networkId: Uint8Array.of(1, 2, 3, 4),
    serverKey: new Uint8Array(32).fill(0xaa),
    clientKey: new Uint8Array(32).fill(0xbb),
    epoch: 5,
    seq: 6n,
    totalBytes: 7n,
    totalCb: 8n,
    signedAtMs: 9n,
  });
  const number = (value: number, width: number) => value.toString(16).padStart(width, "0");
  expect(bytes.toHex()).toBe(
    "0101020304" + "aa".repeat(32) + "bb".repeat(32) + number(5, 8) +
      [6, 7, 8, 9].map((value) => number(value, 16)).join("") + "00".repeat(64),
  );
});

test("law: fields come back as they were written", () => {
  fc.assert(fc.property(anyFields, (fields) => {
    expect(decodeReceipt(encodeReceipt(fields))).toEqual(fields);
  }));
});

test("another length or version is no receipt; nothing throws", () => {
  const bytes = new Uint8Array(RECEIPT_BYTES);
  expect(decodeReceipt(bytes)).toBeUndefined();
  bytes[0] = 1;
  expect(decodeReceipt(bytes)).toBeDefined();
  for (let length = 0; length < RECEIPT_BYTES; length++) {
    expect(decodeReceipt(bytes.subarray(0, length))).toBeUndefined();
  }
  expect(decodeReceipt(new Uint8Array(RECEIPT_BYTES + 1).fill(1))).toBeUndefined();
});
