import { dhtConfig } from "../../../src/dht/mod.ts";
import { ProviderArchive } from "../../../src/dht/provider_archive.ts";
import { at, contextFor, keyFrom, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const HOUR = 3_600_000;
/** A core whose clock starts at 0 when it is `unixMs` by the wall. */
function fresh(unixMs: number, recordsMax = dhtConfig(false).records.recordsMax) {
  const config = dhtConfig(false);
  const context = contextFor({ ...config, records: { ...config.records, recordsMax } });
  context.wallOffsetMs = unixMs;
  return { records: context.records, archive: new ProviderArchive(context) };
}
const keyOf = (number: number) => keyFrom(number).subarray(0, 20);
const announcer = (number: number) => ({
  publicKey: keyFrom(number),
  sessionAddress: peerFrom(number).address,
  isListedByAddress: true,
  rank: 0,
});
const put = ({ records }: ReturnType<typeof fresh>, key: number, from: number, ttl = 7_200) =>
  records.store(keyOf(key), announcer(from), { ttl, flags: 1, factor: 3 }, at(0));

test("a later run answers as the one before, by the wall's time", () => {
  const before = fresh(1_000_000);
  for (let key = 0; key < 5_000; key++) put(before, key, key % 7);
  put(before, 3, 99);
  expect(before.archive.parts).toBe(2);
  const parts = [0, 1].map((part) => before.archive.part(part, at(0)));
  const later = fresh(1_000_000 + HOUR);
  expect(parts.map((part) => later.archive.restore(part, at(0)))).toEqual([4_096, 905]);
  const { records, count } = later.records.sample(keyOf(3), 24, 0, at(0));
  expect(count).toBe(2);
  const told = { address: peerFrom(99).address, flags: 1, factor: 3, expires: at(HOUR) };
  expect(records).toContainEqual({ ...told, publicKey: keyFrom(99) });
  expect(later.records.sample(keyOf(3), 24, 0, at(HOUR)).count).toBe(0);
});

test("what has expired is neither kept nor taken, what is known better stays", () => {
  const before = fresh(0);
  put(before, 1, 1, 60);
  put(before, 2, 2, 7_200);
  const part = before.archive.part(0, at(0));
  expect(fresh(HOUR).archive.restore(part, at(0))).toBe(1);
  expect(fresh(HOUR).archive.restore(before.archive.part(0, at(61_000)), at(0))).toBe(1);
  const later = fresh(HOUR);
  put(later, 2, 2, 86_400);
  expect(later.archive.restore(part, at(0))).toBe(0);
  expect(later.records.sample(keyOf(2), 24, 0, at(20 * HOUR)).count).toBe(1);
});

test("of two parts that tell of one record, as after a crash, the later end counts", () => {
  const before = fresh(0);
  put(before, 1, 1, 3_600);
  const old = before.archive.part(0, at(0));
  put(before, 1, 1, 7_200);
  const later = fresh(0);
  for (const part of [old, before.archive.part(0, at(0)), old]) later.archive.restore(part, at(0));
  expect(later.records.size).toBe(1);
  expect(later.records.sample(keyOf(1), 24, 0, at(2 * HOUR - 1)).count).toBe(1);
});

test("a part has so many records and no more, however many of them a key has", () => {
  const before = fresh(0);
  for (let from = 0; from < 150; from++) {
    for (let key = 0; key < 40; key++) put(before, 100 * (from % 30) + key, from);
  }
  const { size } = before.records;
  expect(size).toBe(6_000);
  expect(before.archive.parts).toBe(2);
  const later = fresh(0);
  expect(later.archive.restore(before.archive.part(0, at(0)), at(0))).toBe(4_096);
  later.archive.restore(before.archive.part(1, at(0)), at(0));
  expect(later.records.size).toBe(size);
});

test("no room, and a wall clock that was set back, keep their bounds", () => {
  const before = fresh(100 * 24 * HOUR);
  for (let from = 0; from < 9; from++) put(before, from, from);
  const part = before.archive.part(0, at(0));
  const small = fresh(100 * 24 * HOUR, 4);
  expect(small.archive.restore(part, at(0))).toBe(4);
  const past = fresh(0);
  past.archive.restore(part, at(0));
  expect(past.records.sample(keyOf(1), 24, 0, at(23 * HOUR)).count).toBe(1);
  expect(past.records.sample(keyOf(1), 24, 0, at(24 * HOUR)).count).toBe(0);
});
