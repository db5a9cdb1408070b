import { DEFAULT_OPTIONS } from "../../../src/gateway/mod.ts";
import { HttpMetrics } from "../../../src/gateway/http_metrics.ts";
import { ReadyAnswers } from "../../../src/gateway/ready_answers.ts";
import { RequestLimits } from "../../../src/gateway/request_limits.ts";
import { WorkerDesk } from "../../../src/gateway/worker_desk.ts";
import { expect, test } from "../../support/harness.ts";

function setUp() {
  const limits = new RequestLimits({ ...DEFAULT_OPTIONS, concurrentPerClientMax: 2 }, () => {
    throw new Error("nothing is bought");
  });
  const metrics = new HttpMetrics();
  return {
    limits,
    metrics,
    desk: new WorkerDesk(
      new ReadyAnswers(DEFAULT_OPTIONS),
      limits,
      metrics,
      () => Promise.resolve(),
    ),
  };
}

test("answers of workers count in a client's limit, and it is told when it is full", () => {
  const { limits, desk } = setUp();
  const told: [string | undefined, boolean][] = [];
  desk.watch(() => {}, (client, isFull) => void told.push([client, isFull]));
  const leaves = [desk.begin("192.0.2.1"), desk.begin("192.0.2.1")];
  expect(limits.enter("192.0.2.1", undefined)).toBeUndefined();
  expect(limits.enter("192.0.2.2", undefined)).toBeDefined();
  leaves[0]?.();
  leaves[0]?.(); // once
  expect(limits.underWay).toBe(2);
  expect(told).toEqual([["192.0.2.1", true], ["192.0.2.1", false]]);
});

test("what workers tell of their answers adds up with the rest", () => {
  const { metrics, desk } = setUp();
  metrics.observe("file", 200, 0);
  metrics.sent(5);
  desk.note({
    answers: [{ route: "file", status: 200, count: 3, firstByteMs: 30 }],
    sentBytes: 7,
  });
  const text = metrics.text(0, []);
  expect(text).toContain('skerry_http_requests_total{route="file",status="200"} 4');
  expect(text).toContain("skerry_http_sent_bytes_total 12");
  expect(text).toContain("skerry_http_first_byte_seconds_count 4");
  expect(text).toContain('skerry_http_first_byte_seconds_bucket{le="0.005"} 1');
  expect(text).toContain('skerry_http_first_byte_seconds_bucket{le="0.01"} 4');
});

test("a change of rules is passed on", () => {
  const { desk } = setUp();
  desk.forget(); // nobody to tell yet
  let forgotten = 0;
  desk.watch(() => void forgotten++, () => {});
  desk.forget();
  expect(forgotten).toBe(1);
});
