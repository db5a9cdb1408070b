import fc from "fast-check";
import { ClientQuota } from "../../../src/gateway/client_quota.ts";
import { expect, test } from "../../support/harness.ts";

const DAY = 86_400_000;
const NOON = 20_000 * DAY + DAY / 2;

test("what was sent counts until midnight UTC, what came back does not", () => {
  const quota = new ClientQuota("alice", 100);
  expect(quota.reserve(60, NOON)).toBe(true);
  expect([quota.reserve(41, NOON), quota.leftBytes(NOON)]).toEqual([false, 40]);
  quota.settle(60, 10, NOON);
  expect([quota.leftBytes(NOON), quota.sent]).toEqual([90, 10]);
  expect(ClientQuota.resetMs(NOON)).toBe(20_001 * DAY);
  expect(quota.leftBytes(20_001 * DAY - 1)).toBe(90);
  expect(quota.leftBytes(20_001 * DAY)).toBe(100);
  expect(quota.sent).toBe(10); // since the start
});

test("an answer over midnight counts for the day that it ends in", () => {
  const quota = new ClientQuota("alice", 100);
  quota.reserve(70, NOON);
  expect(quota.leftBytes(NOON + DAY)).toBe(30);
  quota.settle(70, 70, NOON + DAY);
  expect(quota.leftBytes(NOON + DAY)).toBe(30);
});

test("another quota counts with what was sent already", () => {
  const quota = new ClientQuota("alice", 100);
  quota.reserve(70, NOON);
  quota.settle(70, 70, NOON);
  quota.bytesPerDay = 50;
  expect([quota.leftBytes(NOON), quota.reserve(1, NOON)]).toEqual([0, false]);
  expect(quota.reserve(0, NOON)).toBe(true);
});

test("law: in no order of answers is more sent in a day than the quota", () => {
  const answers = fc.array(fc.tuple(fc.nat(50), fc.nat(50), fc.boolean()), { maxLength: 40 });
  fc.assert(fc.property(answers, (asked) => {
    const quota = new ClientQuota("alice", 100);
    const open: [number, number][] = [];
    for (const [bytes, part, isEndingFirst] of asked) {
      const ended = isEndingFirst ? open.shift() : undefined;
      if (ended !== undefined) quota.settle(ended[0], ended[1], NOON);
      if (quota.reserve(bytes, NOON)) open.push([bytes, Math.min(part, bytes)]);
    }
    for (const [reserved, sent] of open) quota.settle(reserved, sent, NOON);
    expect(quota.sent).toBeLessThanOrEqual(100);
    expect(quota.leftBytes(NOON)).toBe(100 - quota.sent);
  }));
});
