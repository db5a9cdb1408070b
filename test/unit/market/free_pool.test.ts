import fc from "fast-check";
import { FreePool } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LINE = 0n;

test("an address gets 16 MiB an hour, or a line's worth, and its /24 twice that", () => {
  const pool = new FreePool(1e9);
  expect(pool.take(16 * MIB, 0, "198.51.100.1", LINE, at(0))).toBe(true);
  expect(pool.take(1, 0, "198.51.100.1", LINE, at(0))).toBe(false);
  expect(pool.take(24 * MIB, 0, "198.51.100.2", 24n * 2n ** 20n, at(0))).toBe(true);
  expect(pool.take(16 * MIB, 0, "198.51.100.3", LINE, at(0))).toBe(false); // 40 of 32 MiB
  expect(pool.take(16 * MIB, 0, "198.51.101.3", LINE, at(0))).toBe(true);
});

test("what was taken comes back after an hour, at the latest ten minutes later", () => {
  const pool = new FreePool(1e9);
  expect(pool.take(16 * MIB, 0, "2001:db8::1", LINE, at(0))).toBe(true);
  expect(pool.take(16 * MIB, 0, "2001:db8::1", LINE, at(HOUR_MS - 1))).toBe(false);
  expect(pool.take(16 * MIB, 0, "2001:db8::1", LINE, at(HOUR_MS + 10 * MINUTE_MS))).toBe(true);
});

test("the pool is a tenth of an hour's uplink, whoever asks", () => {
  const pool = new FreePool(1_000);
  expect(pool.bytesPerHour).toBe(360_000);
  expect(pool.take(360_000, 0, undefined, LINE, at(0))).toBe(true);
  expect(pool.take(1, 0, undefined, LINE, at(0))).toBe(false);
  pool.giveBack(1, undefined, at(0));
  expect(pool.take(1, 0, undefined, LINE, at(0))).toBe(true);
});

test("what is given back after its slot has passed is not given back", () => {
  const pool = new FreePool(1_000);
  pool.take(360_000, 0, "192.0.2.1", LINE, at(0));
  pool.giveBack(360_000, "192.0.2.1", at(10 * MINUTE_MS));
  expect(pool.takenBytes(at(10 * MINUTE_MS))).toBe(360_000);
});

test("questions use up their network's part, not what there is for everybody", () => {
  const pool = new FreePool(MIB * 101 / 360); // 101 MiB an hour
  const asked = (ip: string): number => {
    for (let count = 0;; count++) if (!pool.take(0, 1024, ip, LINE, at(0))) return count;
  };
  for (let network = 0; network < 4; network++) {
    for (let host = 0; host < 2; host++) expect(asked(`198.51.${network}.${host}`)).toBe(16_384);
    expect(asked(`198.51.${network}.9`)).toBe(0);
  }
  expect(pool.takenBytes(at(0))).toBe(0);
  expect(pool.take(15 * MIB, 1024, "203.0.113.1", LINE, at(0))).toBe(true);
});

test("a network of many addresses leaves room for others", () => {
  const pool = new FreePool(1e9);
  const addressOf = (i: number) => `2001:db8:${i >> 14}::${(i & 0x3fff).toString(16)}`;
  for (let i = 0; i < 70_000; i++) pool.take(1, 0, addressOf(i), LINE, at(0));
  expect(pool.take(MIB, 0, "203.0.113.1", LINE, at(0))).toBe(true);
  pool.giveBack(MIB, "203.0.113.1", at(0));
  expect(pool.take(32 * MIB, 0, "203.0.113.1", 32n * 2n ** 20n, at(0))).toBe(true);
});

test("law: no hour, wherever it begins, sees more than a tenth of the uplink", () => {
  const taking = fc.record({
    afterMs: fc.nat(20 * MINUTE_MS),
    bytes: fc.nat(100_000),
    host: fc.nat(9),
  });
  fc.assert(fc.property(fc.array(taking, { maxLength: 200 }), (takings) => {
    const pool = new FreePool(1_000);
    const given: { now: number; bytes: number }[] = [];
    let now = 0;
    for (const { afterMs, bytes, host } of takings) {
      now += afterMs;
      if (pool.take(bytes, 0, `198.51.${host}.1`, LINE, at(now))) given.push({ now, bytes });
      const lastHour = given.filter((one) => one.now > now - HOUR_MS);
      expect(lastHour.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(
        pool.bytesPerHour,
      );
    }
  }));
});
