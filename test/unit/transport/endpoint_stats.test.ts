import { EndpointStats } from "../../../src/transport/endpoint_stats.ts";
import { expect, test } from "../../support/harness.ts";

test("counters come out by name, drops by reason", () => {
  const stats = new EndpointStats();
  stats.sent(3000, 3);
  stats.drop("replayed");
  stats.drop("replayed");
  const record = stats.record();
  expect([record["sent_datagrams"], record["sent_bytes"]]).toEqual([3, 3000]);
  expect(record["dropped_replayed"]).toBe(2);
  expect(record["dropped_stale"]).toBeUndefined();
});
