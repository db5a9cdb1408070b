import { HttpMetrics, routeName } from "../../../src/gateway/http_metrics.ts";
import { expect, test } from "../../support/harness.ts";

test("requests are counted by route and status, their times in buckets", () => {
  const metrics = new HttpMetrics();
  metrics.observe("file", 200, 7);
  metrics.observe("file", 200, 300);
  metrics.observe("chunk", 404, 90_000);
  metrics.sent(65_536);
  metrics.sent(1);
  const text = metrics.text(4, [["alice", 7]]);
  expect(text).toContain('skerry_http_client_sent_bytes_total{client="alice"} 7\n');
  expect(text).toContain("skerry_http_sent_bytes_total 65537\n");
  expect(text).toContain('skerry_http_requests_total{route="file",status="200"} 2\n');
  expect(text).toContain('_bucket{le="0.005"} 0\n');
  expect(text).toContain('_bucket{le="0.01"} 1\n');
  expect(text).toContain('_bucket{le="0.5"} 2\n');
  expect(text).toContain('_bucket{le="30"} 2\n');
  expect(text).toContain('_bucket{le="+Inf"} 3\n');
  expect(text).toContain("skerry_http_requests_under_way 4\n");
});

test("no stranger can add a series", () => {
  expect(routeName("/file/x")).toBe("file");
  expect(routeName("/")).toBe("home");
  for (const path of ["/x", "/filed/x", "/%22", "/FILE/x", "//"]) {
    expect(routeName(path)).toBe("other");
  }
});
