import { decodeParents, encodeParents, HOST_PARENT } from "../../../src/records/mod.ts";
import { asPublicKey, toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const publicKey = asPublicKey(new Uint8Array(32).fill(0xaa));
const v4 = { publicKey, address: { ip: "192.0.2.1", port: 4001 }, leaseUntil: 0x01020304 };
const v6 = { publicKey, address: { ip: "2001:db8::1", port: 443 }, leaseUntil: 9 };

test("a parent is key, address of 16 bytes, port and lease", () => {
  expect(HOST_PARENT.bytes).toBe(54);
  expect(toHex(encodeParents([v4]))).toBe(
    `${"aa".repeat(32)}00000000000000000000ffffc00002010fa101020304`,
  );
});

test("1 to 3 parents come back as they went in, in memory of their own", () => {
  for (const parents of [[v4], [v6, v4], [v4, v6, v4]]) {
    const bytes = encodeParents(parents);
    const decoded = decodeParents(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(parents);
  }
});

test("no parent, a fourth and a cut one are refused", () => {
  const bytes = encodeParents([v4, v4, v4, v4]);
  for (const length of [0, 53, 55, 107, 216]) {
    expect(decodeParents(bytes.subarray(0, length))).toBeUndefined();
  }
});
