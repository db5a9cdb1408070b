import { type Instant, TokenBucket, TokenBuckets } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("a token bucket never holds more than its burst, and a standing clock earns none", () => {
  const bucket = new TokenBucket(10, 2, at(0));
  expect([1, 2, 3].map(() => bucket.take(at(0)))).toEqual([true, true, false]);
  expect([1, 2].map(() => bucket.take(at(100)))).toEqual([true, false]);
  expect([1, 2, 3].map(() => bucket.take(at(99_999)))).toEqual([true, true, false]);
});

test("each key has a bucket of its own; the one idle longest gives way", () => {
  const buckets = new TokenBuckets(1, 1, 2);
  expect(["a", "a", "b", "b"].map((key) => buckets.take(key, at(0))))
    .toEqual([true, false, true, false]);
  expect(buckets.take("a", at(500))).toBe(false); // used last now, so "b" gives way
  expect(buckets.take("c", at(500))).toBe(true);
  expect(buckets.take("a", at(500))).toBe(false);
  expect(buckets.take("b", at(500))).toBe(true);
});
