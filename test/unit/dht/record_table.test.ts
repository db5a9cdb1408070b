import fc from "fast-check";
import { dhtConfig } from "../../../src/dht/mod.ts";
import { type Putter, RecordTable, type RecordTableConfig } from "../../../src/dht/record_table.ts";
import { compareDistance } from "../../../src/dht/distance.ts";
import { toHex, utf8 } from "../../../src/lib/mod.ts";
import { immutableRecord, type Verified } from "../../../src/records/mod.ts";
import { at, idFrom, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { OWNER, ownerFrom, SIGNED_AT_MS, valueOf } from "../../support/record_fixture.ts";

const SELF = idFrom("");
const DAY = 86_400_000;

function fresh(config: Partial<RecordTableConfig> = {}): RecordTable {
  return new RecordTable(SELF, { ...dhtConfig(false).signedRecords, ...config });
}

/** Judges and, if it may, puts. */
function bring(
  table: RecordTable,
  record: Verified,
  options: { putter?: Putter; cas?: bigint; isOurs?: boolean; now?: number } = {},
) {
  const { putter = peerFrom(1), cas, isOurs = true, now = 0 } = options;
  const verdict = table.judge(record, putter, cas, at(now));
  if (verdict === "stored") table.put(record, putter, isOurs, at(now));
  return verdict;
}

test("the greatest seq wins, a lower one is refused", () => {
  const table = fresh();
  const old = valueOf("old", { seq: 5n });
  expect(bring(table, old)).toBe("stored");
  expect(bring(table, valueOf("older", { seq: 4n }))).toBe("seq_too_low");
  expect(table.get(old.key, at(1))).toEqual(old);
  const news = valueOf("new", { seq: 6n });
  expect(bring(table, news)).toBe("stored");
  expect(table.get(old.key, at(1))).toEqual(news);
  expect(bring(table, old)).toBe("seq_too_low"); // the replayed record
});

test("the same seq with another value keeps the first", () => {
  const table = fresh();
  const first = valueOf("first");
  bring(table, first);
  expect(bring(table, valueOf("second"))).toBe("seq_reused");
  expect(table.get(first.key, at(1))).toEqual(first);
});

test("the same value with the same seq renews its time, and the later signature stays", () => {
  const table = fresh();
  const first = valueOf("a");
  bring(table, first, { now: 0 });
  const renewed = valueOf("a", { signedAtMs: SIGNED_AT_MS + 60_000 });
  expect(bring(table, renewed, { now: 3_600_000 })).toBe("stored");
  expect(bring(table, first, { now: 3_600_001 })).toBe("stored"); // an old copy comes back
  expect(table.get(first.key, at(2 * 3_600_000 + 1))).toEqual(renewed);
  expect(table.get(first.key, at(3 * 3_600_000 + 1))).toBeUndefined();
});

test("cas lets in only against the seq it names, or against nothing", () => {
  const table = fresh();
  expect(bring(table, valueOf("a", { seq: 5n }), { cas: 1n })).toBe("stored");
  expect(bring(table, valueOf("b", { seq: 6n }), { cas: 4n })).toBe("cas_mismatch");
  expect(bring(table, valueOf("b", { seq: 6n }), { cas: 5n })).toBe("stored");
});

test("a record stays for the time of its kind; a passing one for ten minutes", () => {
  const table = fresh();
  const mutable = valueOf("a");
  const immutable = immutableRecord(utf8("b"));
  const passing = valueOf("c", { salt: utf8("c") });
  bring(table, mutable);
  bring(table, immutable);
  bring(table, passing, { isOurs: false });
  expect(table.remainingSeconds(mutable.key, at(0))).toBe(7200);
  expect(table.remainingSeconds(immutable.key, at(0))).toBe(86_400);
  expect(table.remainingSeconds(passing.key, at(0))).toBe(600);
  expect(table.get(passing.key, at(600_000))).toBeUndefined();
  expect(table.get(mutable.key, at(7_199_999))).toEqual(mutable);
  table.sweep(at(DAY));
  expect(table.size).toBe(0);
});

test("an owner of rank 16 that brings its own value has it kept for a day, nobody else's", () => {
  const table = fresh();
  const own = valueOf("a");
  const putter = peerFrom(1, { publicKey: OWNER.publicKey, rank: 16 });
  bring(table, own, { putter });
  expect(table.remainingSeconds(own.key, at(0))).toBe(86_400);
  const others = valueOf("b", {}, ownerFrom(2));
  bring(table, others, { putter });
  expect(table.remainingSeconds(others.key, at(0))).toBe(7200);
});

test("one owner, one bringer and one address prefix have a share and no more", () => {
  const table = fresh({ perOwnerMax: 3, perPutterMax: 5, perPrefixMax: 7 });
  const salted = (i: number, owner = OWNER) => valueOf("a", { salt: utf8(`${i}`) }, owner);
  for (let i = 0; i < 3; i++) expect(bring(table, salted(i))).toBe("stored");
  expect(bring(table, salted(3), { putter: peerFrom(9) })).toBe("full"); // the owner's share
  for (let i = 0; i < 2; i++) expect(bring(table, salted(i, ownerFrom(2)))).toBe("stored");
  expect(bring(table, salted(0, ownerFrom(3)))).toBe("full"); // the bringer's
  const neighbour = (i: number) =>
    peerFrom(i, { address: { ip: `${peerFrom(1).address.ip.slice(0, -1)}${i}`, port: 4001 } });
  for (let i = 2; i < 4; i++) {
    expect(bring(table, salted(0, ownerFrom(i + 2)), { putter: neighbour(i) })).toBe("stored");
  }
  expect(bring(table, salted(0, ownerFrom(9)), { putter: neighbour(4) })).toBe("full"); // the /24's
  expect(bring(table, salted(0, ownerFrom(9)), { putter: peerFrom(400) })).toBe("stored");
  // What is here may be renewed and replaced all the same.
  expect(bring(table, valueOf("b", { salt: utf8("0"), seq: 2n }))).toBe("stored");
});

test("what has gone frees its share", () => {
  const table = fresh({ perOwnerMax: 1 });
  bring(table, valueOf("a"));
  expect(bring(table, valueOf("a", { salt: utf8("s") }), { now: 1 })).toBe("full");
  table.sweep(at(7_200_000));
  expect(bring(table, valueOf("a", { salt: utf8("s") }), { now: 7_200_000 })).toBe("stored");
});

test("law: a full table holds the nearest of all that came, whatever the order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 40 }), (numbers) => {
      const table = fresh({ perKindMax: 10, perPutterMax: 1000 });
      const records = numbers.map((number) => immutableRecord(utf8(`${number}`)));
      for (const record of records) bring(table, record);
      const nearest = [...records].sort((a, b) => compareDistance(SELF, a.key, b.key)).slice(0, 10);
      const kept = [...table.records()].map(({ record }) => toHex(record.key)).sort();
      expect(kept).toEqual(nearest.map(({ key }) => toHex(key)).sort());
      expect(table.count("immutable")).toBe(nearest.length);
    }),
    { numRuns: 50 },
  );
});
