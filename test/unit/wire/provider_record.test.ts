import fc from "fast-check";
import { asPublicKey } from "../../../src/lib/mod.ts";
import {
  decodeEndpoint,
  decodeProviders,
  encodeEndpoint,
  encodeProviders,
  isDrop,
  providerBytes,
  type ProviderRecord,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { anyAddress, anyProvider } from "../../support/wire_arbitraries.ts";

const byKey: ProviderRecord = {
  publicKey: asPublicKey(new Uint8Array(32).fill(0xbb)),
  address: undefined,
  flags: 1,
  factor: 9,
  expiresAt: 0x01020304,
};
const byAddress = { ...byKey, address: { ip: "192.0.2.7", port: 443 } };
const byAddress6 = { ...byKey, address: { ip: "2001:db8::7", port: 443 } };

test("a record is 39, 45 or 57 bytes: kind, address, key, flags, factor, expiry", () => {
  expect([byKey, byAddress, byAddress6].map(providerBytes)).toEqual([39, 45, 57]);
  const bytes = encodeProviders([byAddress]);
  expect([...bytes.subarray(0, 7)]).toEqual([4, 192, 0, 2, 7, 1, 187]);
  expect(bytes.subarray(7, 39)).toEqual(byKey.publicKey);
  expect([...bytes.subarray(39)]).toEqual([1, 9, 1, 2, 3, 4]);
  expect([...encodeProviders([byKey]).subarray(0, 2)]).toEqual([1, 0xbb]);
});

test("an unknown kind, a cut record and a 25th record are dropped", () => {
  const bytes = encodeProviders([byKey, byAddress6]);
  for (let length = 1; length < bytes.length; length++) {
    expect(isDrop(decodeProviders(bytes.subarray(0, length)))).toBe(length !== 39);
  }
  for (const kind of [0, 2, 3, 5, 7, 255]) {
    bytes[0] = kind;
    expect(decodeProviders(bytes)).toEqual({ drop: "bad_message" });
  }
  expect(decodeProviders(encodeProviders(Array(24).fill(byKey)))).toHaveLength(24);
  expect(decodeProviders(encodeProviders(Array(25).fill(byKey)))).toEqual({ drop: "limit" });
  expect(decodeProviders(new Uint8Array(5000))).toEqual({ drop: "limit" });
});

test("law: decode(encode(x)) = x, and random bytes never throw", () => {
  fc.assert(fc.property(fc.array(anyProvider, { maxLength: 24 }), (records) => {
    expect(decodeProviders(encodeProviders(records))).toEqual(records);
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
    const records = decodeProviders(bytes);
    if (!isDrop(records)) expect(records.length).toBeLessThanOrEqual(24);
  }));
});

test("law: an endpoint is 6 or 18 bytes and comes back as it was", () => {
  fc.assert(fc.property(anyAddress, (address) => {
    expect(decodeEndpoint(encodeEndpoint(address))).toEqual(address);
  }));
  for (const length of [0, 1, 5, 7, 17, 19]) {
    expect(decodeEndpoint(new Uint8Array(length))).toBeUndefined();
  }
});
