import { Metrics, type MetricsSample } from "../../../src/node/metrics.ts";
import { expect, test } from "../../support/harness.ts";

const SAMPLE: MetricsSample = {
  peers: 3,
  routingTableContacts: 4,
  storeChunks: 5,
  storeBytes: 6,
  storeQuotaBytes: 7,
  unkeptObjects: 19,
  sentBytes: 8,
  receivedBytes: 9,
  servedBytes: 10,
  refusedFetches: 11,
  uploadHeldBytes: 65_536,
  overduePeers: 3,
  chunkFetches: 12,
  objectFetches: 13,
  rejectedSlices: 14,
  sha1Collisions: 27,
  lookups: 15,
  announceKeys: 16,
  announcePending: 17,
  hostedChunks: 41,
  hostedBytes: 42,
  hostingEarnedCb: 43,
  placementsShort: 44,
  placedKeys: 31,
  fetchedToSell: 45,
  notHadToSell: 46,
  guardedBytes: 32,
  offeredKeys: 33,
  copiesGivenBytes: 34,
  copiesTakenBytes: 35,
  uptimeSeconds: 18,
  drops: { auth_failed: 19 },
  market: {
    soldBytes: 101,
    soldCb: 102,
    boughtBytes: 103,
    boughtCb: 104,
    owedByPeersCb: 105,
    owedToPeersCb: 106,
    freePoolUse: 0.5,
    receiptsSigned: 107,
    receiptsTaken: 108,
    rank: 109,
    rankTries: 110,
    rankRequired: 111,
    refusals: { credit: 112, price: 0, rank: 113 },
    payments: {
      ...{ invoicesOpen: 201, invoicesPaid: 202, invoicesToPay: 203, invoicesMade: 204 },
      ...{ credited: 205, creditedCb: 206, creditedUnits: 207, creditedSeconds: 208 },
      ...{ driverAsks: 209, driverErrors: 210, driverSeconds: 211, refusals: { busy: 212 } },
    },
  },
};

test("every value of the sample is exposed once, read anew at each scrape", async () => {
  let sample = SAMPLE;
  const metrics = new Metrics(() => sample);
  const text = await metrics.text();
  const values = [...Array(16).keys()].map((i) => i + 3).concat(
    [...Array(11).keys()].flatMap((i) => [i + 101, i + 201]),
  );
  for (const value of values) {
    expect(text).toMatch(new RegExp(`^skerry_[a-z_]+ ${value}$`, "m"));
  }
  expect(text).toContain("skerry_free_pool_use_ratio 0.5");
  expect(text).toContain('skerry_sale_refusals_total{reason="rank"} 113');
  expect(text).toContain('skerry_payment_refusals_total{reason="busy"} 212');
  expect(text).toContain('skerry_drops_total{reason="auth_failed"} 19');
  expect(text).toMatch(/^skerry_placements_short 44$/m);
  expect(text).toMatch(/^skerry_hosting_earned_cb_total 43$/m);
  sample = { ...SAMPLE, sentBytes: 1_000 };
  const again = await metrics.text();
  expect(again).toContain("skerry_udp_sent_bytes_total 1000");
  expect(again).toContain('skerry_drops_total{reason="auth_failed"} 19');
  for (const line of again.split("\n").filter((row) => row.startsWith("# HELP"))) {
    expect(line.split(" ").length).toBeGreaterThan(4);
  }
});
