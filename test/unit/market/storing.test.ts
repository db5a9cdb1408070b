import fc from "fast-check";
import { isServed, isWorthStoring, type StoringCase, worthOf } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { MIB } from "../../support/market_parts.ts";

const CHUNK: StoringCase = {
  factor: 3,
  queryIntervalMs: 60_000,
  bytes: MIB,
  freeBytes: 0,
  unsoldBytesPerSecond: 1e9,
  leastWorthPerByteSecond: 0,
};

test("with room, whatever can be sold is stored", () => {
  const free = { ...CHUNK, freeBytes: MIB, leastWorthPerByteSecond: 1e9 };
  expect(isWorthStoring(free)).toBe(true);
  expect(isWorthStoring({ ...free, factor: 0 })).toBe(true);
  expect(isWorthStoring({ ...free, queryIntervalMs: Infinity })).toBe(false);
  expect(isWorthStoring({ ...free, unsoldBytesPerSecond: 0 })).toBe(false);
});

test("without room a chunk must be worth more in a second than what goes for it", () => {
  const own = worthOf(1, 3) / 60;
  expect(isWorthStoring({ ...CHUNK, leastWorthPerByteSecond: own })).toBe(false);
  expect(isWorthStoring({ ...CHUNK, leastWorthPerByteSecond: own * 0.999 })).toBe(true);
});

test("bandwidth that is sold already makes a chunk worth what is left for it", () => {
  const least = { ...CHUNK, leastWorthPerByteSecond: worthOf(1, 3) / 120 };
  expect(isWorthStoring(least)).toBe(true);
  expect(isWorthStoring({ ...least, unsoldBytesPerSecond: MIB / 121 })).toBe(false);
  expect(isWorthStoring({ ...least, unsoldBytesPerSecond: -1 })).toBe(false);
});

test("nearer, more popular, more room, more bandwidth: never a reason against storing", () => {
  const cases = fc.record({
    factor: fc.nat(30),
    queryIntervalMs: fc.double({ min: 1, max: 1e9, noNaN: true }),
    bytes: fc.integer({ min: 1, max: MIB }),
    freeBytes: fc.nat(2 * MIB),
    unsoldBytesPerSecond: fc.double({ min: 0, max: 1e8, noNaN: true }),
    leastWorthPerByteSecond: fc.double({ min: 0, max: 10, noNaN: true }),
  });
  fc.assert(fc.property(cases, (chunk) => {
    if (!isWorthStoring(chunk)) return;
    expect(isWorthStoring({ ...chunk, factor: chunk.factor + 1 })).toBe(true);
    expect(isWorthStoring({ ...chunk, queryIntervalMs: chunk.queryIntervalMs / 2 })).toBe(true);
    expect(isWorthStoring({ ...chunk, freeBytes: chunk.freeBytes + MIB })).toBe(true);
    const unsoldBytesPerSecond = chunk.unsoldBytesPerSecond * 2;
    expect(isWorthStoring({ ...chunk, unsoldBytesPerSecond })).toBe(true);
  }));
});

test("what is stored and not served is served as soon as the terms come round to it", () => {
  const chunk = { factor: 2, queryIntervalMs: 60_000 };
  expect(isServed(chunk, { factorMin: 3, queryIntervalMsMax: Infinity })).toBe(false);
  expect(isServed(chunk, { factorMin: 2, queryIntervalMsMax: Infinity })).toBe(true);
  expect(isServed(chunk, { factorMin: 0, queryIntervalMsMax: 59_999 })).toBe(false);
  expect(isServed(chunk, { factorMin: 0, queryIntervalMsMax: 60_000 })).toBe(true);
});
