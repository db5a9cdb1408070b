import { Metrics, type MetricsSample } from "../../../src/node/metrics.ts";
import { expect, test } from "../../support/harness.ts";

const SAMPLE: MetricsSample = {
  peers: 3,
  routingTableContacts: 4,
  storeChunks: 5,
  storeBytes: 6,
  storeQuotaBytes: 7,
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
  uptimeSeconds: 18,
  drops: { auth_failed: 19 },
};

test("every value of the sample is exposed once, read anew at each scrape", async () => {
  let sample = SAMPLE;
  const metrics = new Metrics(() => sample);
  const text = await metrics.text();
  for (let value = 3; value <= 18; value++) {
    expect(text).toMatch(new RegExp(`^skerry_[a-z_]+ ${value}$`, "m"));
  }
  expect(text).toContain('skerry_drops_total{reason="auth_failed"} 19');
  sample = { ...SAMPLE, sentBytes: 1_000 };
  const again = await metrics.text();
  expect(again).toContain("skerry_udp_sent_bytes_total 1000");
  expect(again).toContain('skerry_drops_total{reason="auth_failed"} 19');
  for (const line of again.split("\n").filter((row) => row.startsWith("# HELP"))) {
    expect(line.split(" ").length).toBeGreaterThan(4);
  }
});
