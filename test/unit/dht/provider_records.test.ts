import fc from "fast-check";
import { dhtConfig } from "../../../src/dht/mod.ts";
import { ProviderRecords } from "../../../src/dht/provider_records.ts";
import { SeededRandom } from "../../../src/lib/mod.ts";
import { at, idFrom, keyFrom, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const CONFIG = dhtConfig(false).records;
const KEY = idFrom("01");
const DAY = 86_400;
const fresh = (changes: Partial<typeof CONFIG> = {}, seed = 1) =>
  new ProviderRecords({ ...CONFIG, ...changes }, new SeededRandom(seed));
const announcer = (
  number: number,
  options: { ip?: string; rank?: number; byKey?: boolean } = {},
) => ({
  publicKey: keyFrom(number),
  sessionAddress: { ip: options.ip ?? peerFrom(number).address.ip, port: 4001 },
  isListedByAddress: options.byKey !== true,
  rank: options.rank ?? 0,
});
const terms = { ttl: DAY, flags: 0, factor: 0 };
const put = (records: ProviderRecords, number: number, key = KEY, options = {}, now = 0) =>
  records.store(key, announcer(number, options), terms, at(now));

test("a record is told with the session's address, or by key alone, until it expires", () => {
  const records = fresh();
  expect(records.store(KEY, announcer(1), { ttl: 3600, flags: 1, factor: 7 }, at(0))).toBe(true);
  expect(put(records, 2, KEY, { byKey: true })).toBe(true);
  const { records: told, count } = records.sample(KEY, 24, 0, at(0));
  expect(count).toBe(2);
  expect(told.find(({ publicKey }) => publicKey[3] === 1)).toMatchObject({
    address: announcer(1).sessionAddress,
    flags: 1,
    factor: 7,
    expires: at(3_600_000),
  });
  expect(told.find(({ publicKey }) => publicKey[3] === 2)?.address).toBeUndefined();
  expect(records.sample(KEY, 24, 0, at(3_600_000)).count).toBe(1);
  expect(records.sample(idFrom("02"), 24, 0, at(0)).count).toBe(0);
});

test("the asker's own record is left out", () => {
  const records = fresh();
  put(records, 1);
  expect(records.sample(KEY, 24, 0, at(0), keyFrom(1))).toMatchObject({ records: [], count: 0 });
});

test("announcing again refreshes: one record a node, later expiry, new flags", () => {
  const records = fresh();
  put(records, 1);
  records.store(KEY, announcer(1, { ip: "90.1.1.1" }), { ttl: DAY, flags: 1, factor: 0 }, at(1000));
  expect(records.size).toBe(1);
  expect(records.sample(KEY, 24, 0, at(1000)).records).toMatchObject([
    { address: { ip: "90.1.1.1" }, flags: 1, expires: at(1000 * DAY + 1000) },
  ]);
});

test("lifetimes are brought between a minute and a day", () => {
  const records = fresh();
  expect([0, 59, 61, DAY, 2 ** 32 - 1].map((ttl) => records.clampTtl(ttl)))
    .toEqual([60, 60, 61, DAY, DAY]);
  records.store(KEY, announcer(1), { ...terms, ttl: 2 ** 32 - 1 }, at(0));
  expect(records.sample(KEY, 1, 0, at(1000 * DAY - 1)).count).toBe(1);
  expect(records.sample(KEY, 1, 0, at(1000 * DAY)).count).toBe(0);
});

test("64 records a key, 4 an IP, 8 a /24", () => {
  const records = fresh();
  const sameIp = [1, 2, 3, 4, 5].map((n) => put(records, n, KEY, { ip: "80.1.1.1" }));
  expect(sameIp).toEqual([true, true, true, true, false]);
  const samePrefix = [6, 7, 8, 9, 10].map((n) => put(records, n, KEY, { ip: `80.1.1.${n}` }));
  expect(samePrefix).toEqual([true, true, true, true, false]);
  const others = Array.from({ length: 60 }, (_, i) => put(records, 100 + i));
  expect(others.filter(Boolean)).toHaveLength(56);
  expect(records.sample(KEY, 24, 0, at(0)).count).toBe(64);
});

test("limits by address do not count private addresses on dev", () => {
  const records = fresh({ allowsPrivateAddresses: true });
  const all = Array.from({ length: 70 }, (_, i) => put(records, i, KEY, { ip: "127.0.0.1" }));
  expect(all.filter(Boolean)).toHaveLength(64);
});

test("in a full key only a record that missed its republishing gives way", () => {
  const records = fresh({ perKeyMax: 2 });
  put(records, 1);
  put(records, 2, KEY, {}, 1000);
  const halfDay = 500 * DAY;
  expect(put(records, 3, KEY, {}, halfDay - 1)).toBe(false);
  expect(put(records, 3, KEY, {}, halfDay)).toBe(true);
  const told = records.sample(KEY, 24, 0, at(halfDay)).records.map(({ publicKey }) => publicKey[3]);
  expect(told.sort()).toEqual([2, 3]);
});

test("an identity's share doubles every two ranks above 12", () => {
  const shares = ([[0, 4], [12, 4], [14, 8], [16, 16], [63, 20]] as const).map(([rank]) => {
    const records = fresh({ perIdentity: 4, perIdentityCap: 20 });
    const kept = Array.from(
      { length: 30 },
      (_, i) => put(records, 1, idFrom((i + 1).toString(16).padStart(2, "0")), { rank }),
    );
    return kept.filter(Boolean).length;
  });
  expect(shares).toEqual([4, 4, 8, 16, 20]);
});

test("a flood from few identities displaces itself, not the others", () => {
  const records = fresh({ recordsMax: 500, perIdentity: 1000, perIdentityCap: 1000 });
  const random = new SeededRandom(3);
  const anyKey = () => {
    const key = idFrom("");
    random.fill(key);
    return key;
  };
  for (let node = 1; node <= 50; node++) put(records, node, anyKey());
  for (let i = 0; i < 3000; i++) put(records, 900 + i % 3, anyKey());
  expect(records.size).toBe(500);
  expect(records.identities).toBe(53);
  expect(put(records, 77, anyKey())).toBe(true);
  expect(records.size).toBe(500);
});

const pass = (records: ProviderRecords, number: number, key = KEY, options = {}) =>
  records.store(key, announcer(number, options), { ...terms, ttl: 600, isPassing: true }, at(0));

test("of copies on the way, a key has 8, one of a /24; others' places are not theirs", () => {
  const records = fresh();
  expect(pass(records, 1, KEY, { ip: "80.1.1.1" })).toBe(true);
  expect(pass(records, 2, KEY, { ip: "80.1.1.2" })).toBe(false);
  const others = Array.from({ length: 20 }, (_, i) => pass(records, 100 + i));
  expect(others.filter(Boolean)).toHaveLength(7);
  expect(put(records, 3, KEY, { ip: "80.1.1.3" })).toBe(true);
  expect([records.size, records.passing]).toEqual([9, 8]);
  expect(records.kept(0, 9, (instant) => instant, at(0))[0]?.records).toHaveLength(1);
  records.sweep(100, at(600_000));
  expect([records.size, records.passing]).toEqual([1, 0]);
});

test("a flood of copies displaces copies, never a record that is ours to keep", () => {
  const records = fresh({ recordsMax: 500, passingMax: 100 });
  const random = new SeededRandom(4);
  const anyKey = () => {
    const key = idFrom("");
    random.fill(key);
    return key;
  };
  const ours = Array.from({ length: 400 }, anyKey);
  ours.forEach((key) => put(records, 1, key));
  for (let i = 0; i < 2000; i++) pass(records, 2 + i % 3, anyKey());
  expect([records.size, records.passing]).toEqual([500, 100]);
  const late = Array.from({ length: 50 }, (_, i) => pass(records, 50 + i, anyKey()));
  expect(late.filter(Boolean).length).toBeGreaterThan(40);
  expect(records.passing).toBe(100);
  expect(ours.every((key) => records.sample(key, 1, 0, at(0)).count === 1)).toBe(true);
});

test("sweep() removes what has expired, a piece at a time", () => {
  const records = fresh();
  for (let i = 1; i <= 100; i++) {
    const ttl = i % 2 === 0 ? 60 : DAY;
    records.store(idFrom(i.toString(16).padStart(2, "0")), announcer(i), { ...terms, ttl }, at(0));
  }
  records.sweep(10, at(60_000));
  expect(records.size).toBe(95);
  records.sweep(1000, at(60_000));
  expect([records.size, records.keys, records.identities]).toEqual([50, 50, 50]);
  fresh().sweep(10, at(0)); // nothing there: nothing happens
});

test("answers are diverse: one of each /24 before a second of any", () => {
  const records = fresh();
  for (let i = 0; i < 8; i++) put(records, i, KEY, { ip: `80.1.1.${i}` });
  for (let i = 10; i < 15; i++) put(records, i, KEY, { ip: `80.1.${i}.1` });
  const { records: told } = records.sample(KEY, 6, 0, at(0));
  const prefixes = told.map(({ address }) => address?.ip.split(".").slice(0, 3).join("."));
  expect(new Set(prefixes).size).toBe(6);
});

test("law: the pages of one token are all records, each once", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 64 }),
      fc.integer({ min: 1, max: 24 }),
      fc.nat(),
      (count, size, seed) => {
        const records = fresh({}, seed);
        for (let i = 0; i < count; i++) put(records, i);
        const seen: number[] = [];
        let page = 0;
        do {
          const answer = records.sample(KEY, size, page, at(0));
          expect(answer.count).toBe(count);
          // The one who answers may have room for fewer than were chosen.
          const used = answer.records.slice(0, Math.max(1, size - 1));
          seen.push(...used.map(({ publicKey }) => publicKey[3] ?? -1));
          page = answer.pageAfter(used.length);
        } while (page !== 0);
        expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      },
    ),
    { numRuns: 50 },
  );
});

test("law: any page token is answered with a part of the records, never an exception", () => {
  const records = fresh();
  for (let i = 0; i < 30; i++) put(records, i);
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), (page) => {
    const { records: told } = records.sample(KEY, 24, page, at(0));
    expect(new Set(told.map(({ publicKey }) => publicKey.toHex())).size).toBe(told.length);
  }));
});
