import fc from "fast-check";
import { ProviderPool } from "../../../src/dht/provider_pool.ts";
import { SeededRandom } from "../../../src/lib/mod.ts";
import { at, idFrom, keyFrom, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const keyOf = (number: number) => idFrom(number.toString(16).padStart(2, "0"));
const source = (number: number) => ({
  key: keyFrom(number).toHex(),
  publicKey: keyFrom(number),
  address: peerFrom(number).address,
  isListedByAddress: true,
});

test("records of a key chain up, the last entered first; a source is shared by its records", () => {
  const pool = new ProviderPool(10, new SeededRandom(1));
  const a = pool.enter(keyOf(1), source(1)) ?? -1;
  const b = pool.enter(keyOf(1), source(2)) ?? -1;
  const c = pool.enter(keyOf(2), source(1)) ?? -1;
  expect(pool.chain(keyOf(1))).toEqual([b, a]);
  expect(pool.sourceOf(a)).toBe(pool.sourceOf(c));
  expect([pool.size, pool.keys, pool.sources, pool.sourceOf(a).count]).toEqual([3, 2, 2, 2]);
  const terms = { expires: at(5), flags: 1, factor: 9, isPassing: true };
  pool.setTerms(a, terms);
  pool.setTerms(a, terms);
  expect([pool.terms(a), pool.passing]).toEqual([terms, 1]);
  expect([a, b, c].map((record) => pool.keyOf(record))).toEqual([
    { number: 0, key: keyOf(1) },
    { number: 0, key: keyOf(1) },
    { number: 1, key: keyOf(2) },
  ]);
  pool.remove(a);
  pool.remove(c);
  expect(pool.findSource(keyFrom(1).toHex())).toBeUndefined();
  expect([pool.size, pool.keys, pool.sources, pool.isUsed(a)]).toEqual([1, 1, 1, false]);
  expect(pool.passing).toBe(0);
});

test("a source that moves takes its records along", () => {
  const pool = new ProviderPool(10, new SeededRandom(1));
  const record = pool.enter(keyOf(1), source(1)) ?? -1;
  pool.moveSource(pool.sourceOf(record), { ip: "90.1.2.3", port: 5 }, false);
  expect(pool.sourceOf(record)).toMatchObject({
    address: { ip: "90.1.2.3", port: 5 },
    prefix: "4:90.1.2",
    isListedByAddress: false,
  });
});

test("the pool keeps a key's bytes, not a view of a datagram", () => {
  const pool = new ProviderPool(10, new SeededRandom(1));
  const news = source(1);
  const record = pool.enter(keyOf(1), news) ?? -1;
  news.publicKey.fill(0);
  expect(pool.sourceOf(record).publicKey).toEqual(keyFrom(1));
});

test("law: the pool agrees with a list of records", () => {
  const step = fc.tuple(fc.boolean(), fc.nat(8), fc.nat(5));
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const pool = new ProviderPool(40, new SeededRandom(1));
    let model: { record: number; key: number; source: number }[] = [];
    for (const [isEnter, key, from] of steps) {
      if (isEnter && model.length < 40) {
        const record = pool.enter(keyOf(key), source(from)) ?? -1;
        expect(model.some((one) => one.record === record)).toBe(false);
        model = [{ record, key, source: from }, ...model];
      } else if (model[from] !== undefined) {
        pool.remove(model[from].record);
        model = model.filter((_, i) => i !== from);
      }
    }
    for (let key = 0; key <= 8; key++) {
      const expected = model.filter((one) => one.key === key).map(({ record }) => record);
      expect(pool.chain(keyOf(key))).toEqual(expected);
    }
    for (const one of model) {
      expect(pool.sourceOf(one.record).key).toBe(keyFrom(one.source).toHex());
    }
    expect(pool.size).toBe(model.length);
    expect(pool.keys).toBe(new Set(model.map(({ key }) => key)).size);
    expect(pool.sources).toBe(new Set(model.map(({ source }) => source)).size);
  }));
});
