import { randomBytes, SeededRandom } from "../../../src/lib/mod.ts";
import { VoteBook } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

const HOUR_MS = 3_600_000;
const random = new SeededRandom(0x07e5);
const anyId = (): Uint8Array => randomBytes(random, 20);

test("a network counts for one whole read of a chunk an hour, however often it reads", () => {
  const votes = new VoteBook(1);
  const id = anyId();
  let counted = 0;
  for (let i = 0; i < 100; i++) counted += votes.count(id, "4:192.0.2", MIB / 4, MIB, at(i));
  expect(counted).toBe(MIB);
  expect(votes.count(id, "4:198.51.100", MIB, MIB, at(100))).toBe(MIB);
  expect(votes.count(anyId(), "4:192.0.2", MIB, MIB, at(100))).toBe(MIB);
  expect(votes.count(id, "4:192.0.2", MIB, MIB, at(HOUR_MS - 1))).toBe(0);
  expect(votes.count(id, "4:192.0.2", MIB, MIB, at(HOUR_MS))).toBe(MIB);
});

test("bytes count, not questions", () => {
  const votes = new VoteBook(1);
  const id = anyId();
  expect(votes.count(id, "a", 0, MIB, at(0))).toBe(0);
  expect(votes.count(id, "a", 100, MIB, at(0))).toBe(100);
  expect(votes.count(id, "a", MIB, MIB, at(0))).toBe(MIB - 100);
});

test("one network of very many votes leaves room for others", () => {
  const votes = new VoteBook(1);
  let counted = 0;
  for (let i = 0; i < 10_000; i++) counted += votes.count(anyId(), "a", 1, MIB, at(0));
  expect(counted).toBe(4096);
  expect(votes.count(anyId(), "b", 1, MIB, at(0))).toBe(1);
});

test("a full book counts nothing more until the hour is over", () => {
  const votes = new VoteBook(1);
  let counted = 0;
  const asks = 400_000;
  const id = anyId();
  for (let i = 0; i < asks; i++) {
    new DataView(id.buffer).setUint32(0, i);
    counted += votes.count(id, `${i % 1024}`, 1, MIB, at(0));
  }
  expect(counted).toBeGreaterThan(200_000);
  expect(counted).toBeLessThanOrEqual(2 ** 18);
  expect(votes.count(anyId(), "new", 1, MIB, at(HOUR_MS))).toBe(1);
});
