import { dhtConfig } from "../../../src/dht/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("main and dev differ in what is counted by address and by rank, and in nothing else", () => {
  const main = dhtConfig(false);
  const dev = dhtConfig(true);
  expect(dev).toEqual({
    ...main,
    table: { ...main.table, allowsPrivateAddresses: true },
    records: { ...main.records, allowsPrivateAddresses: true, perIdentity: 262_144 },
    signedRecords: { ...main.signedRecords, allowsPrivateAddresses: true },
  });
  expect([main.table.allowsPrivateAddresses, main.records.perIdentity]).toEqual([false, 4096]);
});

test("the numbers that the protocol fixes", () => {
  const { k, lookup, requests, table, records, signedRecords } = dhtConfig(false);
  expect([k, lookup.width, lookup.alpha, lookup.alphaMax, lookup.hopsMax, lookup.checksMax])
    .toEqual([16, 16, 4, 8, 24, 32]);
  expect([requests.timeoutUnknownMs, requests.timeoutMinMs, requests.timeoutMaxMs])
    .toEqual([750, 150, 1500]);
  expect([requests.inFlightMax, lookup.inFlightMax]).toEqual([512, 64]);
  expect(table.firstBuckets).toEqual([128, 64, 32, 16]);
  expect([records.perKeyMax, records.perIpMax, records.perPrefixMax, records.recordsMax])
    .toEqual([64, 4, 8, 500_000]);
  expect([signedRecords.perOwnerMax, signedRecords.perKindMax]).toEqual([64, 20_000]);
  expect(signedRecords.ttlSeconds).toEqual({ mutable: 7200, immutable: 86_400, host: 1800 });
});
