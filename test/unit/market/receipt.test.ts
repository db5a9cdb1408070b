import fc from "fast-check";
import { networkId } from "../../../src/identity/mod.ts";
import { encodeQuestion, parseQuestion } from "../../../src/market/receipt.ts";
import { AMOUNT_MAX, isSigned, parseReceipt, signReceipt } from "../../../src/market/mod.ts";
import { encodeReceipt, RECEIPT_BYTES } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { keyOf, NETWORK_ID } from "../../support/market_parts.ts";

const [client, server] = [keyOf(1), keyOf(2)];
const statement = {
  serverKey: server.publicKey,
  epoch: 1_767_225_600,
  seq: 7n,
  total: { bytes: 1_048_576n, cb: 5_243_904n },
  signedAtMs: 1_767_225_600_123n,
};
const receipt = signReceipt(client, NETWORK_ID, statement);

test("a receipt comes back as it was signed", () => {
  const parsed = parseReceipt(receipt.bytes, NETWORK_ID);
  expect(parsed).toEqual(receipt);
  expect(parsed !== undefined && isSigned(parsed, NETWORK_ID)).toBe(true);
  expect(receipt.bytes.length).toBe(RECEIPT_BYTES);
});

test("law: one flipped bit anywhere is no receipt of this client", () => {
  fc.assert(
    fc.property(fc.nat(8 * RECEIPT_BYTES - 1), (bit) => {
      const bytes = receipt.bytes.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const parsed = parseReceipt(bytes, NETWORK_ID);
      expect(parsed !== undefined && isSigned(parsed, NETWORK_ID)).toBe(false);
    }),
    { numRuns: 60 },
  );
});

test("law: a question comes back as it was asked, and is no receipt; nothing else is one", () => {
  const { serverKey, epoch } = statement;
  const asked = { serverKey, clientKey: client.publicKey, epoch };
  const question = encodeQuestion(NETWORK_ID, asked);
  expect(parseQuestion(question, NETWORK_ID)).toEqual(asked);
  expect(parseReceipt(question, NETWORK_ID)).toBeUndefined();
  expect(parseQuestion(question, networkId("main"))).toBeUndefined();
  expect(parseQuestion(receipt.bytes, NETWORK_ID)).toBeUndefined();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    expect(parseQuestion(bytes, NETWORK_ID)).toBeUndefined();
  }));
});

test("a receipt counts on its own network only", () => {
  expect(parseReceipt(receipt.bytes, networkId("main"))).toBeUndefined();
});

test("law: any other bytes are no receipt, and nothing throws", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    expect(parseReceipt(bytes, NETWORK_ID)).toBeUndefined();
  }));
});

test("number 0, and totals and times that cannot be told, are refused", () => {
  const fields = {
    networkId: NETWORK_ID,
    serverKey: server.publicKey,
    clientKey: client.publicKey,
    epoch: 1,
    seq: 1n,
    totalBytes: AMOUNT_MAX,
    totalCb: AMOUNT_MAX,
    signedAtMs: 0n,
  };
  expect(parseReceipt(encodeReceipt(fields), NETWORK_ID)).toBeDefined();
  const late = { signedAtMs: 8_640_000_000_000_001n };
  const many = [{ totalBytes: AMOUNT_MAX + 1n }, { totalCb: 2n ** 64n - 1n }];
  for (const wrong of [{ seq: 0n }, late, ...many]) {
    expect(parseReceipt(encodeReceipt({ ...fields, ...wrong }), NETWORK_ID)).toBeUndefined();
  }
});
