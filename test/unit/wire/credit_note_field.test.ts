import fc from "fast-check";
import {
  CREDIT_NOTE_BYTES,
  CREDIT_NOTE_SIGNED_BYTES,
  decodeCreditNote,
  encodeCreditNote,
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
  cb: u64,
  totalCb: u64,
  invoice: anyBytes(16),
  signedAtMs: u64,
});

test("a credit note is 185 bytes: as a receipt, with two sums and the invoice", () => {
  expect([CREDIT_NOTE_BYTES, CREDIT_NOTE_SIGNED_BYTES]).toEqual([185, 121]);
  const bytes = encodeCreditNote({
    networkId: Uint8Array.of(1, 2, 3, 4),
    serverKey: new Uint8Array(32).fill(0xaa),
    clientKey: new Uint8Array(32).fill(0xbb),
    epoch: 5,
    seq: 6n,
    cb: 7n,
    totalCb: 8n,
    invoice: new Uint8Array(16).fill(0xcc),
    signedAtMs: 9n,
  });
  const number = (value: number, width: number) => value.toString(16).padStart(width, "0");
  expect(bytes.toHex()).toBe(
    "0101020304" + "aa".repeat(32) + "bb".repeat(32) + number(5, 8) +
      [6, 7, 8].map((value) => number(value, 16)).join("") + "cc".repeat(16) + number(9, 16) +
      "00".repeat(64),
  );
});

test("law: fields come back as they were written", () => {
  fc.assert(fc.property(anyFields, (fields) => {
    expect(decodeCreditNote(encodeCreditNote(fields))).toEqual(fields);
  }));
});

test("another length or version is no credit note; nothing throws", () => {
  const bytes = new Uint8Array(CREDIT_NOTE_BYTES);
  expect(decodeCreditNote(bytes)).toBeUndefined();
  bytes[0] = 1;
  expect(decodeCreditNote(bytes)).toBeDefined();
  for (let length = 0; length < CREDIT_NOTE_BYTES; length++) {
    expect(decodeCreditNote(bytes.subarray(0, length))).toBeUndefined();
  }
  expect(decodeCreditNote(new Uint8Array(CREDIT_NOTE_BYTES + 1).fill(1))).toBeUndefined();
});
